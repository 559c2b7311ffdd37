//! A progress bar on a terminal.

use super::text;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasi_vfs::Progress;

/// Shorter work shows no bar.
const DELAY: Duration = Duration::from_secs(1);

/// A bar that appears after [`DELAY`] and disappears when it is dropped.
pub(super) struct Bar {
    bar: ProgressBar,
    start: Instant,
    is_shown: AtomicBool,
    is_quiet: bool,
}

impl Bar {
    /// A bar on standard error, if it is a terminal and not `quiet`.
    pub(super) fn on_terminal_unless(quiet: bool, doing: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style(&format!("{{spinner}} {doing} {{done}}")));
        Self {
            bar,
            start: Instant::now(),
            is_shown: AtomicBool::new(false),
            is_quiet: quiet,
        }
    }

    /// Adds processed bytes.
    pub(super) fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
        self.show_when_due();
    }

    fn show_when_due(&self) {
        if self.is_quiet || self.start.elapsed() < DELAY {
            return;
        }
        if !self.is_shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // A wrong template must not fail a pack.
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("done", |state: &ProgressState, line: &mut dyn Write| {
        // Writing to a line in memory cannot fail.
        let _ = line.write_str(&done(state.pos(), state.len(), state.eta()));
    })
}

/// `4.5 MB of 14.5 MB, 23 s left`, in the units of the summary. Before the first byte, the
/// time is unknown.
fn done(bytes: u64, total: Option<u64>, left: Duration) -> String {
    let Some(total) = total else {
        return text::len(bytes);
    };
    let done = format!("{} of {}", text::len(bytes), text::len(total));
    match bytes {
        0 => done,
        _ => format!("{done}, {} left", time(left)),
    }
}

/// `23 s`, `2 min`, `1 h 5 min`. The estimate is not more precise.
fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let minutes = duration.as_secs_f64() / 60.0;
    match seconds {
        0..90 => format!("{seconds} s"),
        90..3600 => format!("{minutes:.0} min"),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

impl Progress for Bar {
    fn chunked(&self, bytes: u64) {
        self.add(bytes);
    }

    fn deduplicated(&self, bytes: u64) {
        self.bar
            .set_style(style("{spinner} storing {wide_bar} {done}"));
        self.bar.set_length(bytes);
        self.bar.set_position(0);
    }

    fn compressed(&self, bytes: u64) {
        self.add(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_has_the_units_of_the_summary() {
        let left = Duration::from_secs(23);
        assert_eq!(done(4_500_000, None, left), "4.5 MB");
        let line = done(4_500_000, Some(14_500_000), left);
        assert_eq!(line, "4.5 MB of 14.5 MB, 23 s left");
        assert_eq!(done(0, Some(999), Duration::ZERO), "0 B of 999 B");
    }

    #[test]
    fn time_left_has_few_digits() {
        for (seconds, text) in [
            (0, "0 s"),
            (89, "89 s"),
            (90, "2 min"),
            (3599, "60 min"),
            (3900, "1 h 5 min"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), text);
        }
    }
}
