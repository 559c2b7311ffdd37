//! Packs the program in a component.
//!
//! The core module with the program is packed as a module is, and put back into its
//! section. For example, a component has a program of 60 KB and the adapter. `pack` makes
//! a module of 200 KB of the program. The component is then 140 KB longer, and its types,
//! imports and exports are the same bytes as before.

use crate::component::error::ComponentError;
use crate::component::opened::opened_place;
use crate::component::parse::layout::Layout;
use crate::component::parse::walk;
use crate::component::place::in_module;
use crate::component::program::Overview;
use crate::component::replace::{replace, replaced_len, replaced_nested_len};
use crate::module::{self, Embedded, MemoryKind, Parts, Target};
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// A validated component, and the core module to pack.
pub(crate) struct InPlace<'a> {
    wasm: &'a [u8],
    layout: Layout,
    number: usize,
    target: Target<'a>,
}

impl<'a> InPlace<'a> {
    /// Parses and validates the component. `memory` is the kind of memory for the runtime,
    /// as for a module.
    pub(crate) fn new(
        wasm: &'a Arc<Vec<u8>>,
        memory: Option<MemoryKind>,
    ) -> Result<Self, ComponentError> {
        let source: Arc<dyn ReadAt> = wasm.clone();
        module::validate(wasm)?;
        let overview = Overview::read(&source, walk::layout(&**wasm)?)?;
        let number = overview.program()?;
        let layout = overview.layout;
        let place = layout.place(number);
        let program = wasm.get(place.start as usize..place.end as usize);
        let target = Target::new(program.unwrap_or_default(), memory);
        Ok(Self {
            wasm,
            target: target.map_err(in_module(&layout, number))?,
            layout,
            number,
        })
    }

    /// Embeds the image in the program, as [`Target::embed`] does, and puts the program
    /// back into the component.
    pub(crate) fn embed(
        self,
        parts: Parts<'_>,
        runtime_merged: &[u8],
        runtime_version: &str,
    ) -> Result<Embedded, ComponentError> {
        let embedded = self.target.embed(parts, runtime_merged, runtime_version);
        let mut embedded = embedded.map_err(in_module(&self.layout, self.number))?;
        let module = std::mem::take(&mut embedded.module);
        embedded.module = replace(self.wasm, &self.layout, self.number, module)?;
        Ok(embedded)
    }
}

/// The component in `source` with `module` as its core module `number`.
pub(crate) fn with_module(
    source: &Arc<dyn ReadAt>,
    number: usize,
    module: Vec<u8>,
) -> Result<Vec<u8>, ComponentError> {
    replace(&**source, &walk::layout(&**source)?, number, module)
}

/// Length in bytes of the component in `source` with a core module `number` of `len` bytes,
/// without the outer component that may seal it.
pub(crate) fn len_with_module(
    source: &Arc<dyn ReadAt>,
    number: usize,
    len: u64,
) -> Result<u64, ComponentError> {
    let layout = walk::layout(&**source)?;
    match opened_place(&**source) {
        None => replaced_len(&**source, &layout, number, len),
        Some(_) => replaced_nested_len(&**source, &layout, number, len),
    }
}
