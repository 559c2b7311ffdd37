//! A layer for changes above another file system: what a program writes is in memory, and
//! the file system below never changes.
//!
//! A node below that changes gets a [`Node`](node::Node) with the changes only:
//!
//! - A changed file has the written pages; the other bytes are still read from below.
//! - A changed directory has the added names, and the packed names that were removed or
//!   replaced; the other names are still looked up below.
//! - Moving a packed file or directory only moves its name. Its id, its inode number and
//!   the names below it stay.
//!
//! `rename("/lib/a", "/tmp/b")` of a packed file, for example, hides `a` in `/lib` and adds
//! `b` to `/tmp` with the id of the packed file. A later write of one byte at offset 5,000
//! makes a node for the file with page 1. Removing `/tmp/b` frees name, node and page.
//!
//! Every change first makes all the room that it needs, and only then changes anything. So a
//! change that runs out of memory leaves everything as it was. [`Space`](space::Space)
//! counts the memory of all structures and holds it below a limit. Memory is given back
//! when names are removed and files are cut off.
//!
//! Only nodes at or below a *root* accept changes. A made node lies below one, since all
//! names above it are fixed. Preopened directories cannot be moved or removed.

mod clock;
mod content;
mod directory;
mod editing;
mod filesystem;
mod handles;
mod id;
mod layer;
mod listing;
mod names;
mod naming;
mod node;
mod nodes;
mod pages;
mod slice;
mod space;
mod table;
mod tree;

pub use clock::{Clock, Ticks};
pub use id::{Found, Id};
pub use layer::Overlay;
