//! The module or component that an image is embedded into.

use super::error::PackError;
use crate::component::{ComponentError, InPlace, Wiring, is_component};
use crate::module::{self, Embedded, MemoryKind, Parts};
use std::sync::Arc;

/// A validated file that an image can be embedded into.
pub(crate) enum Target<'a> {
    Module(module::Target<'a>),
    InPlace(InPlace<'a>),
    Wiring(Wiring<'a>),
}

impl<'a> Target<'a> {
    /// Parses and validates `wasm`. `memory` is the kind of memory for a merged
    /// runtime, and `allow_escape` the choice of [`Packer::allow_escape`](super::Packer::allow_escape).
    pub(crate) fn new(
        wasm: &'a Arc<Vec<u8>>,
        memory: Option<MemoryKind>,
        allow_escape: bool,
    ) -> Result<Self, PackError> {
        if !is_component(&**wasm) {
            return Ok(Self::Module(module::Target::new(wasm, memory)?));
        }
        Ok(match InPlace::new(wasm, memory) {
            Err(ComponentError::Native { .. } | ComponentError::NoFileImports) => {
                Self::Wiring(Wiring::new(wasm, memory, allow_escape)?)
            }
            target => Self::InPlace(target?),
        })
    }

    /// Checks that the runtime can have a layer for changes.
    pub(crate) fn keeping_changes(self) -> Result<Self, PackError> {
        Ok(match self {
            Self::Module(_) | Self::InPlace(_) => self,
            Self::Wiring(target) => Self::Wiring(target.keeping_changes(true)?),
        })
    }

    /// Embeds the image with the `runtime` for preview 1 or the `wired` one for WASI 0.2
    /// and 0.3.
    pub(crate) fn embed(
        self,
        parts: Parts<'_>,
        runtime: &[u8],
        wired: &[u8],
        version: &str,
    ) -> Result<Embedded, PackError> {
        Ok(match self {
            Self::Module(target) => target.embed(parts, runtime, version)?,
            Self::InPlace(target) => target.embed(parts, runtime, version)?,
            Self::Wiring(target) => target.embed(parts, wired, version)?,
        })
    }
}
