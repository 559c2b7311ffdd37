//! Preview 1: the application imports calls by name, and they are the host's, too.

use crate::module::calls;
use crate::module::calls::{NOSYS, PREVIEW1};
use crate::module::error::ModuleError;
use crate::module::parse::shape::Shape;
use wasm_encoder::{Function, Instruction};
use wasmparser::{FuncType, Import, ValType};

/// The intercepted imports, in order. References to number `n` of them become references to
/// the function `functions of the application + n`. Unmerging relies on this.
pub(crate) fn intercepted<'s, 'a>(
    application: &'s Shape<'a>,
) -> impl Iterator<Item = (u32, &'s Import<'a>)> {
    (0..)
        .zip(application.imported_functions())
        .filter(|(_, import)| import.module == PREVIEW1 && calls::call_type(import.name).is_some())
}

/// The application's own import of the call `name` with the type `ty`.
pub(super) fn host_import(application: &Shape<'_>, name: &str, ty: &FuncType) -> Option<u32> {
    let mut candidates = (0..).zip(application.imported_functions());
    let found = candidates.find(|(at, import)| {
        import.module == PREVIEW1
            && import.name == name
            && application.function_type(*at) == Some(ty)
    });
    found.map(|(number, _)| number)
}

/// A function for a host call that the application does not import.
pub(super) fn nosys(name: &str, ty: &FuncType) -> Result<Function, ModuleError> {
    if ty.results() != [ValType::I32] {
        let found = calls::describe(ty);
        let what =
            format!("its import `host` `{name}` has the type {found}, not one with an errno");
        return Err(ModuleError::Runtime(what));
    }
    let mut function = Function::new([]);
    function.instruction(&Instruction::I32Const(NOSYS));
    function.instruction(&Instruction::End);
    Ok(function)
}
