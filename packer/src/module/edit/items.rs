//! The encoded items of a section.

use crate::module::edit::rope::Rope;
use crate::module::error::ModuleError;
use wasm_encoder::Encode;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{BinaryReader, Export, MemoryType};

/// Encoded items of one section.
#[derive(Default)]
pub(crate) struct Items<'a> {
    pub(crate) count: u32,
    pub(crate) bytes: Rope<'a>,
}

/// Items of the memory section.
pub(crate) fn memory_items(memories: &[MemoryType]) -> Result<Items<'static>, ModuleError> {
    let mut section = wasm_encoder::MemorySection::new();
    for memory in memories {
        section.memory(wasm_encoder::MemoryType {
            minimum: memory.initial,
            maximum: memory.maximum,
            memory64: memory.memory64,
            shared: memory.shared,
            page_size_log2: memory.page_size_log2,
        });
    }
    items_of(&section)
}

/// Items of the export section.
pub(crate) fn export_items(exports: &[Export<'_>]) -> Result<Items<'static>, ModuleError> {
    let mut section = wasm_encoder::ExportSection::new();
    for export in exports {
        let added = RoundtripReencoder.parse_export(&mut section, *export);
        added.map_err(|error| ModuleError::bake("reading its exports", error))?;
    }
    items_of(&section)
}

/// The items of an encoded section, without its length and count.
pub(crate) fn items_of(section: &impl Encode) -> Result<Items<'static>, ModuleError> {
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    let mut reader = BinaryReader::new(&bytes, 0);
    reader.read_var_u32()?;
    let count = reader.read_var_u32()?;
    let items = bytes.split_off(reader.current_position());
    let bytes = items.into();
    Ok(Items { count, bytes })
}
