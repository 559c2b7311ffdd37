//! Calls that an application makes past the runtime that it was linked with.
//!
//! wasi-libc declares the calls by names that the runtime defines, so the linker
//! binds them to the runtime. Code that declares a call as an import of its own
//! gets the host, which knows neither the image nor our descriptors: Zig's standard
//! library, the crate `wasi`, and Rust's standard library before Rust 1.94, which
//! stands on that crate. Later ones call wasi-libc. The runtime itself calls the host
//! by way of the table, so every call that names such an import bypasses it.

use crate::module::calls::{PREVIEW1, call_type};
use crate::module::error::ModuleError;
use crate::module::parse::shape::Shape;
use rayon::prelude::*;
use wasmparser::{Error, FunctionBody, Operator, TypeRef};

/// Refuses a linked module that would see the image with some calls only.
pub(crate) fn refuse(shape: &Shape<'_>) -> Result<(), ModuleError> {
    let served = served_imports(shape);
    if served.iter().all(Option::is_none) {
        return Ok(());
    }
    let bodies = shape.bodies.par_iter().with_min_len(64);
    let first = bodies
        .map(|body| named_in(body, &served))
        .find_first(|named| {
            // An error ends it, too.
            !matches!(named, Ok(None))
        });
    match first.transpose()?.flatten() {
        Some(call) => Err(ModuleError::Bypass { call: call.into() }),
        None => Ok(()),
    }
}

/// The call that each imported function is, if the runtime serves it.
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
