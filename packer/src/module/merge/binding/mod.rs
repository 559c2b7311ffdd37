//! What the two ends of a merge are bound to: the application's calls to the runtime, and
//! the runtime's imports of the host to the application's imports.
//!
//! The rest of the merge knows no WASI. For example, under preview 1 the import `fd_read`
//! becomes an entry that calls the runtime's `fd_read`, and the runtime's import `host`
//! `fd_read` is the application's import. In a wired component, import 3 is a lowering of
//! `[method]descriptor.stat`. Its entry first asks whether the handle is the runtime's.

pub(crate) mod function;
pub(crate) mod handed;
pub(crate) mod intercepted;
pub(crate) mod lowered;
mod owner;
pub(crate) mod preview1;

use crate::module::error::ModuleError;
use crate::module::merge::binding::intercepted::{Answer, Convention, Intercepted};
use crate::module::merge::binding::lowered::Lowerings;
use crate::module::parse::shape::Shape;
use wasi_vfs_embedding::{
    FORM_MERGED, FORM_MERGED_SINGLE, FORM_WIRED, FORM_WIRED_SINGLE, HOST_MODULE,
};
use wasm_encoder::Function;
use wasmparser::{FuncType, Import};

/// The WASI of the application.
#[derive(Clone, Copy)]
pub(crate) enum Binding<'l> {
    /// Preview 1.
    Preview1,
    /// The functions that a component lowers.
    Lowered(&'l Lowerings),
}

impl Binding<'_> {
    /// The intercepted imports of `application`, in order.
    pub(crate) fn intercepted<'a>(self, application: &Shape<'a>) -> Vec<Intercepted<'a>> {
        match self {
            Self::Preview1 => preview1::intercepted(application)
                .map(|(import, Import { name, .. })| Intercepted {
                    import,
                    name,
                    export: name,
                    answer: Answer::Runtime,
                    handles: &[],
                    convention: Convention::Sync,
                    handed: [].into(),
                    lowering: None,
                })
                .collect(),
            Self::Lowered(lowerings) => lowerings.intercepted(),
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
            Self::Lowered(lowerings) => lowerings.body(module, name, ty),
        }
    }

    /// The form of the merged module. `is_single` tells whether both share a memory.
    pub(crate) fn form(self, is_single: bool) -> u32 {
        match self {
            Self::Preview1 if is_single => FORM_MERGED_SINGLE,
            Self::Preview1 => FORM_MERGED,
            Self::Lowered(_) if is_single => FORM_WIRED_SINGLE,
            Self::Lowered(_) => FORM_WIRED,
        }
    }
}
