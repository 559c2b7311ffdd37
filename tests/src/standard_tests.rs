//! The tests that a language's own distribution has, run by its interpreter: how
//! each ended, and where two runs do not agree.
//!
//! The programs in `guests/` that run them print a line for each test after a line
//! `results:`. It is `OUTCOME: NAME`, with the exception behind the name if there was one.

/// How the tests of one run ended.
#[derive(Debug)]
pub struct Results {
    lines: Vec<String>,
}

impl Results {
    /// The results that a run printed.
    ///
    /// # Panics
    ///
    /// If it printed none.
    pub fn parse(output: &str) -> Self {
        let (_, text) = output.split_once("results:\n").expect("results");
        let lines = text.lines().map(str::to_owned).collect();
        Self { lines }
    }

    /// How many tests ended so.
    pub fn count(&self, outcome: &str) -> usize {
        let is_such = |line: &&String| line.split(':').next() == Some(outcome);
        self.lines.iter().filter(is_such).count()
    }

    /// How many tests there were, and how many of them ended in which way.
    pub fn summary(&self) -> String {
        let [passed, skipped] = ["passed", "skipped"].map(|outcome| self.count(outcome));
        let len = self.lines.len();
        let others = len - passed - skipped;
        format!("{len} tests: {passed} passed, {skipped} skipped, {others} otherwise")
    }

    /// The lines in which the runs differ, on this side and on the other.
    pub fn differences<'a>(&'a self, other: &'a Self) -> Vec<(&'a str, &'a str)> {
        let len = self.lines.len().max(other.lines.len());
        let line = |results: &'a Self, at: usize| results.lines.get(at).map_or("", String::as_str);
        let pairs = (0..len).map(|at| (line(self, at), line(other, at)));
        pairs.filter(|(ours, theirs)| ours != theirs).collect()
    }
}
