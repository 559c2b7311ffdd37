//! Where a module refers to functions by number, and which instructions are replaced.
//!
//! A function number is one LEB128 number, and each replaced instruction has one number.
//! So redirecting replaces these bytes and copies all others. For example, the bytes
//! `10 07` (`call 7`) become `10 64` (`call 100`). A padded number keeps its length, so
//! that the instructions behind it keep their offsets.

use crate::module::edit::redirect::{Edit, Redirect};
use crate::module::error::ModuleError;
use crate::module::parse::leb::{LEB_LEN_MAX, keeps_len, leb_len, leb_like};
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use wasmparser::{
    BinaryReader, ConstExpr, Element, ElementItems, ElementKind, Error, FunctionBody, Global,
    Operator, OperatorsReader, Table, TableInit,
};

/// A function number in the bytes of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Offset of the number in the module.
    pub(crate) at: usize,
    /// The number.
    pub(crate) function: u32,
}

/// References in a section other than code, by offset.
pub(crate) fn in_section(shape: &Shape<'_>, id: u8) -> Result<Vec<Reference>, ModuleError> {
    let mut found = Vec::new();
    match id {
        id::TABLE => {
            for table in shape.items::<Table<'_>>(id)?.into_iter().flatten() {
                if let TableInit::Expr(init) = table?.init {
                    in_expression(&init, &mut found)?;
                }
            }
        }
        id::GLOBAL => {
            for global in shape.items::<Global<'_>>(id)?.into_iter().flatten() {
                in_expression(&global?.init_expr, &mut found)?;
            }
        }
        id::ELEMENT => {
            for element in shape.items::<Element<'_>>(id)?.into_iter().flatten() {
                in_element(element?, &mut found)?;
            }
        }
        id::EXPORT => in_exports(shape, &mut found)?,
        _ => {}
    }
    Ok(found)
}

fn in_element(element: Element<'_>, found: &mut Vec<Reference>) -> Result<(), Error> {
    if let ElementKind::Active { offset_expr, .. } = &element.kind {
        in_expression(offset_expr, found)?;
    }
    match element.items {
        ElementItems::Functions(functions) => {
            for item in functions.into_iter_with_offsets() {
                let (at, function) = item?;
                found.push(Reference { at, function });
            }
        }
        ElementItems::Expressions(_, expressions) => {
            for expression in expressions {
                in_expression(&expression?, found)?;
            }
        }
    }
    Ok(())
}

fn in_exports(shape: &Shape<'_>, found: &mut Vec<Reference>) -> Result<(), ModuleError> {
    let Some(section) = shape.section(id::EXPORT) else {
        return Ok(());
    };
    let bytes = shape.bytes(section.range.clone());
    let mut reader = BinaryReader::new(bytes, section.range.start);
    for _ in 0..reader.read_var_u32()? {
        reader.skip_string()?;
        // Kinds 0x00 and 0x20 are functions, the latter of an exact type.
        let is_function = matches!(reader.read_u8()?, 0x00 | 0x20);
        let at = reader.original_position();
        let function = reader.read_var_u32()?;
        if is_function {
            found.push(Reference { at, function });
        }
    }
    Ok(())
}

fn in_expression(expression: &ConstExpr<'_>, found: &mut Vec<Reference>) -> Result<(), Error> {
    in_operators(expression.get_operators_reader(), found)
}

fn in_operators(
    mut operators: OperatorsReader<'_>,
    found: &mut Vec<Reference>,
) -> Result<(), Error> {
    while !operators.eof() {
        // The number follows the opcode, which has one byte in all three cases.
        let at = operators.original_position() + 1;
        let function = named_by(&operators.read()?);
        found.extend(function.map(|function| Reference { at, function }));
    }
    Ok(())
}

/// The function number in an instruction.
pub(crate) fn named_by(operator: &Operator<'_>) -> Option<u32> {
    match *operator {
        Operator::Call { function_index }
        | Operator::ReturnCall { function_index }
        | Operator::RefFunc { function_index } => Some(function_index),
        _ => None,
    }
}

/// The edits of all function bodies.
#[derive(Default)]
pub(crate) struct CodeEdits {
    pub(crate) redirect: Redirect,
    /// The number and the edits of each body that has edits.
    pub(crate) bodies: Vec<(usize, Vec<Edit>)>,
}

impl CodeEdits {
    /// Finds the instructions that `redirect` replaces. Decoding all instructions is most of
    /// the work of a merge, so threads share the bodies.
    pub(crate) fn new(shape: &Shape<'_>, redirect: Redirect) -> Result<Self, ModuleError> {
        let scan =
            |(number, body): (usize, &FunctionBody<'_>)| match edits_in(shape, body, &redirect) {
                Err(error) => Some(Err(error)),
                Ok(edits) => (!edits.is_empty()).then_some(Ok((number, edits))),
            };
        let bodies = shape.bodies.par_iter().enumerate().with_min_len(64);
        let bodies = bodies.filter_map(scan).collect::<Result<_, Error>>()?;
        Ok(Self { redirect, bodies })
    }

    /// Whether each instruction keeps its offset in the code section if `added` functions
    /// follow the functions of `shape`. The number of functions is at the start of the
    /// section, so 127 functions and one more move all code by a byte. A number without room
    /// for its padding counts as moved: packing again starts from a shorter one.
    pub(crate) fn keep_offsets(&self, shape: &Shape<'_>, added: u32) -> bool {
        let Some(section) = shape.section(id::CODE) else {
            return true;
        };
        let content = shape.bytes(section.range.clone());
        let (count, _) = content.split_at(leb_len(content));
        let functions = (shape.bodies.len() as u32).saturating_add(added);
        let mut edits = self.bodies.iter().flat_map(|(_, edits)| edits);
        keeps_len(count, &leb_like(count, functions))
            && edits.all(|edit| {
                // An opcode of one byte precedes both numbers.
                let old = shape.bytes(edit.range.clone()).get(1..);
                let new = edit.bytes.get(1..);
                old.zip(new).is_some_and(|(old, new)| keeps_len(old, new))
            })
    }
}

fn edits_in(
    shape: &Shape<'_>,
    body: &FunctionBody<'_>,
    redirect: &Redirect,
) -> Result<Vec<Edit>, Error> {
    let mut edits = Vec::new();
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let start = operators.original_position();
        let operator = operators.read()?;
        let range = start..operators.original_position();
        edits.extend(redirect.instruction(&operator, range, shape));
    }
    Ok(edits)
}

/// The edits of the redirected `references`.
pub(crate) fn edits(shape: &Shape<'_>, references: &[Reference], redirect: &Redirect) -> Vec<Edit> {
    let edit = |reference: &Reference| {
        let function = redirect.function(reference.function)?;
        let at = reference.at;
        let number = shape.bytes(at..shape.wasm.len().min(at + LEB_LEN_MAX));
        Some(Edit {
            range: at..at + leb_len(number),
            bytes: leb_like(number, function).into_iter().collect(),
        })
    };
    references.iter().filter_map(edit).collect()
}

/// The bytes of `range` with the `edits` applied. Edits are in the order of offsets.
pub(crate) fn splice<'a>(shape: &Shape<'a>, range: Range<usize>, edits: &[Edit]) -> Cow<'a, [u8]> {
    let inside = |edit: &&Edit| range.contains(&edit.range.start);
    let mut edits = edits.iter().filter(inside).peekable();
    if edits.peek().is_none() {
        return shape.bytes(range.clone()).into();
    }
    // In one piece, because each piece of a rope takes many times the bytes of an edit.
    let mut spliced = Vec::with_capacity(range.len());
    let mut from = range.start;
    for edit in edits {
        spliced.extend(shape.bytes(from..edit.range.start));
        spliced.extend(&edit.bytes);
        from = edit.range.end;
    }
    spliced.extend(shape.bytes(from..range.end));
    spliced.into()
}
