//! The imports and exports of a module, by name.
//!
//! Tells what a core module of a component is for, without its code and data.

use crate::module::calls::{self, PREVIEW0, PREVIEW1};
use crate::module::error::ModuleError;
use crate::module::parse::shape::Shape;
use crate::module::parse::skeleton::{Skeleton, Without};
use std::sync::Arc;
use wasi_vfs_format::{Payload, ReadAt};

/// The names of imports and exports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// Module and name of each import, in order.
    pub(crate) imports: Vec<(String, String)>,
    pub(crate) exports: Vec<String>,
}

impl Outline {
    /// Reads the module in `source`.
    pub(crate) fn read(source: &Arc<dyn ReadAt>) -> Result<Self, ModuleError> {
        if let Some(skeleton) = Skeleton::read(source, Without::AllButImage)?
            && let Ok(shape) = Shape::of_skeleton(&skeleton)
        {
            return Ok(Self::of(&shape));
        }
        // Errors name offsets of the whole module.
        let wasm = Payload::Source(source.clone()).bytes();
        let wasm = wasm.map_err(ModuleError::Read)?;
        Ok(Self::of(&Shape::parse(&wasm)?))
    }

    fn of(shape: &Shape<'_>) -> Self {
        let imports = shape.imports.iter();
        let exports = shape.exports.iter();
        Self {
            imports: imports
                .map(|import| (import.module.to_owned(), import.name.to_owned()))
                .collect(),
            exports: exports.map(|export| export.name.to_owned()).collect(),
        }
    }

    /// Whether the module imports calls by which a program of preview 1, or of the WASI
    /// before, opens files.
    pub(crate) fn opens_files(&self) -> bool {
        let mut imports = self.imports.iter();
        imports.any(|(module, name)| {
            let is_call = calls::call_type(name).is_some();
            [PREVIEW0, PREVIEW1].contains(&module.as_str()) && is_call && name.starts_with("path_")
        })
    }

    /// The module of the first import that is none of preview 1 or of the WASI before.
    pub(crate) fn other_import(&self) -> Option<&str> {
        let mut modules = self.imports.iter().map(|(module, _)| module.as_str());
        modules.find(|module| ![PREVIEW0, PREVIEW1].contains(module))
    }

    /// Whether the module exports calls of preview 1, as the adapter from preview 1 does.
    pub(crate) fn is_adapter(&self) -> bool {
        let mut exports = self.exports.iter();
        exports.any(|name| calls::call_type(name).is_some())
    }
}
