//! The replacements of a merge in the application's code, and their inverse.
//!
//! An entry replaces each intercepted import. If both share a memory, the application's own
//! length and growth replace `memory.size` and `memory.grow`. For example, `call 7` becomes
//! `call 100`, and `memory.size` becomes `global.get 3`.
//!
//! Owns the mapping and the encoding. [`crate::module::edit::references`] owns the search
//! for replaced places.

use crate::module::parse::leb::{LEB_LEN_MAX, leb_like};
use crate::module::parse::shape::Shape;
use arrayvec::ArrayVec;
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::Operator;

/// The replacements of `memory.size` and `memory.grow` of memory 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemoryOf {
    /// The global that holds the application's length in pages.
    pub(crate) pages: u32,
    /// The function that grows it.
    pub(crate) grow: u32,
}

/// The mapping, in one direction.
#[derive(Default)]
pub(crate) struct Redirect {
    functions: HashMap<u32, u32>,
    /// The replacements of the two instructions.
    into: Option<MemoryOf>,
    /// The items that the two instructions replace.
    back: Option<MemoryOf>,
}

/// A range of bytes, and its replacement. A module may have millions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) bytes: EditBytes,
}

/// An opcode and a number, or only a number.
pub(crate) type EditBytes = ArrayVec<u8, { 1 + LEB_LEN_MAX }>;

/// Opcodes of the replaced instructions and their replacements. One number follows each.
const CALL: u8 = 0x10;
const GLOBAL_GET: u8 = 0x23;
const MEMORY_SIZE: u8 = 0x3f;
const MEMORY_GROW: u8 = 0x40;

impl Redirect {
    /// The direction of a merge: `functions`, and `memory` if it is shared.
    pub(crate) fn into(functions: HashMap<u32, u32>, memory: Option<MemoryOf>) -> Self {
        Self {
            functions,
            into: memory,
            back: None,
        }
    }

    /// The direction of unmerging.
    pub(crate) fn back(functions: HashMap<u32, u32>, memory: Option<MemoryOf>) -> Self {
        Self {
            functions,
            into: None,
            back: memory,
        }
    }

    /// The replacement of `function`.
    pub(crate) fn function(&self, function: u32) -> Option<u32> {
        self.functions.get(&function).copied()
    }

    /// The edit of the instruction at `range`, if it is replaced. A padded number keeps its
    /// length.
    pub(crate) fn instruction(
        &self,
        operator: &Operator<'_>,
        range: Range<usize>,
        shape: &Shape<'_>,
    ) -> Option<Edit> {
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
        let old = shape.bytes(range.start + 1..range.end);
        bytes.extend(leb_like(old, number));
        Some(Edit { range, bytes })
    }

    fn call(&self, function: u32) -> Option<(u8, u32)> {
        if self.back.is_some_and(|memory| memory.grow == function) {
            return Some((MEMORY_GROW, 0));
        }
        Some((CALL, self.function(function)?))
    }
}
