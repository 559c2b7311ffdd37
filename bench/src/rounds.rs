//! How often something is measured: so many times, or as often as there is time.

use std::time::{Duration, Instant};

/// Where rounds take long, so many are enough.
const FEWEST: usize = 3;

/// The numbers of the rounds from 1 on: `most` of them, or as many as begin within
/// `enough`, but not fewer than three.
pub(crate) fn rounds(most: usize, enough: Duration) -> impl Iterator<Item = usize> {
    let start = Instant::now();
    let is_wanted = move |round: &usize| *round <= FEWEST || start.elapsed() < enough;
    (1..=most).take_while(is_wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_three_rounds_where_there_is_no_time_and_all_where_there_is() {
        assert_eq!(rounds(9, Duration::ZERO).count(), 3);
        assert_eq!(rounds(9, Duration::MAX).count(), 9);
        assert_eq!(rounds(2, Duration::ZERO).count(), 2);
    }
}
