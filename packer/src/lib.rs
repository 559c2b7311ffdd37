//! Packs directory trees into WASI preview 1 modules.
//!
//! [`Packer`] takes a finished module and directories and gives one module
//! that holds them as a deduplicated, optionally compressed, read-only image,
//! and serves them to the program in it as preopened directories. [`Contents`]
//! looks into what was packed.
//!
//! ```
//! use wasi_vfs::{Contents, Packer};
//!
//! // Any finished preview 1 module, as `std::fs::read("app.wasm")?` gives it.
//! # let app = wat::parse_str(r#"(module
//! #     (import "wasi_snapshot_preview1" "path_open"
//! #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
//! #     (memory (export "memory") 1))"#)?;
//! let packed = Packer::new(app).map_dir("src", "/usr/src").compress(19).pack()?;
//!
//! let contents = Contents::find(&packed.module)?;
//! let image = contents.reader()?;
//! assert!(image.resolve("/usr/src/lib.rs", true).is_ok());
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

mod extract;
#[doc(hidden)]
pub mod figures;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod inspect;
mod limits;
pub mod module;
mod packer;
mod path;
pub mod runtime;
#[doc(hidden)]
pub mod staged;
mod tree;
mod warning;

pub use extract::{Extract, ExtractError, Extracted};
pub use inspect::accounting;
pub use inspect::ballast::{Ballast, ballast};
pub use inspect::compare::{Change, Changed, Compare, CompareError, Comparison, Moved};
pub use inspect::contents::{Contents, OpenError, open_source};
pub use inspect::digests::{DigestError, Digests};
pub use inspect::verify::{Finding, Verification, verify};
pub use inspect::walk::{Entry, Walk};
pub use limits::interpreter as bounds;
pub use limits::size::SizeLimitError;
pub use module::{Form, MemoryKind};
pub use packer::{DEFAULT_LEVEL, PackError, Packed, PackedImage, Packer, pack};
pub use path::{
    Exclude, GuestPath, GuestPathError, Mapping, MappingError, Pattern, PatternError, Trace,
    parse_paths, parse_patterns,
};
pub use tree::source::{EntryProblem, Mtime, Read, SourceError, SpecialKind};
pub use warning::{DroppedSection, OwnFile, Warning};
pub use wasi_vfs_format::writer::Progress;
pub use wasi_vfs_format::{ImageReader, ReadAt};
