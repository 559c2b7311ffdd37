//! Progress of a pack, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;
use wasi_vfs::Progress;

/// A line that shows how far the writer is, and disappears when it is dropped.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar that is never seen.
    pub(super) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// A bar on standard error if that is a terminal.
    pub(super) fn on_terminal() -> Self {
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style("{spinner} reading {bytes}"));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self(bar)
    }
}

fn style(template: &str) -> ProgressStyle {
    // A wrong template shows as no progress, which is no reason to end a pack.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bar {
    fn chunked(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn deduplicated(&self, bytes: u64) {
        self.0.set_style(style(
            "{spinner} storing {bytes} of {total_bytes} {wide_bar} {eta}",
        ));
        self.0.set_length(bytes);
        self.0.set_position(0);
    }

    fn compressed(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
