//! A component's lowerings of the functions that deal with files.
//!
//! The application is a stub whose only items are imports, and which exports the lowerings
//! again: import `k` is lowering `k`. The entry that replaces it in the exports passes `k`
//! on, and the runtime's calls of the host and of the allocator have it as their last or
//! first parameter. So each such call becomes a choice by `k`.
//!
//! For example, lowerings 0 and 1 allocate by import 5, and lowering 2 by import 6. Then
//! `realloc(k, align, len)` calls import 6 if `k` is 2, and otherwise import 5.

use crate::module::error::ModuleError;
use crate::module::merge::binding::function::{
    ERROR_CODE, Entry, HOST_COUNT, HOST_FUNCTIONS, HostFunction,
};
use crate::module::merge::binding::intercepted::{Answer, Convention, Intercepted};
use crate::module::merge::glue::check_type;
use std::collections::BTreeMap;
use wasi_vfs_embedding::HOST_MODULE;
use wasi_vfs_embedding::preview2::{Absent, REALLOC_IMPORT};
use wasm_encoder::{BlockType, Function, Instruction, MemArg};
use wasmparser::{FuncType, ValType};

use Instruction as I;

/// The runtime's function that replaces a stream by one of the host.
pub(crate) const HAND_OVER: &str = "[hand-over]u8";

/// The runtime's functions behind those of a task, with and without a callback.
pub(crate) const TASK_RETURNED: &str = "[task-returned]";
pub(crate) const TASK_ENDED: &str = "[task-ended]";

/// The module from which the runtime imports its access to the application.
const APPLICATION_MODULE: &str = "application";

/// A lowering of one function, by the imports of the stub.
#[derive(Clone, Debug)]
pub(crate) struct Lowering {
    pub(crate) entry: Entry,
    /// The allocator that the lowering names, if any.
    pub(crate) realloc: Option<u32>,
    /// The functions of the host of the same version, one for each of [`HOST_FUNCTIONS`].
    pub(crate) host: [Option<u32>; HOST_COUNT],
}

/// The lowerings of a component. Number `k` is import `k` of the stub.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowerings(pub(crate) Vec<Lowering>);

/// The functions by lowering that answer a call of the runtime.
struct Choice {
    /// The answer of all other lowerings.
    default: Option<u32>,
    others: Vec<(i32, u32)>,
}

impl Choice {
    /// Makes the most frequent function the default.
    fn new(functions: impl Iterator<Item = Option<u32>>, has_default: bool) -> Self {
        let chosen: Vec<(i32, u32)> = (0..)
            .zip(functions)
            .filter_map(|(k, f)| Some((k, f?)))
            .collect();
        let mut counts = BTreeMap::new();
        for (_, function) in &chosen {
            *counts.entry(*function).or_insert(0) += 1;
        }
        let most = counts.iter().max_by_key(|(_, count)| **count);
        let default = most.map(|(function, _)| *function).filter(|_| has_default);
        let others = chosen.into_iter();
        Self {
            default,
            others: others
                .filter(|(_, function)| Some(*function) != default)
                .collect(),
        }
    }

    /// Calls the function of the lowering in the local `selector` with the arguments that
    /// `arguments` pushes, and returns.
    fn encode(&self, body: &mut Function, selector: u32, arguments: &dyn Fn(&mut Function)) {
        for (lowering, function) in &self.others {
            body.instruction(&I::LocalGet(selector));
            body.instruction(&I::I32Const(*lowering));
            body.instruction(&I::I32Eq);
            body.instruction(&I::If(BlockType::Empty));
            arguments(body);
            body.instruction(&I::Call(*function));
            body.instruction(&I::Return);
            body.instruction(&I::End);
        }
        if let Some(function) = self.default {
            arguments(body);
            body.instruction(&I::Call(function));
            body.instruction(&I::Return);
        }
    }
}

impl Lowerings {
    pub(super) fn intercepted(&self) -> Vec<Intercepted<'static>> {
        let lowerings = (0_u32..).zip(&self.0);
        lowerings
            .map(|(number, lowering)| intercepted(number, &lowering.entry))
            .collect()
    }

    pub(super) fn body(
        &self,
        module: &str,
        name: &str,
        ty: &FuncType,
    ) -> Result<Option<Function>, ModuleError> {
        if (module, name) == (APPLICATION_MODULE, REALLOC_IMPORT) {
            return self.realloc(ty).map(Some);
        }
        if module != HOST_MODULE {
            return Ok(None);
        }
        let mut functions = HOST_FUNCTIONS.iter().enumerate();
        let Some((at, function)) = functions.find(|(_, function)| function.import == name) else {
            let what = format!("it imports `{module}` `{name}`, which the ABI does not have");
            return Err(ModuleError::Runtime(what));
        };
        self.host(at, function, ty).map(Some)
    }

    /// The function that allocates memory of the application. The results of a lowering
    /// without an allocator have a fixed length, so the runtime never allocates for it:
    /// `splice` borrows memory of the program instead.
    fn realloc(&self, ty: &FuncType) -> Result<Function, ModuleError> {
        let expected = FuncType::new([ValType::I32; 3], [ValType::I32]);
        check_type((APPLICATION_MODULE, REALLOC_IMPORT), ty, &expected)?;
        let choice = Choice::new(self.0.iter().map(|lowering| lowering.realloc), true);
        let mut body = Function::new([]);
        choice.encode(&mut body, 0, &|body| {
            for instruction in [
                I::I32Const(0),
                I::I32Const(0),
                I::LocalGet(1),
                I::LocalGet(2),
            ] {
                body.instruction(&instruction);
            }
        });
        body.instruction(&I::I32Const(0));
        body.instruction(&I::End);
        Ok(body)
    }

    /// Function `at` of the host. Its last parameter is the number of the lowering.
    fn host(
        &self,
        at: usize,
        function: &HostFunction,
        ty: &FuncType,
    ) -> Result<Function, ModuleError> {
        check_type((HOST_MODULE, function.import), ty, &function.import_type())?;
        let selector = function.params.len().saturating_sub(1) as u32;
        let functions = self
            .0
            .iter()
            .map(|lowering| lowering.host.get(at).copied().flatten());
        let mut body = Function::new([]);
        // The program has other functions for only some of the lowerings.
        let is_added = matches!(function.absent, Absent::Never | Absent::Unwritten);
        Choice::new(functions, is_added).encode(&mut body, selector, &|body| {
            for parameter in 0..selector {
                body.instruction(&I::LocalGet(parameter));
            }
        });
        for instruction in absent(function.absent, selector) {
            body.instruction(&instruction);
        }
        body.instruction(&I::End);
        Ok(body)
    }
}

/// Stores the answer of a function that the component does not import. The address of the
/// result is the parameter before `selector`.
fn absent(absent: Absent, selector: u32) -> Vec<Instruction<'static>> {
    let ret = I::LocalGet(selector.saturating_sub(1));
    let at = |offset| MemArg {
        offset,
        align: 0,
        memory_index: 0,
    };
    match absent {
        Absent::Nothing | Absent::Unwritten => Vec::new(),
        Absent::Never => vec![I::Unreachable],
        Absent::Zero => vec![I::I32Const(0)],
        // Bindings expect an address that is aligned and not 0, even without items.
        Absent::EmptyList => vec![ret, I::I64Const(8), I::I64Store(at(0))],
        // The tag `error` of the result at 0, and the tag `closed` of its error at 4.
        Absent::Closed => vec![
            ret.clone(),
            I::I32Const(1),
            I::I32Store8(at(0)),
            ret,
            I::I32Const(1),
            I::I32Store8(at(4)),
        ],
    }
}

fn intercepted(number: u32, entry: &Entry) -> Intercepted<'static> {
    let function = entry.function;
    Intercepted {
        import: number,
        name: function.name,
        export: function.export,
        answer: match function.name == ERROR_CODE.name {
            true => Answer::None,
            false => Answer::Runtime,
        },
        handles: function.handles,
        convention: match (function.name, entry.is_async) {
            (HAND_OVER, _) => Convention::Host,
            (TASK_RETURNED | TASK_ENDED, _) => Convention::Task,
            (_, false) => Convention::Sync,
            (_, true) => Convention::Async {
                record: function.record,
                returned_len: function.returned_len,
            },
        },
        handed: entry.handed.clone(),
        lowering: Some(number.cast_signed()),
    }
}
