//! WebAssembly modules: checks one, embeds an image, finds it and removes it.
//!
//! Owns everything about the bytes of the module. An image is three strings of bytes
//! here, and their content belongs to the image format. `docs/ABI.md` describes the ABI
//! between packer and runtime, and `tools/layers` the order of the rooms.

mod abi;
mod bake;
mod calls;
mod check;
mod edit;
mod embed;
mod error;
mod form;
mod index;
mod layer;
mod locate;
mod merge;
mod outline;
mod parse;
mod parts;
mod preview0;
mod restore;
pub(crate) mod started;
#[cfg(test)]
pub(crate) mod tests;
mod writable;

pub(crate) use calls::describe;
pub(crate) use check::caveats::of_dropped;
pub(crate) use check::checkup::of_wired;
pub use check::checkup::{Checkup, Imports, check};
pub use check::subject::form;
pub(crate) use edit::custom::{survives_appended_code, survives_moved_code, survives_new_bytes};
pub(crate) use edit::dropped::Dropped;
pub(crate) use edit::globals::global_items;
pub(crate) use edit::items::{Items, export_items, items_of, memory_items};
pub(crate) use edit::rebuild::Rebuild;
pub(crate) use edit::redirect::{Edit, EditBytes};
pub(crate) use edit::references::CodeEdits;
pub(crate) use embed::merge_into_stub;
pub use embed::{Embedded, Target, embed};
pub use error::ModuleError;
pub use form::{Form, MemoryKind};
pub(crate) use locate::anchor::locate;
pub(crate) use locate::claimed::pages as claimed_pages;
pub use locate::find::find;
pub(crate) use locate::find::find_in;
pub(crate) use locate::found::Filed;
pub use locate::found::Found;
pub(crate) use locate::placed::Located;
pub(crate) use merge::binding::function::{
    ERROR_CODE, Entry, FUNCTIONS, Function, HOST_COUNT, HOST_FUNCTIONS, HostFunction, Version,
};
pub(crate) use merge::binding::handed::{Case, Handed, Place};
pub(crate) use merge::binding::lowered::{Lowering, Lowerings};
pub(crate) use outline::Outline;
pub(crate) use parse::leb::leb;
pub(crate) use parse::section::id;
pub use parse::shape::check_preamble;
pub(crate) use parse::shape::{COMPONENT, Shape, active_offset, constant};
pub(crate) use parse::validate::{component_types, validate, validate_with};
pub use parts::Parts;
pub use preview0::convert::as_preview1;
pub(crate) use restore::at_rest::memory_at_rest;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use restore::counts::merged_checksum;
pub(crate) use restore::original::{len_without_image, unmounted_in};
pub use restore::original::{unmounted, without_image};
pub use wasi_vfs_embedding::ALLOC_FN;
pub use writable::Writable;
