//! How far a run is, on stderr: a line for each step, with the time since the
//! start. Tables go to stdout.

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::Instant;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Says what is being done from now on.
pub(crate) fn step(what: impl Display) {
    let seconds = START.elapsed().as_secs();
    eprintln!("{:3}:{:02} {what}", seconds / 60, seconds % 60);
}
