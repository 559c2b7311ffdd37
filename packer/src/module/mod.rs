//! WebAssembly modules: looks at one, puts an image into it, finds it again.
//!
//! Owns everything about the module's bytes, and nothing about the image's: an
//! image comes and goes as three strings of bytes. ABI.md describes the exports
//! and imports by which this module and a runtime talk.

mod abi;
mod bake;
mod calls;
mod check;
mod edit;
mod embed;
mod error;
mod form;
mod index;
mod locate;
mod merge;
mod parse;
mod parts;
mod restore;
#[cfg(test)]
mod tests;

pub use check::checkup::{Checkup, Imports, check};
pub use check::subject::form;
pub use embed::{Embedded, Target, embed};
pub use error::ModuleError;
pub use form::{Form, MemoryKind};
pub use locate::find::find;
pub(crate) use locate::find::find_in;
pub use locate::found::Found;
pub use parts::Parts;
pub(crate) use restore::original::len_without_image;
pub use restore::original::{unmounted, without_image};
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use restore::unmerge::merged_checksum;
pub use wasi_vfs_embedding::ALLOC_FN;
