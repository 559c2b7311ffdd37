//! A layer for changes above another file system. The changes are in memory, and the file
//! system below never changes.
//!
//! # How it works
//!
//! A packed node, one of the file system below, gets a `Node` at its first change. The `Node`
//! has only the changes:
//!
//! - A file has its written pages. All other bytes are read from below.
//! - A directory has its added, removed and replaced names. All other names are looked up
//!   below.
//! - A moved packed node keeps its id, its inode number, and the names below it.
//!
//! For example, `rename("/lib/a", "/tmp/b")` of a packed file hides `a` in `/lib` and adds `b`
//! to `/tmp`, with the id of the packed file. A later write of one byte at offset 5,000 makes a
//! `Node` with page 1. The removal of `/tmp/b` frees name, `Node` and page.
//!
//! Each change first makes all the memory that it needs. If memory runs out, nothing has
//! changed. `Space` counts the memory of all structures and holds it below a limit. Removed
//! and shortened files give their memory back. A reserve lets a full layer remove
//! packed names: at least 500 short names of one directory, if the limit is 1 MiB or more.
//!
//! Only nodes at or below a *root* accept changes. Made nodes never leave the roots, since a
//! move needs two directories that accept changes. Preopened directories cannot be moved
//! or removed.
//!
//! Reading does not change the time of the last access.

mod apply;
mod clock;
mod content;
mod directory;
mod editing;
mod filesystem;
mod handles;
mod id;
mod layer;
mod listing;
mod mounts;
mod names;
mod naming;
mod node;
mod nodes;
mod order;
mod pages;
mod save;
mod slice;
mod space;
mod table;
mod tree;
mod walk;

pub use apply::ApplyError;
pub use clock::{Clock, Steady, Ticks};
pub use id::{Found, Id};
pub use layer::Overlay;
#[cfg(test)]
pub(crate) use order::count_comparisons;
pub use save::{Save, SaveError};
