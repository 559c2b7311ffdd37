//! The runtime as a module of its own, before it is merged.
//!
//! Owns what is asked of it and which of its functions an application needs.

use super::ModuleError;
use super::references;
use super::shape::{Shape, id};

/// A runtime that follows the ABI.
pub(super) struct Runtime<'a> {
    pub(super) shape: Shape<'a>,
}

impl<'a> Runtime<'a> {
    /// Takes the runtime `wasm` apart and checks what merging relies on.
    pub(super) fn parse(wasm: &'a [u8]) -> Result<Self, ModuleError> {
        let shape = Shape::parse(wasm).map_err(|error| ModuleError::Runtime(error.to_string()))?;
        let ours = shape.imported;
        let refuse = |what: &str| Err(ModuleError::Runtime(what.into()));
        if shape.counts.memories != 1 || ours.memories != 0 {
            return refuse("expected exactly one memory of its own");
        }
        if ours.tables != 0 || ours.globals != 0 || shape.counts.tags != 0 {
            return refuse("it imports a table or a global, or has a tag");
        }
        Ok(Self { shape })
    }

    /// The function exported as `name`.
    pub(super) fn call(&self, name: &str) -> Result<u32, ModuleError> {
        self.shape
            .exported_function(name)
            .ok_or_else(|| ModuleError::Runtime(format!("it does not export `{name}`")))
    }

    /// Which functions, imported ones included, `roots` need. What tables and
    /// globals hold counts as needed, since any of it may be called.
    pub(super) fn reachable(&self, roots: &[u32]) -> Result<Vec<bool>, ModuleError> {
        let mut pending = roots.to_vec();
        for section in [id::TABLE, id::GLOBAL, id::ELEMENT] {
            let references = references::in_section(&self.shape, section)?;
            pending.extend(references.iter().map(|reference| reference.function));
        }
        let mut reachable = vec![false; self.shape.functions.len()];
        while let Some(function) = pending.pop() {
            let at = usize::try_from(function).unwrap_or(usize::MAX);
            let Some(seen) = reachable.get_mut(at) else {
                let what = format!("it refers to function {function}, which it does not have");
                return Err(ModuleError::Runtime(what));
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            if let Some(body) = self.body(function) {
                let called = references::in_body(body)?;
                pending.extend(called.iter().map(|reference| reference.function));
            }
        }
        Ok(reachable)
    }

    /// The body of a function that is not imported.
    pub(super) fn body(&self, function: u32) -> Option<&wasmparser::FunctionBody<'a>> {
        let defined = function.checked_sub(self.shape.imported.functions)?;
        self.shape.bodies.get(usize::try_from(defined).ok()?)
    }
}
