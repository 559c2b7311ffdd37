//! Packs directories into WebAssembly modules.

mod guest_path;
mod join;
mod mapping;
mod source;

pub use guest_path::{GuestPath, GuestPathError};
pub use mapping::{Mapping, MappingError};
pub use source::{Exclude, ExcludeError, Read, SourceError, SpecialKind};
