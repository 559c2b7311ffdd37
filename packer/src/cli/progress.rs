//! Progress of what takes long, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasi_vfs::Progress;

/// What takes less is done before anybody has read that it is under way.
const DELAY: Duration = Duration::from_secs(1);

/// A line that shows how far something is, from a second on, and disappears
/// when it is dropped.
pub(super) struct Bar {
    bar: ProgressBar,
    start: Instant,
    is_shown: AtomicBool,
    is_quiet: bool,
}

impl Bar {
    /// A bar on standard error if that is a terminal; never seen if `quiet`.
    pub(super) fn on_terminal_unless(quiet: bool, doing: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style(&format!("{{spinner}} {doing} {{bytes}}")));
        Self {
            bar,
            start: Instant::now(),
            is_shown: AtomicBool::new(false),
            is_quiet: quiet,
        }
    }

    /// `bytes` more are done.
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
    // A wrong template shows as no progress, which is no reason to end a pack.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bar {
    fn chunked(&self, bytes: u64) {
        self.add(bytes);
    }

    fn deduplicated(&self, bytes: u64) {
        self.bar.set_style(style(
            "{spinner} storing {bytes} of {total_bytes} {wide_bar} {eta}",
        ));
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
