//! The numbers of a component before and after wiring.
//!
//! Wiring inserts items in two places of each index space. For example, 3 core functions
//! at 10 and 2 at 20: function 9 stays, 10 becomes 13, and 20 becomes 25. Unwiring maps 13
//! back to 10, and nothing to 10, 11 and 12 of the wired component.

/// Items that are inserted before the item `at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// A number of the component without the inserted items.
    pub(super) at: u32,
    pub(super) count: u32,
}

/// The insertions into one index space, the second behind the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shift(pub(super) [Run; 2]);

impl Shift {
    /// The number of an item after wiring.
    pub(super) fn wired(self, number: u32) -> u32 {
        let before = self.0.into_iter().filter(|run| number >= run.at);
        before.fold(number, |number, run| number.saturating_add(run.count))
    }

    /// The number of an item before wiring. `None` for an inserted item.
    pub(super) fn original(self, number: u32) -> Option<u32> {
        let mut number = number;
        for run in self.0 {
            if number >= run.at {
                number = number
                    .checked_sub(run.count)
                    .filter(|left| *left >= run.at)?;
            }
        }
        Some(number)
    }
}

/// The insertions into all index spaces that get any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shifts {
    pub(super) core_modules: Shift,
    pub(super) core_instances: Shift,
    pub(super) core_functions: Shift,
    pub(super) functions: Shift,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwiring_is_the_inverse_of_wiring() {
        let runs = |a: (u32, u32), b: (u32, u32)| {
            Shift([(a.0, a.1), (b.0, b.1)].map(|(at, count)| Run { at, count }))
        };
        for shift in [
            Shift::default(),
            runs((0, 3), (0, 2)),
            runs((10, 3), (20, 2)),
            runs((5, 0), (5, 4)),
            runs((5, 1), (9, 0)),
        ] {
            let wired: Vec<u32> = (0..40).map(|number| shift.wired(number)).collect();
            for number in 0..45 {
                let original = wired.iter().position(|wired| *wired == number);
                assert_eq!(
                    shift.original(number).filter(|original| *original < 40),
                    original.map(|original| original as u32),
                    "{number} {shift:?}"
                );
            }
        }
    }

    #[test]
    fn numbers_before_an_insertion_stay() {
        let shift = Shift([Run { at: 10, count: 3 }, Run { at: 20, count: 2 }]);
        let wired: Vec<u32> = [9, 10, 19, 20].map(|number| shift.wired(number)).into();
        assert_eq!(wired, [9, 13, 22, 25]);
    }
}
