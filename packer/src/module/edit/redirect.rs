//! What a merge puts in the place of what the application says, and unmerging
//! puts back: other functions for intercepted imports and, where the two share
//! a memory, the application's own length and growth for those of the memory.
//!
//! Owns the mapping and how the replacements are encoded. Where in the bytes
//! there is something to replace is for [`crate::module::edit::references`].

use crate::module::parse::leb::{LEB_LEN_MAX, leb};
use arrayvec::ArrayVec;
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::Operator;

/// What `memory.size` and `memory.grow` of memory 0 stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemoryOf {
    /// The global that holds the application's length in pages.
    pub(crate) pages: u32,
    /// The function that grows it.
    pub(crate) grow: u32,
}

/// The mapping, in one of its directions.
#[derive(Default)]
pub(crate) struct Redirect {
    functions: HashMap<u32, u32>,
    /// To be put in the place of the two instructions.
    into: Option<MemoryOf>,
    /// To be replaced by the two instructions.
    back: Option<MemoryOf>,
}

/// Bytes of a module, and what to write in their place. There may be millions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) bytes: EditBytes,
}

/// An opcode and a number, or a number alone.
pub(crate) type EditBytes = ArrayVec<u8, { 1 + LEB_LEN_MAX }>;

/// Opcodes of the instructions that stand for each other. Each is followed by
/// one number.
const CALL: u8 = 0x10;
const GLOBAL_GET: u8 = 0x23;
const MEMORY_SIZE: u8 = 0x3f;
const MEMORY_GROW: u8 = 0x40;

impl Redirect {
    /// The way in: `functions`, and `memory` if it is shared.
    pub(crate) fn into(functions: HashMap<u32, u32>, memory: Option<MemoryOf>) -> Self {
        Self {
            functions,
            into: memory,
            back: None,
        }
    }

    /// The way back.
    pub(crate) fn back(functions: HashMap<u32, u32>, memory: Option<MemoryOf>) -> Self {
        Self {
            functions,
            into: None,
            back: memory,
        }
    }

    /// The function to name instead of `function`.
    pub(crate) fn function(&self, function: u32) -> Option<u32> {
        self.functions.get(&function).copied()
    }

    /// The change of one instruction, which lies at `range`.
    pub(crate) fn instruction(&self, operator: &Operator<'_>, range: Range<usize>) -> Option<Edit> {
        let (opcode, number) = match *operator {
            Operator::Call { function_index } => self.call(function_index)?,
            Operator::ReturnCall { function_index } => (0x12, self.function(function_index)?),
            Operator::RefFunc { function_index } => (0xd2, self.function(function_index)?),
            Operator::MemorySize { mem: 0 } => (GLOBAL_GET, self.into?.pages),
            Operator::MemoryGrow { mem: 0 } => (CALL, self.into?.grow),
            Operator::GlobalGet { global_index } => {
                (self.back?.pages == global_index).then_some((MEMORY_SIZE, 0))?
            }
            _ => return None,
        };
        let mut bytes = EditBytes::new();
        bytes.push(opcode);
        bytes.extend(leb(number));
        Some(Edit { range, bytes })
    }

    fn call(&self, function: u32) -> Option<(u8, u32)> {
        if self.back.is_some_and(|memory| memory.grow == function) {
            return Some((MEMORY_GROW, 0));
        }
        Some((CALL, self.function(function)?))
    }
}
