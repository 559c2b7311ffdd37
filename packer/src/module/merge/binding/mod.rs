//! What the two ends of a merge are bound to: the application's calls to the runtime, and
//! the runtime's imports of the host to the application's imports.
//!
//! The rest of the merge knows no WASI. For example, under preview 1 the import `fd_read`
//! becomes an entry that calls the runtime's `fd_read`, and the runtime's import `host`
//! `fd_read` is the application's import. In a wired component, import 3 is a lowering of
//! `[method]descriptor.stat`. Its entry first asks whether the handle is the runtime's.

pub(crate) mod preview1;
pub(crate) mod preview2;

use crate::module::error::ModuleError;
use crate::module::merge::binding::preview2::Lowerings;
use crate::module::merge::glue::pass;
use crate::module::parse::shape::Shape;
use wasi_vfs_embedding::{FORM_MERGED, FORM_MERGED_SINGLE, FORM_WIRED, HOST_MODULE};
use wasm_encoder::{Function, Instruction};
use wasmparser::{FuncType, Import};

/// The WASI of the application.
#[derive(Clone, Copy)]
pub(crate) enum Binding<'l> {
    /// Preview 1.
    Preview1,
    /// The functions of WASI 0.2, as lowered by a component.
    Preview2(&'l Lowerings),
}

/// An import of the application that becomes an entry of the runtime.
pub(crate) struct Intercepted<'a> {
    /// Number of the imported function.
    pub(crate) import: u32,
    /// The runtime's export that the entry calls.
    pub(crate) function: &'a str,
    /// Parameters that are handles. If none is the runtime's, the import answers. Empty if
    /// the runtime answers every call.
    pub(crate) handles: &'static [usize],
    /// The last argument of the runtime's function, behind those of the import.
    pub(crate) lowering: Option<i32>,
}

impl Binding<'_> {
    /// The intercepted imports of `application`, in order.
    pub(crate) fn intercepted<'a>(self, application: &Shape<'a>) -> Vec<Intercepted<'a>> {
        match self {
            Self::Preview1 => preview1::intercepted(application)
                .map(|(import, Import { name, .. })| Intercepted {
                    import,
                    function: name,
                    handles: &[],
                    lowering: None,
                })
                .collect(),
            Self::Preview2(lowerings) => lowerings.intercepted(),
        }
    }

    /// The import of `application` that the runtime's `import` of the type `ty` is bound to
    /// directly, if any.
    pub(crate) fn bound(
        self,
        application: &Shape<'_>,
        import: &Import<'_>,
        ty: &FuncType,
    ) -> Option<u32> {
        match self {
            Self::Preview1 if import.module == HOST_MODULE => {
                preview1::host_import(application, import.name, ty)
            }
            _ => None,
        }
    }

    /// The body of the runtime's import `module` `name`, if it depends on the WASI.
    pub(crate) fn body(
        self,
        module: &str,
        name: &str,
        ty: &FuncType,
    ) -> Result<Option<Function>, ModuleError> {
        match self {
            Self::Preview1 if module == HOST_MODULE => preview1::nosys(name, ty).map(Some),
            Self::Preview1 => Ok(None),
            Self::Preview2(lowerings) => lowerings.body(module, name, ty),
        }
    }

    /// The form of the merged module. `is_single` tells whether both share a memory.
    pub(crate) fn form(self, is_single: bool) -> u32 {
        match self {
            Self::Preview1 if is_single => FORM_MERGED_SINGLE,
            Self::Preview1 => FORM_MERGED,
            Self::Preview2(_) => FORM_WIRED,
        }
    }
}

impl Intercepted<'_> {
    /// The name of the entry.
    pub(crate) fn name(&self) -> String {
        match self.lowering {
            None => self.function.into(),
            Some(lowering) => format!("{lowering} {}", self.function),
        }
    }

    /// Lets the import answer calls without a handle of the runtime.
    pub(crate) fn pass_foreign(&self, body: &mut Function, ty: &FuncType) {
        if !self.handles.is_empty() {
            preview2::unless_ours(body, self.handles, |body| {
                pass(body, ty);
                body.instruction(&Instruction::Call(self.import));
                body.instruction(&Instruction::Return);
            });
        }
    }

    /// Calls `function` of the runtime with all arguments, and ends the body.
    pub(crate) fn call(&self, body: &mut Function, ty: &FuncType, function: u32) {
        pass(body, ty);
        if let Some(lowering) = self.lowering {
            body.instruction(&Instruction::I32Const(lowering));
        }
        body.instruction(&Instruction::Call(function));
        body.instruction(&Instruction::End);
    }
}
