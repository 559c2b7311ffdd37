//! Validation of modules, with function bodies checked in parallel.

use rayon::prelude::*;
use wasmparser::{
    Error, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

type Function<'a> = (FuncToValidate<ValidatorResources>, FunctionBody<'a>);

/// Bodies of one task. It reuses its buffers.
const BATCH: usize = 64;

/// Checks all of `wasm` and allows all proposals. Engines differ in those that they
/// support.
pub(crate) fn validate(wasm: &[u8]) -> Result<(), Error> {
    validate_with(wasm, true)
}

/// Checks all of `wasm`. It may use multi-memory only if `may_have_two`.
pub(crate) fn validate_with(wasm: &[u8], may_have_two: bool) -> Result<(), Error> {
    let mut features = WasmFeatures::all();
    features.set(WasmFeatures::MULTI_MEMORY, may_have_two);
    validate_features(wasm, features)
}

/// Checks all of `wasm`. It may use only these `features`.
pub(crate) fn validate_features(wasm: &[u8], features: WasmFeatures) -> Result<(), Error> {
    let mut validator = Validator::new_with_features(features);
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            functions.push((function, body));
        }
    }
    let batches = batches(functions);
    let errors = batches
        .into_par_iter()
        .filter_map(|batch| check(batch).err());
    // The first by offset, so that the message does not depend on timing.
    match errors.min_by_key(Error::offset) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn batches(functions: Vec<Function<'_>>) -> Vec<Vec<Function<'_>>> {
    let mut batches = Vec::with_capacity(functions.len() / BATCH + 1);
    let mut functions = functions.into_iter().peekable();
    while functions.peek().is_some() {
        batches.push(functions.by_ref().take(BATCH).collect());
    }
    batches
}

fn check(batch: Vec<Function<'_>>) -> Result<(), Error> {
    let mut buffers = FuncValidatorAllocations::default();
    for (function, body) in batch {
        let mut validator = function.into_validator(buffers);
        validator.validate(&body)?;
        buffers = validator.into_allocations();
    }
    Ok(())
}
