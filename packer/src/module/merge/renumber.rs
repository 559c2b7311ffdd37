//! Encodes items of the runtime with their numbers in the merged module.
//!
//! For example, `call 5` of the runtime becomes `call 131`, and `global.get 0` becomes
//! `global.get 8`. Owns the mapping of each kind of number, and rejects items that a runtime
//! must not have. The numbers themselves are [`Numbers`]'.

use crate::module::error::ModuleError;
use crate::module::merge::numbers::Numbers;
use crate::module::merge::relocate;
use crate::module::merge::relocate::{Body, Step, relocated};
use crate::module::merge::runtime::Runtime;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{Function, Instruction};
use wasmparser::{ContType, FuncType, FunctionBody, ModuleArity, Operator, RefType, SubType};

/// The mapping, as `wasm-encoder` wants it.
pub(crate) struct Renumber<'r> {
    numbers: &'r mut Numbers,
    runtime: &'r Runtime<'r>,
    /// Whether the current instruction names a memory.
    names_memory: bool,
}

impl<'r> Renumber<'r> {
    pub(crate) fn new(numbers: &'r mut Numbers, runtime: &'r Runtime<'r>) -> Self {
        Self {
            numbers,
            runtime,
            names_memory: false,
        }
    }

    /// Encodes the body of a function of type `ty`.
    pub(crate) fn body(
        &mut self,
        body: &FunctionBody<'_>,
        ty: &FuncType,
    ) -> Result<Function, ModuleError> {
        let mut locals = Vec::new();
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            locals.push((count, self.val_type(ty)?));
        }
        let mut operators = body.get_operators_reader()?;
        let Some(region) = self.numbers.region else {
            let mut function = Function::new(locals);
            while !operators.eof() {
                function.instruction(&self.renumbered(operators.read()?)?);
            }
            return Ok(function);
        };
        let mut steps = Vec::new();
        while !operators.eof() {
            steps.push(self.step(operators.read()?)?);
        }
        let body = Body {
            parameter_count: ty.params().len() as u32,
            locals,
            steps,
        };
        Ok(relocated(&region, body))
    }

    fn step<'a>(&mut self, operator: Operator<'a>) -> Result<Step<'a>, ModuleError> {
        let (arity, may_move) = self.effects(&operator);
        self.names_memory = false;
        let instruction = self.renumbered(operator)?;
        if self.names_memory {
            check_known(&instruction)?;
        }
        Ok(Step {
            instruction,
            arity,
            may_move,
        })
    }

    fn renumbered<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, ModuleError> {
        Ok(match operator {
            // `dispatch` replaces the table of the runtime.
            Operator::CallIndirect {
                type_index,
                table_index: 0,
            } => Instruction::Call(self.numbers.dispatcher(type_index)?),
            operator => self.instruction(operator)?,
        })
    }

    /// The arity of an instruction that always continues with the next, and whether it may
    /// call the host.
    fn effects(&self, operator: &Operator<'_>) -> (Option<(u32, u32)>, bool) {
        match operator {
            Operator::Call { function_index } => {
                let ty = self.runtime.shape.function_type(*function_index);
                let arity = ty.map(|ty| (ty.params().len() as u32, ty.results().len() as u32));
                (arity, self.numbers.may_move(*function_index))
            }
            Operator::CallIndirect { .. } => (None, true),
            Operator::Unreachable => (None, false),
            other => (other.operator_arity(&Nothing), false),
        }
    }
}

/// Rejects an instruction on memory that cannot be relocated.
fn check_known(instruction: &Instruction<'_>) -> Result<(), ModuleError> {
    if relocate::is_known(instruction) {
        return Ok(());
    }
    let text = format!("{instruction:?}");
    let name = text.split(['(', ' ']).next().unwrap_or_default();
    let what = format!("its instruction `{name}` cannot work on a region of a memory");
    Err(ModuleError::Runtime(what))
}

fn shifted(first: u32, number: u32) -> Result<u32, Error<ModuleError>> {
    first
        .checked_add(number)
        .ok_or_else(|| unusable("a number that is too large"))
}

fn unusable(what: &str) -> Error<ModuleError> {
    Error::UserError(ModuleError::Runtime(format!("it has {what}")))
}

impl Reencode for Renumber<'_> {
    type Error = ModuleError;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<ModuleError>> {
        self.numbers.function(function).map_err(Error::UserError)
    }

    fn type_index(&mut self, ty: u32) -> Result<u32, Error<ModuleError>> {
        let ty = self.runtime.shape.types.get(ty as usize).cloned().flatten();
        let ty = ty.ok_or_else(|| unusable("a type that is not a function's"))?;
        Ok(self.numbers.intern(ty))
    }

    fn table_index(&mut self, _: u32) -> Result<u32, Error<ModuleError>> {
        Err(unusable(
            "an instruction that names a table, other than a call",
        ))
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<ModuleError>> {
        self.names_memory = true;
        shifted(self.numbers.memory(), memory)
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error<ModuleError>> {
        shifted(self.numbers.first_global(), global)
    }

    fn element_index(&mut self, _: u32) -> Result<u32, Error<ModuleError>> {
        Err(unusable("an instruction that names an element segment"))
    }

    fn data_index(&mut self, _: u32) -> Result<u32, Error<ModuleError>> {
        // Emptied segments are dropped, so the numbers change.
        Err(unusable("an instruction that names a data segment"))
    }

    fn tag_index(&mut self, _: u32) -> Result<u32, Error<ModuleError>> {
        Err(unusable("an exception"))
    }
}

/// A context without information. Instructions whose arity depends on types or on their
/// context have none.
struct Nothing;

impl ModuleArity for Nothing {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }

    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }

    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        0
    }

    fn label_block(&self, _: u32) -> Option<(wasmparser::BlockType, wasmparser::FrameKind)> {
        None
    }
}
