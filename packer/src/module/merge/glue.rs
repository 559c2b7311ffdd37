//! The functions behind the runtime's imports: accesses to the application's memory and to
//! the payload segment. No compiler can emit these.
//!
//! For example, the import `application` `read` copies `len` bytes from memory 0 to the
//! runtime's memory, which is memory 1, by one `memory.copy`.
//!
//! Owns the table of the runtime's imports in ABI.md.

use crate::module::calls;
use crate::module::error::ModuleError;
use crate::module::merge::growth;
use crate::module::merge::growth::relative;
use crate::module::merge::region::Region;
use crate::module::merge::runtime::Stack;
use wasi_vfs_embedding::Import;
use wasm_encoder::{BlockType, Function, Instruction, MemArg};
use wasmparser::{FuncType, ValType};

/// The connected items.
pub(crate) struct Ends {
    pub(crate) memories: Memories,
    /// Data segment of the payload.
    pub(crate) payload: u32,
}

/// The place of the runtime's memory. The application's is memory 0.
#[derive(Clone, Copy)]
pub(crate) enum Memories {
    /// The memory with this number.
    Separate(u32),
    /// A region of memory 0.
    Single(Region),
}

impl Memories {
    fn runtime(self) -> u32 {
        match self {
            Self::Separate(memory) => memory,
            Self::Single(_) => 0,
        }
    }

    /// A function that returns the number of pages that calls of the application may access.
    fn size(self, ty: &FuncType) -> Function {
        match self {
            Self::Separate(_) => {
                let mut function = Function::new([]);
                pass_all(&mut function, ty, &Instruction::MemorySize(0));
                function
            }
            Self::Single(region) => growth::size(&region),
        }
    }
}

/// The body of the runtime's import `module` `name`, of the type `ty`.
pub(crate) fn body(
    ends: &Ends,
    module: &str,
    name: &str,
    ty: &FuncType,
) -> Result<Function, ModuleError> {
    use Instruction as I;
    const APPLICATION: u32 = 0;
    let access = MemArg {
        offset: 0,
        align: 0,
        memory_index: APPLICATION,
    };
    let Some(import) = Import::find(module, name) else {
        let what = format!("it imports `{module}` `{name}`, which the ABI does not have");
        return Err(ModuleError::Runtime(what));
    };
    let runtime = ends.memories.runtime();
    // The parameter with an address of the runtime, if any.
    let (expected, of_runtime, instruction) = match import {
        Import::ApplicationSize => {
            check_type((module, name), ty, &signature("", "i"))?;
            return Ok(ends.memories.size(ty));
        }
        Import::ApplicationLoad8 => (signature("i", "i"), None, I::I32Load8U(access)),
        Import::ApplicationLoad32 => (signature("i", "i"), None, I::I32Load(access)),
        Import::ApplicationLoad64 => (signature("i", "I"), None, I::I64Load(access)),
        Import::ApplicationStore8 => (signature("ii", ""), None, I::I32Store8(access)),
        Import::ApplicationStore32 => (signature("ii", ""), None, I::I32Store(access)),
        Import::ApplicationStore64 => (signature("iI", ""), None, I::I64Store(access)),
        Import::ApplicationRead => (signature("iii", ""), Some(0), copy(APPLICATION, runtime)),
        Import::ApplicationWrite => (signature("iii", ""), Some(1), copy(runtime, APPLICATION)),
        Import::PayloadRead => (signature("iii", ""), Some(0), init(ends.payload, runtime)),
        Import::PayloadWrite => (signature("iii", ""), None, init(ends.payload, APPLICATION)),
    };
    check_type((module, name), ty, &expected)?;
    Ok(match ends.memories {
        Memories::Separate(_) => {
            let mut function = Function::new([]);
            pass_all(&mut function, ty, &instruction);
            function
        }
        Memories::Single(region) => pass_relative(ty, &region, of_runtime, &instruction),
    })
}

/// Rejects an import of the runtime with another type than in the ABI.
pub(super) fn check_type(
    (module, name): (&str, &str),
    found: &FuncType,
    expected: &FuncType,
) -> Result<(), ModuleError> {
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (calls::describe(found), calls::describe(expected));
    let what = format!("its import `{module}` `{name}` has the type {found}, not {expected}");
    Err(ModuleError::Runtime(what))
}

/// As [`pass_all`], but one parameter may be an address in the region.
fn pass_relative(
    ty: &FuncType,
    region: &Region,
    of_runtime: Option<u32>,
    instruction: &Instruction<'_>,
) -> Function {
    let mut function = Function::new([]);
    for (local, _) in (0_u32..).zip(ty.params()) {
        if of_runtime == Some(local) {
            for instruction in relative(region, local) {
                function.instruction(&instruction);
            }
        } else {
            function.instruction(&Instruction::LocalGet(local));
        }
    }
    function.instruction(instruction);
    function.instruction(&Instruction::End);
    function
}

/// Pushes all parameters of a function of type `ty`.
pub(crate) fn pass(function: &mut Function, ty: &FuncType) {
    for (local, _) in (0_u32..).zip(ty.params()) {
        function.instruction(&Instruction::LocalGet(local));
    }
}

/// Ends a function with `instruction` on all its parameters.
pub(crate) fn pass_all(function: &mut Function, ty: &FuncType, instruction: &Instruction<'_>) {
    pass(function, ty);
    function.instruction(instruction);
    function.instruction(&Instruction::End);
}

/// Resets the runtime's stack pointer if less than half of the `stack` is left. Then earlier
/// calls were left by exceptions of the host or by traps, and never return. The stack grows
/// downwards, and must not grow below its end.
pub(crate) fn with_stack(stack: Stack, pointer: u32) -> [Instruction<'static>; 7] {
    [
        Instruction::GlobalGet(pointer),
        Instruction::I32Const(stack.top / 2),
        Instruction::I32LtU,
        Instruction::If(BlockType::Empty),
        Instruction::I32Const(stack.top),
        Instruction::GlobalSet(pointer),
        Instruction::End,
    ]
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
