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
mod bypass;
mod calls;
mod checkup;
mod custom;
mod dispatch;
mod error;
mod form;
mod glue;
mod growth;
mod index;
mod limits;
mod linked;
mod locate;
mod memory;
mod merge;
mod names;
mod rebuild;
mod redirect;
mod references;
mod region;
mod relocate;
mod renumber;
mod rope;
mod runtime;
mod segments;
mod shape;
#[cfg(test)]
mod tests;
mod unmerge;
mod unmount;
mod validate;

pub use checkup::{Checkup, Imports, check};
pub use error::ModuleError;
pub use form::ALLOC_FN;

use crate::Warning;
use form::{Subject, look};
use shape::Shape;
use std::borrow::Cow;

/// The three parts of an image.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The index, which the runtime reads in place.
    pub index: &'a [u8],
    /// The zstd level at which the module stores the index, for the runtime to
    /// decompress at its first call; `None` leaves it as it is.
    pub index_level: Option<i32>,
    /// The stored blocks, back to back. If they are owned, the module is made
    /// around them, and there is no copy.
    pub payload: Cow<'a, [u8]>,
    /// What only tools read. Empty if there is none.
    pub cold: &'a [u8],
}

/// How the runtime is bound to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Linked in; index and payload lie in the application's memory.
    Linked,
    /// Merged in.
    Merged(MemoryKind),
}

/// Where the memory of a merged runtime is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryKind {
    /// A memory of its own, out of the application's reach. Engines without
    /// multi-memory refuse the module.
    #[default]
    Separate,
    /// The application's memory, above the application's own pages. Any engine
    /// with bulk memory takes the module.
    Single,
}

/// A module that can take an image: it has been validated and taken apart, which
/// is most of the work where modules are large.
pub struct Target<'a> {
    subject: Subject<'a>,
    form: Form,
}

impl<'a> Target<'a> {
    /// Looks at `wasm`, without running it. `memory` says where the memory of a
    /// merged runtime is to be; else that stays as it is, or is the default.
    ///
    /// # Errors
    ///
    /// As for [`embed`], as far as they can be told so.
    pub fn new(wasm: &'a [u8], memory: Option<MemoryKind>) -> Result<Self, ModuleError> {
        let subject = look(wasm)?;
        let form = form_of(&subject, memory)?;
        Ok(Self { subject, form })
    }

    /// The form in which an image is put into it.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Does what [`embed`] does.
    ///
    /// # Errors
    ///
    /// As for [`embed`].
    pub fn embed(
        self,
        parts: Parts<'_>,
        runtime_merged: &[u8],
        runtime_version: &str,
    ) -> Result<Embedded, ModuleError> {
        let form = self.form;
        let kind = match form {
            Form::Merged(kind) => kind,
            Form::Linked => MemoryKind::default(),
        };
        let merged = |shape: &Shape<'_>, parts: Parts<'_>| {
            let merged = merge::merge(shape, parts, runtime_merged, runtime_version, kind)?;
            check_output(&merged.0, shape.wasm, kind == MemoryKind::Separate)?;
            Ok::<_, ModuleError>(merged)
        };
        let (module, dropped) = match self.subject {
            Subject::Linked(shape) => {
                let module = linked::embed(&shape, parts, runtime_version)?;
                check_output(&module, shape.wasm, true)?;
                (module, Vec::new())
            }
            Subject::Plain(shape) => merged(&shape, parts)?,
            Subject::Merged(shape, located) => {
                let original = unmerge::unmerge(&shape, &located)?;
                drop(shape);
                merged(&plain(&original)?, parts)?
            }
        };
        let mut warnings = Vec::new();
        if !dropped.is_empty() {
            warnings.push(Warning::DroppedSections(dropped));
        }
        Ok(Embedded {
            module,
            form,
            warnings,
        })
    }
}

/// Checks the packed module, in which several memories are, or the way in which one
/// names them, only if that is so in the module that it was made of or `may_have_two`.
fn check_output(module: &[u8], input: &[u8], may_have_two: bool) -> Result<(), ModuleError> {
    let checked = match validate::validate_with(module, may_have_two) {
        Err(_) if !may_have_two && validate::validate_with(input, false).is_err() => {
            validate::validate(module)
        }
        checked => checked,
    };
    match Shape::parse(module) {
        Err(ModuleError::TooMany { what, found, limit }) => {
            Err(ModuleError::Full { what, found, limit })
        }
        _ => checked.map_err(ModuleError::Output),
    }
}

/// A packed module.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Its bytes.
    pub module: Vec<u8>,
    /// How the runtime is bound to it.
    pub form: Form,
    /// What the user should know.
    pub warnings: Vec<Warning>,
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

#[cfg(any(test, feature = "fuzz"))]
pub(crate) use unmerge::merged_checksum;

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
/// `memory` says where the memory of a merged runtime is to be. Without it, a
/// module that is packed already keeps its kind, and any other gets the default.
///
/// The result depends on the arguments alone. Packing a merged module gives
/// the bytes that packing the original would have given. A linked one keeps what its
/// memory has grown by.
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
    memory: Option<MemoryKind>,
) -> Result<Embedded, ModuleError> {
    Target::new(wasm, memory)?.embed(parts.clone(), runtime_merged, runtime_version)
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
pub fn form(wasm: &[u8], memory: Option<MemoryKind>) -> Result<Form, ModuleError> {
    Ok(Target::new(wasm, memory)?.form())
}

fn form_of(subject: &Subject<'_>, memory: Option<MemoryKind>) -> Result<Form, ModuleError> {
    match (subject, memory) {
        (Subject::Linked(_), Some(MemoryKind::Separate)) => Err(ModuleError::LinkedMemory),
        (Subject::Linked(shape), _) => {
            bypass::refuse(shape)?;
            Ok(Form::Linked)
        }
        (Subject::Merged(_, located), None) => Ok(located.form),
        (_, memory) => Ok(Form::Merged(memory.unwrap_or_default())),
    }
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
        Some(located) if matches!(located.form, Form::Merged(_)) => {
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
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            Cow::Owned(unmerge::unmerge(&shape, &located)?)
        }
        Some(located) => Cow::Owned(unmount::unmount(&shape, &located)),
    })
}
