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
mod caveats;
mod checkup;
mod custom;
mod dispatch;
mod entry_points;
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
mod skeleton;
#[cfg(test)]
mod tests;
mod traces;
mod unmerge;
mod unmount;
mod validate;

pub use checkup::{Checkup, Imports, check};
pub use error::ModuleError;
pub use wasi_vfs_embedding::ALLOC_FN;

use crate::Warning;
use form::{Subject, look};
use shape::Shape;
use skeleton::{Skeleton, Without};
use std::borrow::Cow;
use std::sync::Arc;
use wasi_vfs_format::threads::with_threads;
use wasi_vfs_format::{Payload, ReadAt};

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
    pub metadata: &'a [u8],
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
        with_threads(|| {
            let subject = look(wasm)?;
            let form = form_of(&subject, memory)?;
            Ok(Self { subject, form })
        })
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
        with_threads(|| self.embed_with_threads(parts, runtime_merged, runtime_version))
    }

    fn embed_with_threads(
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
        let mut warnings = Vec::new();
        let mut merged = |shape: &Shape<'_>, parts: Parts<'_>| {
            warnings = caveats::of(shape, form);
            let merged = merge::merge(shape, parts, runtime_merged, runtime_version, kind)?;
            check_output(&merged.0, shape.wasm, kind == MemoryKind::Separate)?;
            Ok::<_, ModuleError>(merged)
        };
        let (module, dropped) = match self.subject {
            Subject::Linked(shape) => {
                warnings = caveats::of(&shape, form);
                let module = linked::embed(&shape, parts, runtime_version)?;
                check_output(&module, shape.wasm, true)?;
                let dropped = linked::dropped(&shape, &module)?;
                (module, dropped)
            }
            Subject::Plain(shape) => merged(&shape, parts)?,
            Subject::Merged(shape, located) => {
                let original = unmerge::unmerge(&shape, &located)?;
                drop(shape);
                merged(&plain(&original)?, parts)?
            }
        };
        warnings.extend(caveats::of_dropped(dropped));
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

/// An image, found in a module. Each part borrows the module where one data segment
/// or section holds all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// How the runtime is bound to the module.
    pub form: Form,
    /// Version of the runtime, such as `0.1.0`.
    pub runtime_version: String,
    /// The index.
    pub index: Cow<'a, [u8]>,
    /// How many bytes the module has for it: fewer where it is compressed.
    pub index_stored_len: u32,
    /// The stored blocks.
    pub payload: Cow<'a, [u8]>,
    /// The metadata section, unless a tool has dropped it.
    pub metadata: Option<&'a [u8]>,
}

#[cfg(any(test, feature = "fuzz"))]
pub(crate) use unmerge::merged_checksum;

/// Finds the image in a module; `None` if there is none.
///
/// This reads the module, and neither validates nor runs it. Allocations stay within
/// a small multiple of the length of `wasm`, except for a compressed index, which may
/// decode to 256 times the length of its frame.
///
/// # Errors
///
/// The bytes are no core module; it holds several images, or one of another
/// ABI version, or one whose parts are not where its anchor says.
pub fn find(wasm: &[u8]) -> Result<Option<Found<'_>>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    match locate::locate(&shape)? {
        None => Ok(None),
        Some(located) => locate::extract(&shape, &located).map(Some),
    }
}

/// An image, found in a module of which the payload stays in the file.
#[derive(Clone, Debug)]
pub(crate) struct Filed {
    pub(crate) form: Form,
    pub(crate) runtime_version: String,
    pub(crate) index: Vec<u8>,
    pub(crate) index_stored_len: u32,
    pub(crate) payload: Payload<'static>,
    /// Number of the segment that is the payload, in a merged module.
    pub(crate) payload_segment: Option<u32>,
    pub(crate) metadata: Option<Vec<u8>>,
}

/// Finds the image in the module that `source` holds, as [`find`] does, and reads no more
/// than that takes.
///
/// # Errors
///
/// As for [`find`], or the module cannot be read.
pub(crate) fn find_in(source: &Arc<dyn ReadAt>) -> Result<Option<Filed>, ModuleError> {
    if let Some(skeleton) = Skeleton::read(source, Without::AllButImage)?
        && let Ok(found) = find_by(&skeleton)
    {
        return Ok(found);
    }
    // Errors name offsets of the module as it is.
    let wasm = Payload::Source(source.clone()).bytes();
    let wasm = wasm.map_err(ModuleError::Read)?;
    Ok(find(&wasm)?.map(|found| Filed {
        form: found.form,
        runtime_version: found.runtime_version,
        index: found.index.into_owned(),
        index_stored_len: found.index_stored_len,
        payload: Payload::Source(Arc::new(found.payload.into_owned())),
        payload_segment: None,
        metadata: found.metadata.map(<[u8]>::to_vec),
    }))
}

fn find_by(skeleton: &Skeleton) -> Result<Option<Filed>, ModuleError> {
    let shape = Shape::of_skeleton(skeleton)?;
    match locate::locate(&shape)? {
        None => Ok(None),
        Some(located) => locate::extract_from_file(skeleton, &shape, &located).map(Some),
    }
}

/// Length in bytes of the module in `source` without its image, if that was merged in.
/// `payload_segment` is the number of the segment that is the payload, if it is known.
///
/// # Errors
///
/// As [`without_image`], or the module cannot be read.
pub(crate) fn len_without_image(
    source: &Arc<dyn ReadAt>,
    payload_segment: Option<u32>,
) -> Result<u64, ModuleError> {
    let number = payload_segment.unwrap_or(u32::MAX);
    let len = |shape: &Shape<'_>| match locate::locate(shape)? {
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            unmerge::unmerged_len(shape, &located)
        }
        _ => Ok(source.len()),
    };
    with_threads(|| match Skeleton::read(source, Without::Segment(number))? {
        Some(skeleton) => len(&Shape::of_skeleton(&skeleton)?),
        None => {
            let wasm = Payload::Source(source.clone()).bytes();
            len(&Shape::parse(&wasm.map_err(ModuleError::Read)?)?)
        }
    })
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
            with_threads(|| unmerge::unmerge(&shape, &located)).map(Cow::Owned)
        }
        _ => Ok(Cow::Borrowed(wasm)),
    }
}

/// The module as it was before packing, as far as running it goes: the image is
/// taken out where it was merged in, and out of reach where it was linked. A
/// module without an image stays as it is. Files are then the host's affair.
/// The export [`ALLOC_FN`] of a linked module runs no constructors.
///
/// # Errors
///
/// As [`without_image`].
pub fn unmounted(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    Ok(match locate::locate(&shape)? {
        None => entry_points::expose(&shape, &[])?,
        Some(located) if matches!(located.form, Form::Merged(_)) => {
            Cow::Owned(with_threads(|| unmerge::unmerge(&shape, &located))?)
        }
        Some(located) => Cow::Owned(unmount::unmount(&shape, &located)),
    })
}
