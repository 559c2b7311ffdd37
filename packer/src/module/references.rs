//! Every place in a module that names a function by its index, outside of the
//! function and name sections.
//!
//! Owns the knowledge of where such numbers lie in the bytes. Each is one
//! LEB128 number, so redirecting a function is a matter of replacing those
//! numbers, and all bytes around them stay what they were.

use super::ModuleError;
use super::rope::{Rope, leb_len};
use super::shape::{Shape, id};
use rayon::prelude::*;
use std::ops::Range;
use wasmparser::{
    BinaryReader, ConstExpr, Element, ElementItems, ElementKind, Error, FunctionBody, Global,
    Operator, OperatorsReader, Table, TableInit,
};

/// A function index in the bytes of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// Where its LEB128 number lies, from the start of the module.
    pub(super) at: usize,
    /// The number.
    pub(super) function: u32,
}

/// References in sections of items other than code, in the order of their
/// positions.
pub(super) fn in_section(shape: &Shape<'_>, id: u8) -> Result<Vec<Reference>, ModuleError> {
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
        // All three operators are one byte long, the number follows.
        let at = operators.original_position() + 1;
        match operators.read()? {
            Operator::Call {
                function_index: function,
            }
            | Operator::ReturnCall {
                function_index: function,
            }
            | Operator::RefFunc {
                function_index: function,
            } => found.push(Reference { at, function }),
            _ => {}
        }
    }
    Ok(())
}

/// References in one function body.
pub(super) fn in_body(body: &FunctionBody<'_>) -> Result<Vec<Reference>, Error> {
    let mut found = Vec::new();
    in_operators(body.get_operators_reader()?, &mut found)?;
    Ok(found)
}

/// For each body that refers to a function with a redirection: its number and
/// the replaced references. Decoding every instruction is most of the work of
/// a merge, so the bodies are shared out among threads.
pub(super) fn redirected_bodies(
    bodies: &[FunctionBody<'_>],
    redirect: &(dyn Fn(u32) -> Option<u32> + Sync),
) -> Result<Vec<(usize, Vec<Reference>)>, ModuleError> {
    let scan = |(number, body): (usize, &FunctionBody<'_>)| match in_body(body) {
        Err(error) => Some(Err(error)),
        Ok(found) => {
            let found = apply(found, redirect);
            (!found.is_empty()).then_some(Ok((number, found)))
        }
    };
    let bodies = bodies.par_iter().enumerate().with_min_len(64);
    Ok(bodies.filter_map(scan).collect::<Result<_, Error>>()?)
}

/// Those of `references` that are redirected, with their new numbers.
pub(super) fn apply(
    references: Vec<Reference>,
    redirect: &(dyn Fn(u32) -> Option<u32> + Sync),
) -> Vec<Reference> {
    let redirected = |reference: Reference| {
        let function = redirect(reference.function)?;
        Some(Reference {
            function,
            ..reference
        })
    };
    references.into_iter().filter_map(redirected).collect()
}

/// The bytes of `range`, with each of `edits` (in the order of positions)
/// written over the number that was there.
pub(super) fn splice<'a>(shape: &Shape<'a>, range: Range<usize>, edits: &[Reference]) -> Rope<'a> {
    let mut rope = Rope::default();
    let mut from = range.start;
    for edit in edits.iter().filter(|edit| range.contains(&edit.at)) {
        rope.push(shape.bytes(from..edit.at));
        rope.push_u32(edit.function);
        from = edit.at + leb_len(shape.bytes(edit.at..range.end));
    }
    rope.push(shape.bytes(from..range.end));
    rope
}
