//! The outer component that seals a packed one, if the caller wants no host files.

use super::error::PackError;
use crate::component::{Seal, is_component, opened_bytes};
use std::borrow::Cow;
use std::sync::Arc;

/// The module or component to pack, and what closes around it.
pub(super) struct Outer<'a> {
    inner: Cow<'a, Arc<Vec<u8>>>,
    seal: Option<Seal>,
}

impl<'a> Outer<'a> {
    /// Opens `wasm` if it is sealed. A sealed component is sealed again with the custom
    /// sections of its outer component, and with `no_host_files` any component is sealed.
    pub(super) fn open(wasm: &'a Arc<Vec<u8>>, no_host_files: bool) -> Result<Self, PackError> {
        let (inner, is_sealed) = opened_bytes(wasm);
        if no_host_files && !is_component(&**wasm) {
            return Err(PackError::NotComponent);
        }
        let mut seal = match is_sealed || no_host_files {
            true => Seal::new(&inner)?,
            false => None,
        };
        if is_sealed && let Some(opened) = seal.take() {
            seal = Some(opened.with_custom_sections_of(wasm)?);
        }
        Ok(Self { inner, seal })
    }

    /// The module or component to pack.
    pub(super) fn inner(&self) -> &Arc<Vec<u8>> {
        &self.inner
    }

    /// Seals the packed component.
    pub(super) fn close(&self, packed: Vec<u8>) -> Result<Vec<u8>, PackError> {
        match &self.seal {
            None => Ok(packed),
            Some(seal) => Ok(seal.close(packed)?),
        }
    }
}
