//! Embeds an image into a module.
//!
//! The first step parses and validates the module, which is most of the time for a large
//! one. So [`Target`] separates it from the second step, which needs the image.

use crate::Warning;
use crate::module::bake::linked;
use crate::module::check::caveats;
use crate::module::check::subject::{Subject, look};
use crate::module::error::ModuleError;
use crate::module::form::{Form, MemoryKind};
use crate::module::merge::assemble;
use crate::module::merge::binding::Binding;
use crate::module::merge::binding::lowered::Lowerings;
use crate::module::parse::shape::Shape;
use crate::module::parse::validate;
use crate::module::parts::Parts;
use crate::module::preview0::convert;
use crate::module::restore::unmerge;
use wasi_vfs_format::threads::with_threads;

/// A validated and parsed module that an image can be embedded into.
pub struct Target<'a> {
    subject: Subject<'a>,
    form: Form,
}

impl<'a> Target<'a> {
    /// Parses and validates `wasm` without running it. `memory` is the kind of memory for
    /// a merged runtime. `None` keeps the kind of a packed module and selects the default
    /// for any other.
    ///
    /// # Errors
    ///
    /// Those of [`embed`] that do not need the module to run.
    pub fn new(wasm: &'a [u8], memory: Option<MemoryKind>) -> Result<Self, ModuleError> {
        with_threads(|| {
            let subject = look(wasm)?;
            let form = subject.form(memory)?;
            Ok(Self { subject, form })
        })
    }

    /// The form of the packed module.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Embeds the image, as [`embed`] does.
    ///
    /// # Errors
    ///
    /// Those of [`embed`].
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
            Form::Linked | Form::Wired(_) => MemoryKind::default(),
        };
        let mut warnings = Vec::new();
        let mut merged = |shape: &Shape<'_>, parts: Parts<'_>| {
            warnings = caveats::of(shape, form);
            let merged = assemble::merge(
                shape,
                parts,
                runtime_merged,
                runtime_version,
                Binding::Preview1,
                kind,
            )?;
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
            Subject::Preview0(shape) => {
                let converted = convert::to_preview1(&shape)?;
                drop(shape);
                merged(&Shape::parse(&converted)?, parts)?
            }
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

/// Validates the packed module. It may use multi-memory only if `may_have_two` or if the
/// input already uses it.
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
    /// The bytes of the module.
    pub module: Vec<u8>,
    /// Its form.
    pub form: Form,
    /// Surprises for the user.
    pub warnings: Vec<Warning>,
}

/// Embeds an image into a module. If the module was linked with the runtime, the image is
/// baked into it. Otherwise `runtime_merged` is merged into the module. A previous image
/// is replaced.
///
/// `memory` is the kind of memory for a merged runtime. `None` keeps the kind of a packed
/// module and selects the default for any other.
///
/// The result depends only on the arguments. A merged module and its original pack to the
/// same bytes. A linked module keeps the pages that its memory has grown by.
///
/// # Errors
///
/// The module is invalid or unsupported. Each error suggests a remedy.
pub fn embed(
    wasm: &[u8],
    parts: &Parts<'_>,
    runtime_merged: &[u8],
    runtime_version: &str,
    memory: Option<MemoryKind>,
) -> Result<Embedded, ModuleError> {
    Target::new(wasm, memory)?.embed(parts.clone(), runtime_merged, runtime_version)
}

/// Merges a runtime with an image into the stub of a wired component, whose imports are
/// these `lowerings`. `kind` is the place of the runtime's memory. Returns the core module.
///
/// # Errors
///
/// The runtime does not follow the ABI, or the image is too large.
pub(crate) fn merge_into_stub(
    stub: &[u8],
    lowerings: &Lowerings,
    parts: Parts<'_>,
    runtime: &[u8],
    runtime_version: &str,
    kind: MemoryKind,
) -> Result<Vec<u8>, ModuleError> {
    let shape = Shape::parse(stub)?;
    let binding = Binding::Lowered(lowerings);
    let (module, _) =
        with_threads(|| assemble::merge(&shape, parts, runtime, runtime_version, binding, kind))?;
    Ok(module)
}

/// An unmerged module must be one without a runtime.
fn plain(wasm: &[u8]) -> Result<Shape<'_>, ModuleError> {
    match look(wasm) {
        Ok(Subject::Plain(shape)) => Ok(shape),
        Ok(_) => Err(ModuleError::rewritten("it holds two runtimes")),
        Err(error) => Err(ModuleError::rewritten(error.to_string())),
    }
}
