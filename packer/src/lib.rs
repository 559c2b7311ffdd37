//! Packs directory trees into WASI preview 1 modules.
//!
//! [`Packer`] takes a finished module and directories and gives one module
//! that holds them as a deduplicated, optionally compressed, read-only image,
//! and serves them to the program in it as preopened directories. [`Contents`]
//! looks into what was packed.
//!
//! ```no_run
//! use wasi_vfs::{Contents, Packer};
//!
//! let app = std::fs::read("app.wasm")?;
//! let packed = Packer::new(app).map_dir("./lib", "/usr/lib").compress(19).pack()?;
//!
//! let contents = Contents::find(&packed.module)?;
//! let image = contents.reader()?;
//! assert!(image.resolve("/usr/lib", true).is_ok());
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
mod choice;
mod compare;
mod contents;
mod extract;
mod guest_path;
mod join;
mod mapping;
pub mod module;
mod packer;
pub mod runtime;
mod source;
mod trace;
mod verify;
mod walk;

pub use compare::{Change, Changed, CompareError, Comparison, Moved, compare};
pub use contents::{Contents, OpenError};
pub use extract::{Extract, ExtractError, Extracted};
pub use guest_path::{GuestPath, GuestPathError};
pub use mapping::{Mapping, MappingError};
pub use module::Form;
pub use packer::{DEFAULT_LEVEL, PackError, Packed, PackedImage, Packer, pack};
pub use source::{Exclude, ExcludeError, Read, SourceError, SpecialKind};
pub use trace::{Trace, parse_paths};
pub use verify::{Finding, Verification, verify};
pub use walk::{Entry, Walk};
pub use wasi_vfs_format::reader::ImageReader;
pub use wasi_vfs_format::writer::Progress;
