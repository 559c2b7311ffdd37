//! The functions that stand between the runtime and the application, which no
//! compiler can emit: accesses to two memories and to a data segment.
//!
//! Owns the table of the runtime's imports in DESIGN.md.

use super::ModuleError;
use super::calls::{self, NOSYS};
use wasm_encoder::{Function, Instruction, MemArg};
use wasmparser::{FuncType, ValType};

/// The things that glue connects.
pub(super) struct Ends {
    /// Memory of the application.
    pub(super) application: u32,
    /// Memory of the runtime.
    pub(super) runtime: u32,
    /// Data segment of the payload.
    pub(super) payload: u32,
}

/// The body of the runtime's import `module` `name`, of the type `ty`.
pub(super) fn body(
    ends: &Ends,
    module: &str,
    name: &str,
    ty: &FuncType,
) -> Result<Function, ModuleError> {
    use Instruction as I;
    let access = MemArg {
        offset: 0,
        align: 0,
        memory_index: ends.application,
    };
    let (expected, instruction) = match (module, name) {
        ("host", _) => return nosys(name, ty),
        ("application", "size") => (signature("", "i"), I::MemorySize(ends.application)),
        ("application", "load8") => (signature("i", "i"), I::I32Load8U(access)),
        ("application", "load32") => (signature("i", "i"), I::I32Load(access)),
        ("application", "load64") => (signature("i", "I"), I::I64Load(access)),
        ("application", "store8") => (signature("ii", ""), I::I32Store8(access)),
        ("application", "store32") => (signature("ii", ""), I::I32Store(access)),
        ("application", "store64") => (signature("iI", ""), I::I64Store(access)),
        ("application", "read") => (signature("iii", ""), copy(ends.application, ends.runtime)),
        ("application", "write") => (signature("iii", ""), copy(ends.runtime, ends.application)),
        ("payload", "read") => (signature("iii", ""), init(ends.payload, ends.runtime)),
        ("payload", "write") => (signature("iii", ""), init(ends.payload, ends.application)),
        _ => {
            let what = format!("it imports `{module}` `{name}`, which the ABI does not have");
            return Err(ModuleError::Runtime(what));
        }
    };
    if *ty != expected {
        let (found, expected) = (calls::describe(ty), calls::describe(&expected));
        let what = format!("its import `{module}` `{name}` has the type {found}, not {expected}");
        return Err(ModuleError::Runtime(what));
    }
    Ok(pass_all(ty, &instruction))
}

/// A function that hands all its parameters to `instruction`.
pub(super) fn pass_all(ty: &FuncType, instruction: &Instruction<'_>) -> Function {
    let mut function = Function::new([]);
    for (local, _) in (0_u32..).zip(ty.params()) {
        function.instruction(&Instruction::LocalGet(local));
    }
    function.instruction(instruction);
    function.instruction(&Instruction::End);
    function
}

/// What a host call answers that the application does not import.
fn nosys(name: &str, ty: &FuncType) -> Result<Function, ModuleError> {
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

fn signature(params: &str, results: &str) -> FuncType {
    let types = |letters: &str| -> Vec<ValType> {
        let ty = |letter| match letter {
            b'I' => ValType::I64,
            _ => ValType::I32,
        };
        letters.bytes().map(ty).collect()
    };
    FuncType::new(types(params), types(results))
}

fn copy(src_mem: u32, dst_mem: u32) -> Instruction<'static> {
    Instruction::MemoryCopy { src_mem, dst_mem }
}

fn init(data_index: u32, mem: u32) -> Instruction<'static> {
    Instruction::MemoryInit { mem, data_index }
}
