//! Calls of a linked application that bypass its runtime.
//!
//! wasi-libc declares the calls under names that the runtime defines, so the linker binds
//! them to the runtime. Other code declares a call as an import of its own and reaches the
//! host, which knows neither the image nor our descriptors. Examples are Zig's standard
//! library, the crate `wasi`, and Rust's standard library before Rust 1.94.
//!
//! The runtime itself calls the host only through the table. So every direct call of such
//! an import bypasses the runtime.

use crate::module::calls::{PREVIEW1, call_type};
use crate::module::error::ModuleError;
use crate::module::parse::shape::Shape;
use rayon::prelude::*;
use wasmparser::{Error, FunctionBody, Operator, TypeRef};

/// Rejects a linked module in which some calls bypass the runtime.
pub(crate) fn reject(shape: &Shape<'_>) -> Result<(), ModuleError> {
    let served = served_imports(shape);
    if served.iter().all(Option::is_none) {
        return Ok(());
    }
    let bodies = shape.bodies.par_iter().with_min_len(64);
    let first = bodies
        .map(|body| named_in(body, &served))
        .find_first(|named| {
            // An error ends the search, too.
            !matches!(named, Ok(None))
        });
    match first.transpose()?.flatten() {
        Some(call) => Err(ModuleError::Bypass { call: call.into() }),
        None => Ok(()),
    }
}

/// The name of each imported function that the runtime serves, by function number.
fn served_imports<'a>(shape: &Shape<'a>) -> Vec<Option<&'a str>> {
    let functions = shape
        .imports
        .iter()
        .filter(|import| matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
    let calls = functions.map(|import| {
        let is_served = import.module == PREVIEW1 && call_type(import.name).is_some();
        is_served.then_some(import.name)
    });
    calls.collect()
}

/// The first of `served` that a body calls by its number.
fn named_in<'a>(
    body: &FunctionBody<'_>,
    served: &[Option<&'a str>],
) -> Result<Option<&'a str>, Error> {
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let (Operator::Call { function_index } | Operator::ReturnCall { function_index }) =
            operators.read()?
        else {
            continue;
        };
        if let Some(&Some(call)) = served.get(function_index as usize) {
            return Ok(Some(call));
        }
    }
    Ok(None)
}
