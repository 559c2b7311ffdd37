//! Functions that replace calls through the runtime's table.
//!
//! The first table is the application's, and not every engine supports a second one.
//! Nothing changes the runtime's table. So a function that compares the index with those of
//! the entries has the same effect.

use crate::module::error::ModuleError;
use crate::module::merge::runtime::Runtime;
use wasm_encoder::{BlockType, Function, Instruction};
use wasmparser::{FuncType, ValType};

/// The type of the function for calls by type `ty` of the runtime. The index is one more
/// parameter at the end.
pub(crate) fn function_type(runtime: &Runtime<'_>, ty: u32) -> Result<FuncType, ModuleError> {
    let callee = callee_type(runtime, ty)?;
    let params = callee.params().iter().copied().chain([ValType::I32]);
    Ok(FuncType::new(params, callee.results().iter().copied()))
}

fn callee_type<'r>(runtime: &'r Runtime<'_>, ty: u32) -> Result<&'r FuncType, ModuleError> {
    let ty = runtime.shape.types.get(ty as usize);
    ty.and_then(Option::as_ref)
        .ok_or_else(|| ModuleError::Runtime("it calls by a type that is not a function's".into()))
}

/// The body of that function. `number` returns the merged number of a function.
pub(crate) fn body(
    runtime: &Runtime<'_>,
    ty: u32,
    number: impl Fn(u32) -> Result<u32, ModuleError>,
) -> Result<Function, ModuleError> {
    let callee = callee_type(runtime, ty)?;
    let index = callee.params().len() as u32;
    let mut function = Function::new([]);
    for (at, entry) in (0..).zip(&runtime.table) {
        let Some(entry) = entry.filter(|entry| runtime.shape.function_type(*entry) == Some(callee))
        else {
            continue;
        };
        function.instruction(&Instruction::LocalGet(index));
        function.instruction(&Instruction::I32Const(at));
        function.instruction(&Instruction::I32Eq);
        function.instruction(&Instruction::If(BlockType::Empty));
        for parameter in 0..index {
            function.instruction(&Instruction::LocalGet(parameter));
        }
        function.instruction(&Instruction::Call(number(entry)?));
        function.instruction(&Instruction::Return);
        function.instruction(&Instruction::End);
    }
    function.instruction(&Instruction::Unreachable);
    function.instruction(&Instruction::End);
    Ok(function)
}
