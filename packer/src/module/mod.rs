//! WebAssembly modules: looks at one, puts an image into it, finds it again.
//!
//! Owns everything about the module's bytes, and nothing about the image's: an
//! image comes and goes as three strings of bytes. DESIGN.md describes the two
//! forms and the ABI by which this module and a runtime talk.
//!
//! One file is one pass: `form` looks and decides, `bake` runs a runtime and
//! snapshots it, `linked` and `merge` are the two ways in, `unmerge` the way
//! back, `locate` finds an image by the anchor.

mod addition;
mod bake;
mod calls;
mod custom;
mod error;
mod form;
mod glue;
mod index;
mod limits;
mod linked;
mod locate;
mod memory;
mod merge;
mod names;
mod rebuild;
mod references;
mod rope;
mod runtime;
mod segments;
mod shape;
#[cfg(test)]
mod tests;
mod unmerge;
mod unmount;
mod validate;

pub use error::ModuleError;

use form::{Subject, look};
use shape::Shape;
use std::borrow::Cow;

/// The three parts of an image.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The index, which the runtime reads in place.
    pub index: &'a [u8],
    /// The zstd level at which the module stores the index, for the runtime to
    /// decompress at its first call; `None` leaves it as it is.
    pub index_level: Option<i32>,
    /// The stored blocks, back to back.
    pub payload: &'a [u8],
    /// What only tools read. Empty if there is none.
    pub cold: &'a [u8],
}

/// How the runtime is bound to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Linked in; index and payload lie in the application's memory.
    Linked,
    /// Merged in, with a memory of its own.
    Merged,
}

/// A packed module.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Its bytes.
    pub module: Vec<u8>,
    /// How the runtime is bound to it.
    pub form: Form,
    /// Custom sections that had to be left out, such as `.debug_info`, in the
    /// order in which they were met.
    pub dropped: Vec<String>,
}

/// An image, found in a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How the runtime is bound to the module.
    pub form: Form,
    /// Version of the runtime, such as `0.1.0`.
    pub runtime_version: String,
    /// The index.
    pub index: Vec<u8>,
    /// How many bytes the module has for it: fewer where it is compressed.
    pub index_stored_len: u32,
    /// The stored blocks.
    pub payload: Vec<u8>,
    /// The cold part, unless a tool has dropped it.
    pub cold: Option<Vec<u8>>,
}

/// Finds the image in a module; `None` if there is none.
///
/// The module is read, not validated and not run. Memory used stays within a
/// small multiple of the length of `wasm`, whatever it contains, but for the
/// index: its frame may decode to 256 times its length, the zeros in it that no
/// data segment holds included.
///
/// # Errors
///
/// The bytes are no core module; it holds several images, or one of another
/// ABI version, or one whose parts are not where its anchor says.
pub fn find(wasm: &[u8]) -> Result<Option<Found>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    match locate::locate(&shape)? {
        None => Ok(None),
        Some(located) => locate::extract(&shape, &located).map(Some),
    }
}

/// Puts an image into a module: bakes it in where the runtime was linked, else
/// merges `runtime_merged` in. An image that is there already is replaced.
///
/// The result depends on the arguments alone. Packing a packed module gives
/// the bytes that packing the original would have given.
///
/// # Errors
///
/// The module is not valid, or of a kind that no image can be put into; each
/// error says which and what to do.
pub fn embed(
    wasm: &[u8],
    parts: &Parts<'_>,
    runtime_merged: &[u8],
    runtime_version: &str,
) -> Result<Embedded, ModuleError> {
    let merged = |shape: &Shape<'_>| {
        let (module, dropped) = merge::merge(shape, parts, runtime_merged, runtime_version)?;
        Ok::<_, ModuleError>((module, Form::Merged, dropped))
    };
    let (module, form, dropped) = match look(wasm)? {
        Subject::Linked(shape) => {
            let module = linked::embed(&shape, parts, runtime_version)?;
            (module, Form::Linked, Vec::new())
        }
        Subject::Plain(shape) => merged(&shape)?,
        Subject::Merged(shape, located) => {
            let original = unmerge::unmerge(&shape, &located)?;
            drop(shape);
            merged(&plain(&original)?)?
        }
    };
    validate::validate(&module).map_err(ModuleError::Output)?;
    Ok(Embedded {
        module,
        form,
        dropped,
    })
}

/// What is left after unmerging must be what merging took.
fn plain(wasm: &[u8]) -> Result<Shape<'_>, ModuleError> {
    match look(wasm) {
        Ok(Subject::Plain(shape)) => Ok(shape),
        Ok(_) => Err(ModuleError::rewritten("it holds two runtimes")),
        Err(error) => Err(ModuleError::rewritten(error.to_string())),
    }
}

/// Says what a module would need, without changing it: the form in which an
/// image would be put into it.
///
/// # Errors
///
/// As for [`embed`], as far as they can be told without running the module.
pub fn form(wasm: &[u8]) -> Result<Form, ModuleError> {
    Ok(match look(wasm)? {
        Subject::Linked(_) => Form::Linked,
        Subject::Plain(_) | Subject::Merged(..) => Form::Merged,
    })
}

/// The module without its image, where it was merged in; the module itself
/// where there is none, or one that was linked.
///
/// # Errors
///
/// The module is not valid, or was changed by another tool after packing.
pub fn without_image(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    match locate::locate(&shape)? {
        Some(located) if located.form == Form::Merged => {
            unmerge::unmerge(&shape, &located).map(Cow::Owned)
        }
        _ => Ok(Cow::Borrowed(wasm)),
    }
}

/// The module as it was before packing, as far as running it goes: the image is
/// taken out where it was merged in, and out of reach where it was linked. A
/// module without an image stays as it is. Files are then the host's affair.
///
/// # Errors
///
/// As [`without_image`].
pub fn unmounted(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    Ok(match locate::locate(&shape)? {
        None => Cow::Borrowed(wasm),
        Some(located) if located.form == Form::Merged => {
            Cow::Owned(unmerge::unmerge(&shape, &located)?)
        }
        Some(located) => Cow::Owned(unmount::unmount(&shape, &located)),
    })
}
