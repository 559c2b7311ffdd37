//! Packs directory trees into WASI preview 1 modules, and into components.
//!
//! [`Packer`] adds directories to a finished module or component. The new module contains them as a
//! deduplicated and optionally compressed image, and serves them to its program as preopened
//! directories. They are read-only, except those of [`Packer::writable`]. [`Contents`] reads
//! packed modules.
//!
//! ```
//! use wasi_vfs::{Contents, Packer};
//!
//! // Any finished preview 1 module, usually `std::fs::read("app.wasm")?`.
//! # let app = wat::parse_str(r#"(module
//! #     (import "wasi_snapshot_preview1" "path_open"
//! #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
//! #     (memory (export "memory") 1))"#)?;
//! let packed = Packer::new(app).map_dir("src", "/usr/src").compress(19).pack()?;
//!
//! let contents = Contents::find(&packed.module)?;
//! let image = contents.reader()?;
//! assert!(wasi_vfs::resolve(&image, "/usr/src/lib.rs", true).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The command `wasi-vfs` is a thin layer over this library.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a panic is how a test reports a failure"
    )
)]

pub mod component;
mod extract;
#[doc(hidden)]
pub mod figures;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod init;
mod inspect;
#[doc(hidden)]
pub mod interpreter;
mod limits;
pub mod module;
mod packer;
mod path;
pub mod runtime;
#[doc(hidden)]
pub mod staged;
pub mod state;
#[cfg(test)]
mod testing;
mod tree;
mod warning;

pub use component::{ComponentError, CoreModulePlace};
pub use extract::{Extract, ExtractError, Extracted};
pub use inspect::accounting;
pub use inspect::ballast::{Ballast, ballast};
pub use inspect::changed::{ChangesError, with_changes};
pub use inspect::compare::{Change, Changed, Compare, CompareError, Comparison, Moved};
pub use inspect::contents::{Contents, OpenError, open_source};
pub use inspect::digests::{DigestError, Digests};
pub use inspect::resolve::{ResolveError, resolve};
pub use inspect::runtime_parts::RuntimePart;
pub use inspect::verify::{Finding, Verification, verify};
pub use inspect::walk::{Entry, Walk};
#[doc(hidden)]
pub use limits::interpreter as bounds;
pub use limits::size::SizeLimitError;
pub use module::{Form, MemoryKind};
pub use packer::{
    DEFAULT_LEVEL, DEFAULT_WRITABLE_LIMIT, PackError, Packed, PackedImage, Packer, WRITABLE_LIMITS,
    pack,
};
pub use path::{
    Exclude, GuestPath, GuestPathError, Mapping, MappingError, Pattern, PatternError, Trace,
    parse_paths, parse_patterns,
};
pub use tree::source::{EntryProblem, Mtime, Read, SourceError, SpecialKind};
pub use warning::{DroppedSection, OwnFile, Warning};
pub use wasi_vfs_format::writer::Progress;
pub use wasi_vfs_format::{ImageReader, ReadAt};
