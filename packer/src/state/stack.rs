//! The stack pointer of a program.
//!
//! Compilers that use LLVM keep it in a global, and most functions begin by lowering it. For
//! example: `global.get 0`, `i32.const 16`, `i32.sub`, `local.tee 1`, `global.set 0`. The
//! global that most functions begin with is the stack pointer.

use crate::module::constant;
use crate::state::error::StateError;
use crate::state::program::Program;
use std::collections::BTreeMap;
use wasmparser::{FunctionBody, Operator};

/// Rejects a state in which the stack pointer is not where it was before the start. `value`
/// returns the value of each global in the state.
pub(super) fn check(
    program: &Program<'_>,
    value: impl Fn(u32) -> Option<u64>,
) -> Result<(), StateError> {
    let Some(global) = pointer(program)? else {
        return Ok(());
    };
    let at = global.checked_sub(program.shape.imported.globals);
    let initial = at.and_then(|at| program.globals.get(at as usize));
    let initial = initial.and_then(|initial| constant(&initial.init_expr));
    match (initial, value(global)) {
        (Some(expected), Some(found)) if expected != found => Err(StateError::Stack {
            global,
            found,
            expected,
        }),
        _ => Ok(()),
    }
}

fn pointer(program: &Program<'_>) -> Result<Option<u32>, StateError> {
    let shape = &program.shape;
    let own = program.own_function_count();
    let own = own.saturating_sub(shape.imported.functions);
    let mut counts = BTreeMap::new();
    for body in shape.bodies.iter().take(own as usize) {
        if let Some(global) = lowered(body)? {
            *counts.entry(global).or_insert(0) += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    Ok(most.map(|(global, _)| global))
}

/// The global that a function lowers first.
fn lowered(body: &FunctionBody<'_>) -> Result<Option<u32>, wasmparser::Error> {
    let mut operators = body.get_operators_reader()?;
    let mut next = || match operators.eof() {
        true => Ok(Operator::Nop),
        false => operators.read(),
    };
    let Operator::GlobalGet { global_index } = next()? else {
        return Ok(None);
    };
    if !matches!(next()?, Operator::I32Const { .. }) || !matches!(next()?, Operator::I32Sub) {
        return Ok(None);
    }
    let mut operator = next()?;
    if let Operator::LocalTee { .. } = operator {
        operator = next()?;
    }
    let is_set =
        matches!(operator, Operator::GlobalSet { global_index: set } if set == global_index);
    Ok(is_set.then_some(global_index))
}
