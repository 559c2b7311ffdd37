//! The module or component to pack, and the outer component that seals the packed one.
//!
//! Only `--no-host-files` seals. A component is opened first if it is sealed already, and
//! loses the custom sections that packing invalidates.

use super::error::PackError;
use crate::Warning;
use crate::component::{Seal, is_component, opened_bytes, without_invalid};
use crate::module::of_dropped;
use std::sync::Arc;

/// The module or component to pack, and what closes around it.
pub(super) struct Outer {
    inner: Arc<Vec<u8>>,
    seal: Option<Seal>,
    warnings: Vec<Warning>,
}

impl Outer {
    /// Opens `wasm` if it is sealed. A sealed component is sealed again with the custom
    /// sections of its outer component, and with `no_host_files` any component is sealed.
    pub(super) fn open(wasm: &Arc<Vec<u8>>, no_host_files: bool) -> Result<Self, PackError> {
        if no_host_files && !is_component(&**wasm) {
            return Err(PackError::NotComponent);
        }
        let (wasm, dropped) = without_invalid(wasm.clone());
        let (inner, is_sealed) = opened_bytes(&wasm);
        let (inner, dropped_inside) = without_invalid(inner.into_owned());
        let mut seal = match is_sealed || no_host_files {
            true => Seal::new(&inner)?,
            false => None,
        };
        if is_sealed && let Some(opened) = seal.take() {
            seal = Some(opened.with_custom_sections_of(&wasm)?);
        }
        Ok(Self {
            inner,
            seal,
            warnings: of_dropped([dropped, dropped_inside].concat()),
        })
    }

    /// The module or component to pack.
    pub(super) fn inner(&self) -> &Arc<Vec<u8>> {
        &self.inner
    }

    /// The warnings about dropped custom sections.
    pub(super) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Seals the packed component.
    pub(super) fn close(&self, packed: Vec<u8>) -> Result<Vec<u8>, PackError> {
        match &self.seal {
            None => Ok(packed),
            Some(seal) => Ok(seal.close(packed)?),
        }
    }
}
