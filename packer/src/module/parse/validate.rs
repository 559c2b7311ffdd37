//! Validation of modules, with function bodies checked in parallel.

use rayon::prelude::*;
use wasmparser::{
    Encoding, Error, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, Payload,
    ValidPayload, Validator, ValidatorResources, WasmFeatures, types::Types,
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
    check_all(wasm, features, |_, _| {})
}

/// Checks all of the component `wasm`, and returns the types of its component `number`, if
/// there is one. The root is number 0, and nested components follow in the order of the
/// file.
pub(crate) fn component_types(wasm: &[u8], number: usize) -> Result<Option<Types>, Error> {
    let mut found = None;
    check_all(wasm, WasmFeatures::all(), |component, types| {
        if component == number {
            found = Some(types);
        }
    })?;
    Ok(found)
}

/// Checks all of `wasm`, and passes on the types of each component with its number.
fn check_all(
    wasm: &[u8],
    features: WasmFeatures,
    mut note: impl FnMut(usize, Types),
) -> Result<(), Error> {
    let mut validator = Validator::new_with_features(features);
    let mut functions = Vec::new();
    let mut open = Vec::new();
    let mut component_count = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::Version { encoding, .. } = payload {
            let is_component = encoding == Encoding::Component;
            open.push(is_component.then_some(component_count));
            component_count += usize::from(is_component);
        }
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => functions.push((function, body)),
            ValidPayload::End(types) => {
                if let Some(Some(component)) = open.pop() {
                    note(component, types);
                }
            }
            _ => {}
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
