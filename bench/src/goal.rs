//! Goals: a figure, its bound, and by how much it is missed.

use crate::report::Section;

/// Which side of the bound is the good one.
#[derive(Clone, Copy, Debug)]
enum Side {
    AtMost,
    AtLeast,
}

/// A figure that was measured against its bound.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    what: String,
    unit: &'static str,
    figure: f64,
    bound: f64,
    side: Side,
}

impl Goal {
    /// The figure is to be `bound` or less.
    pub(crate) fn at_most(what: impl Into<String>, figure: f64, bound: f64) -> Self {
        Self {
            what: what.into(),
            unit: "",
            figure,
            bound,
            side: Side::AtMost,
        }
    }

    /// The figure is to be `bound` or more.
    pub(crate) fn at_least(what: impl Into<String>, figure: f64, bound: f64) -> Self {
        let side = Side::AtLeast;
        Self {
            side,
            ..Self::at_most(what, figure, bound)
        }
    }

    /// With what both numbers count; ratios have no unit.
    pub(crate) fn in_unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    fn is_met(&self) -> bool {
        match self.side {
            Side::AtMost => self.figure <= self.bound,
            Side::AtLeast => self.figure >= self.bound,
        }
    }

    fn verdict(&self) -> String {
        if self.is_met() {
            return "met".to_owned();
        }
        let by = (self.figure / self.bound - 1.0) * 100.0;
        format!("**missed** by {:.0} %", by.abs())
    }

    fn row(&self) -> [String; 4] {
        let side = match self.side {
            Side::AtMost => "at most",
            Side::AtLeast => "at least",
        };
        let number = |value: f64| match value.abs() {
            100.0.. => format!("{value:.0}{}", self.unit),
            _ => format!("{value:.2}{}", self.unit),
        };
        [
            self.what.clone(),
            format!("{side} {}", number(self.bound)),
            number(self.figure),
            self.verdict(),
        ]
    }
}

/// All of them in one table.
pub(crate) fn summary(goals: &[Goal]) -> Section {
    let met = goals.iter().filter(|goal| goal.is_met()).count();
    let mut section = Section::new(
        "Goals",
        format!(
            "{met} of {} are met. The tables above have the figures behind each.",
            goals.len()
        ),
    )
    .head(&["", "goal", "measured", ""]);
    goals.iter().for_each(|goal| section.row(goal.row()));
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_missed_on_its_bad_side_alone() {
        assert_eq!(Goal::at_most("", 0.9, 1.0).verdict(), "met");
        assert_eq!(Goal::at_least("", 1.0, 1.0).verdict(), "met");
        assert_eq!(Goal::at_most("", 1.5, 1.0).verdict(), "**missed** by 50 %");
        assert_eq!(
            Goal::at_least("", 0.6, 0.75).verdict(),
            "**missed** by 20 %"
        );
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        assert!(!Goal::at_most("", f64::NAN, 1.0).is_met());
    }
}
