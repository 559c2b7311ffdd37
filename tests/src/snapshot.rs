//! A snapshot of a module after one of its functions has run, as Wizer makes it. The
//! whole memory becomes a segment.

use crate::interpreter;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{ConstExpr, DataSection, MemoryType};

/// Calls the export `function` of a module without imported memories or globals, and
/// takes a snapshot.
///
/// # Panics
///
/// If the function traps, or leaves more in globals than it found.
pub fn snapshot(wasm: &[u8], function: &str) -> Vec<u8> {
    let mut snapshot = Snapshot(interpreter::memory_after(wasm, function));
    let mut module = wasm_encoder::Module::new();
    snapshot
        .parse_core_module(&mut module, wasmparser::Parser::new(0), wasm)
        .expect("a valid module");
    module.finish()
}

struct Snapshot(Vec<u8>);

impl Reencode for Snapshot {
    type Error = std::convert::Infallible;

    fn memory_type(
        &mut self,
        memory: wasmparser::MemoryType,
    ) -> Result<MemoryType, Error<Self::Error>> {
        Ok(MemoryType {
            minimum: self.0.len() as u64 / 65_536,
            ..utils::memory_type(self, memory)
        })
    }

    fn data_count(&mut self, count: u32) -> Result<u32, Error<Self::Error>> {
        Ok(count + 1)
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: wasmparser::DataSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_data_section(self, data, section)?;
        let all = self.0.iter().copied();
        data.active(0, &ConstExpr::i32_const(0), all);
        Ok(())
    }
}
