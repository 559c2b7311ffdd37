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

pub mod accounting;
mod ballast;
pub mod bounds;
mod choice;
mod compare;
mod contents;
mod digests;
mod expansion;
mod extract;
#[doc(hidden)]
pub mod figures;
mod follow;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod guest_path;
mod join;
mod mapping;
pub mod module;
mod packer;
mod pattern;
pub mod runtime;
mod source;
mod trace;
mod verify;
mod walk;
mod warning;

pub use ballast::{Ballast, ballast};
pub use compare::{Change, Changed, Compare, CompareError, Comparison, Moved};
pub use contents::{Contents, OpenError, open_source};
pub use digests::{DigestError, Digests};
pub use expansion::TooLong;
pub use extract::{Extract, ExtractError, Extracted};
pub use guest_path::{GuestPath, GuestPathError};
pub use mapping::{Mapping, MappingError};
pub use module::{Form, MemoryKind};
pub use packer::{DEFAULT_LEVEL, PackError, Packed, PackedImage, Packer, pack};
pub use pattern::{Pattern, PatternError};
pub use source::{EntryProblem, Exclude, Mtime, Read, SourceError, SpecialKind};
pub use trace::{Trace, parse_paths, parse_patterns};
pub use verify::{Finding, Verification, verify};
pub use walk::{Entry, Walk};
pub use warning::{DroppedSection, OwnFile, Warning};
pub use wasi_vfs_format::writer::Progress;
pub use wasi_vfs_format::{ImageReader, ReadAt};
