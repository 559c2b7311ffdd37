//! Open files and directories, and the rules of opening and changing that all front ends
//! share.
//!
//! Nothing here knows a number of WASI or an address. A front end decodes a call into
//! [`OpenOptions`] or a path, asks this layer, and encodes the answer. The order of errors
//! is that of POSIX: the errors of the path, then [`FsError::Exists`], then those of the
//! change.
//!
//! [`FsError::Exists`]: crate::fs::FsError::Exists

mod directory;
mod file;
mod handle;
mod names;
mod opening;
mod place;
mod slots;

pub use directory::OpenDirectory;
pub use file::{Access, OpenFile, Whence};
pub use handle::Handle;
pub use names::{link, rename};
pub use opening::{OpenOptions, open};
pub use place::{Expected, Place};
pub use slots::Slots;
