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
