//! The module or component that an image is embedded into.

use super::error::PackError;
use crate::component::{InPlace, is_component};
use crate::module::{self, Embedded, MemoryKind, Parts};
use std::sync::Arc;

/// A validated file that an image can be embedded into.
pub(super) enum Target<'a> {
    Module(module::Target<'a>),
    Component(InPlace<'a>),
}

impl<'a> Target<'a> {
    /// Parses and validates `wasm`. `memory` is the kind of memory for a merged runtime.
    pub(super) fn new(
        wasm: &'a Arc<Vec<u8>>,
        memory: Option<MemoryKind>,
    ) -> Result<Self, PackError> {
        Ok(match is_component(&**wasm) {
            false => Self::Module(module::Target::new(wasm, memory)?),
            true => Self::Component(InPlace::new(wasm, memory)?),
        })
    }

    /// Embeds the image.
    pub(super) fn embed(
        self,
        parts: Parts<'_>,
        runtime: &[u8],
        version: &str,
    ) -> Result<Embedded, PackError> {
        Ok(match self {
            Self::Module(target) => target.embed(parts, runtime, version)?,
            Self::Component(target) => target.embed(parts, runtime, version)?,
        })
    }
}
