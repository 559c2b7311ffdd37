//! Goals: what is to be measured, its bound, and what stands in the way.

use crate::report::Section;
use crate::statistics::{Estimate, short};

/// Which side of the bound is the good one.
#[derive(Clone, Copy, Debug)]
enum Side {
    AtMost,
    AtLeast,
}

/// A bound for a figure. A benchmark declares its goals beside its code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    what: &'static str,
    bound: f64,
    side: Side,
    unit: &'static str,
    limit: &'static str,
}

impl Goal {
    /// The figure is to be `bound` or less.
    pub(crate) const fn at_most(what: &'static str, bound: f64) -> Self {
        Self {
            what,
            bound,
            side: Side::AtMost,
            unit: "",
            limit: "",
        }
    }

    /// The figure is to be `bound` or more.
    pub(crate) const fn at_least(what: &'static str, bound: f64) -> Self {
        Self {
            side: Side::AtLeast,
            ..Self::at_most(what, bound)
        }
    }

    /// With what the numbers count; ratios have no unit.
    pub(crate) const fn in_unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// With what keeps the figure from its bound, which is shown where it does.
    pub(crate) const fn limited_by(self, limit: &'static str) -> Self {
        Self { limit, ..self }
    }

    fn is_met_by(&self, figure: f64) -> bool {
        match self.side {
            Side::AtMost => figure <= self.bound,
            Side::AtLeast => figure >= self.bound,
        }
    }

    fn bound(&self) -> String {
        let side = match self.side {
            Side::AtMost => "at most",
            Side::AtLeast => "at least",
        };
        format!("{side} {}{}", short(self.bound), self.unit)
    }
}

/// A goal in one of the cases that it holds for.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    goal: Goal,
    of: String,
    figure: Estimate,
}

impl Case {
    pub(crate) fn new(goal: Goal, of: impl Into<String>, figure: impl Into<Estimate>) -> Self {
        Self {
            goal,
            of: of.into(),
            figure: figure.into(),
        }
    }

    fn is_met(&self) -> bool {
        self.goal.is_met_by(self.figure.value)
    }

    /// The bound lies among the middle half of what was measured.
    fn is_close(&self) -> bool {
        self.figure.low < self.goal.bound && self.goal.bound < self.figure.high
    }

    /// What was measured, bold if it misses the goal.
    fn figure(&self) -> String {
        let value = self.figure.value;
        let mut text = short(value);
        if !self.is_met() {
            if text == short(self.goal.bound) {
                text = format!("{value:.3}");
            }
            text = format!("**{text}**");
        }
        if self.is_close() {
            text += &format!(
                " ({} to {})",
                short(self.figure.low),
                short(self.figure.high)
            );
        }
        text
    }

    fn text(&self) -> String {
        match self.of.as_str() {
            "" => self.figure(),
            of => format!("{of} {}", self.figure()),
        }
    }
}

/// All goals in one table, each with its cases in the order they were measured.
pub(crate) fn summary(cases: &[Case]) -> Section {
    let goals = by_goal(cases);
    let met = |cases: &[&Case]| cases.iter().filter(|case| case.is_met()).count();
    let all_met = goals
        .iter()
        .filter(|cases| met(cases) == cases.len())
        .count();
    let mut section = Section::new(
        "Goals",
        format!(
            "{all_met} of {} goals are met in every case that was measured, and {} of {} cases. \
             Figures in bold miss their goal. Where the goal lies within the middle half of what \
             was measured, brackets have that half. The tables below have the figures behind \
             each.",
            goals.len(),
            met(&cases.iter().collect::<Vec<_>>()),
            cases.len(),
        ),
    )
    .head(&["", "goal", "met", "measured", "what limits it"]);
    for cases in goals {
        section.row(row(&cases, met(&cases)));
    }
    section
}

fn by_goal(cases: &[Case]) -> Vec<Vec<&Case>> {
    let mut goals: Vec<Vec<&Case>> = Vec::new();
    for case in cases {
        let same = |cases: &&mut Vec<&Case>| cases[0].goal.what == case.goal.what;
        match goals.iter_mut().find(same) {
            Some(cases) => cases.push(case),
            None => goals.push(vec![case]),
        }
    }
    goals
}

fn row(cases: &[&Case], met: usize) -> [String; 5] {
    let goal = cases[0].goal;
    let verdict = match (met, cases.len()) {
        (1, 1) => "yes".to_owned(),
        (0, 1) => "**no**".to_owned(),
        (met, count) if met == count => format!("all {count}"),
        (met, count) => format!("**{met} of {count}**"),
    };
    let limit = if met < cases.len() { goal.limit } else { "" };
    let figures: Vec<_> = cases.iter().map(|case| case.text()).collect();
    [
        goal.what.to_owned(),
        goal.bound(),
        verdict,
        figures.join(", "),
        limit.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Goal = Goal::at_most("most", 1.0).limited_by("the machine");
    const LEAST: Goal = Goal::at_least("least", 0.75).in_unit(" MB");

    fn row_of(cases: &[Case]) -> String {
        summary(cases)
            .to_string()
            .lines()
            .nth(6)
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn a_goal_is_missed_on_its_bad_side_alone() {
        for (goal, figure, met) in [
            (MOST, 0.9, true),
            (MOST, 1.0, true),
            (MOST, 1.5, false),
            (LEAST, 0.75, true),
            (LEAST, 0.6, false),
        ] {
            assert_eq!(Case::new(goal, "", figure).is_met(), met, "{figure}");
        }
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        assert!(!Case::new(MOST, "", f64::NAN).is_met());
    }

    #[test]
    fn cases_of_a_goal_share_a_row_and_those_that_miss_it_are_bold() {
        let cases = [Case::new(MOST, "one", 0.5), Case::new(MOST, "two", 1.5)];
        assert_eq!(
            row_of(&cases),
            "| most | at most 1.00 | **1 of 2** | one 0.50, two **1.50** | the machine |"
        );
    }

    #[test]
    fn a_goal_that_is_met_is_limited_by_nothing() {
        assert_eq!(
            row_of(&[Case::new(MOST, "", 0.5)]),
            "| most | at most 1.00 | yes | 0.50 |  |"
        );
    }

    #[test]
    fn a_figure_that_misses_is_not_printed_as_its_bound() {
        assert_eq!(Case::new(MOST, "", 1.004).figure(), "**1.004**");
    }

    #[test]
    fn the_spread_is_shown_where_it_could_decide_otherwise() {
        let close = Estimate {
            value: 0.74,
            low: 0.7,
            high: 0.8,
        };
        assert_eq!(
            Case::new(LEAST, "", close).figure(),
            "**0.74** (0.70 to 0.80)"
        );
        let far = Estimate {
            high: 0.745,
            ..close
        };
        assert_eq!(Case::new(LEAST, "", far).figure(), "**0.74**");
    }
}
