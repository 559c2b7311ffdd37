//! The packed files of a program that may change directories.
//!
//! The changes are in the memory of this process, with the limit of the packed module. They
//! end with the program, as they do in other engines.

use super::system::system_time;
use super::traced_image::TracedImage;
use wasi_vfs::module::Writable;
use wasi_vfs_format::InodeNumber;
use wasi_vfs_runtime::fs::Result;
use wasi_vfs_runtime::overlay::{Clock, Overlay, Steady};

/// The image of a program, and the changes above it.
pub(super) type WritableImage = Overlay<TracedImage, SystemClock>;

/// The clock of this machine, which a user may set back while the program runs.
#[derive(Debug, Default)]
pub(super) struct SystemClock(Steady);

impl Clock for SystemClock {
    fn now_ns(&mut self) -> i64 {
        let now_ns = i64::try_from(system_time().as_nanos()).unwrap_or(i64::MAX);
        self.0.next_ns(Some(now_ns), || now_ns)
    }
}

/// Puts an empty layer above `image`.
pub(super) fn writable_image(image: TracedImage, writable: &Writable) -> Result<WritableImage> {
    let mut layer = Overlay::new(image, SystemClock::default(), writable.limit_len);
    for &directory in &writable.directories {
        layer.add_root(InodeNumber(directory))?;
    }
    Ok(layer)
}
