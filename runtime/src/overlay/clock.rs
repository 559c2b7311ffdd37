//! The time that changes get.

/// Tells the current time.
pub trait Clock {
    /// Nanoseconds since 1970. Never less than the last answer.
    fn now_ns(&mut self) -> i64;
}

/// A clock for programs without one: each question is one nanosecond later.
#[derive(Clone, Copy, Debug)]
pub struct Ticks {
    last_ns: i64,
}

impl Ticks {
    /// Starts at a time in nanoseconds since 1970.
    pub fn from_ns(start_ns: i64) -> Self {
        Self { last_ns: start_ns }
    }
}

impl Clock for Ticks {
    fn now_ns(&mut self) -> i64 {
        self.last_ns = self.last_ns.saturating_add(1);
        self.last_ns
    }
}

/// Makes a clock of the answers of a host, which may have no clock, and may set it back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steady {
    last_ns: Option<i64>,
}

impl Steady {
    /// The time after the host has answered `host_ns`. Without an answer, the clock ticks
    /// from its last time on, or from `start_ns` if it has none.
    pub fn next_ns(&mut self, host_ns: Option<i64>, start_ns: impl FnOnce() -> i64) -> i64 {
        let next_ns = match (host_ns, self.last_ns) {
            (Some(host_ns), last_ns) => host_ns.max(last_ns.unwrap_or(i64::MIN)),
            (None, Some(last_ns)) => last_ns.saturating_add(1),
            (None, None) => start_ns().saturating_add(1),
        };
        *self.last_ns.insert(next_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_stands_still() {
        let mut clock = Steady::default();
        let times = [5, 7, 3, 8].map(|time| clock.next_ns(Some(time), || 100));
        assert_eq!(times, [5, 7, 7, 8]);
    }

    #[test]
    fn a_host_without_clock_makes_the_clock_tick() {
        let mut clock = Steady::default();
        let times = [None, None, Some(50), Some(500), None].map(|time| clock.next_ns(time, || 100));
        assert_eq!(times, [101, 102, 102, 500, 501]);
    }

    #[test]
    fn the_last_time_is_the_end() {
        let mut clock = Steady::default();
        let times = [None, None].map(|time| clock.next_ns(time, || i64::MAX));
        assert_eq!(times, [i64::MAX; 2]);
    }
}
