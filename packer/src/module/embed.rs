//! Putting an image into a module.

use crate::Warning;
use crate::module::bake::linked;
use crate::module::check::caveats;
use crate::module::check::subject::{Subject, look};
use crate::module::error::ModuleError;
use crate::module::form::{Form, MemoryKind};
use crate::module::merge::assemble;
use crate::module::parse::shape::Shape;
use crate::module::parse::validate;
use crate::module::parts::Parts;
use crate::module::restore::unmerge;
use wasi_vfs_format::threads::with_threads;

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
            let form = subject.form(memory)?;
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
            let merged = assemble::merge(shape, parts, runtime_merged, runtime_version, kind)?;
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
