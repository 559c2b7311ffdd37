//! The body of a function under construction.
//!
//! For example, `code.when([I::I32Const(7), I::Return])` encodes an `if` that returns 7.

use wasm_encoder::{BlockType, Function, Instruction, ValType};

use Instruction as I;

/// Instructions so far.
pub(crate) struct Code(Function);

impl Code {
    /// Starts a body with these locals behind the parameters, each type with its count.
    pub(crate) fn new(locals: &[(u32, ValType)]) -> Self {
        Self(Function::new(locals.iter().copied()))
    }

    pub(crate) fn all(&mut self, instructions: impl IntoIterator<Item = I<'static>>) {
        for instruction in instructions {
            self.0.instruction(&instruction);
        }
    }

    /// Runs `instructions` if the number on the stack is not 0.
    pub(crate) fn when(&mut self, instructions: impl IntoIterator<Item = I<'static>>) {
        self.when_all(|code| code.all(instructions));
    }

    pub(crate) fn when_all(&mut self, then: impl FnOnce(&mut Self)) {
        self.all([I::If(BlockType::Empty)]);
        then(self);
        self.all([I::End]);
    }

    /// Repeats `body` for as long as `condition` leaves a number that is not 0.
    pub(crate) fn repeat_while(
        &mut self,
        condition: impl IntoIterator<Item = I<'static>>,
        body: impl FnOnce(&mut Self),
    ) {
        self.all([I::Loop(BlockType::Empty)]);
        self.all(condition);
        self.when_all(|code| {
            body(code);
            // The loop around this `if`.
            code.all([I::Br(1)]);
        });
        self.all([I::End]);
    }

    /// Ends the body. Its results are on the stack.
    pub(crate) fn finish(mut self) -> Function {
        self.all([I::End]);
        self.0
    }
}
