//! Exports the memory that a merged runtime has to itself, so that an engine can tell
//! its length. The module is otherwise unchanged.

use crate::command::root;
use crate::packed::{Packer, Subject};
use anyhow::{Context, Result};
use std::fs;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{ExportKind, ExportSection, Module};
use wasmparser::{ExportSectionReader, Parser, Payload};

const NAME: &str = "wasi_vfs_bench:memory";

/// The runtime's memory comes after the application's.
const INDEX: u32 = 1;

/// A subject whose module exports all memories.
pub(crate) fn memory(packer: &Packer, subject: &Subject) -> Result<Subject> {
    let bytes = fs::read(root().join(&subject.module)).with_context(|| subject.module.clone())?;
    if memory_count(&bytes)? <= INDEX {
        return Ok(subject.clone());
    }
    let mut module = Module::new();
    Exporter.parse_core_module(&mut module, Parser::new(0), &bytes)?;
    let path = packer.file("exported-");
    let (_, name) = subject
        .module
        .rsplit_once('/')
        .unwrap_or(("", &subject.module));
    let path = path + name;
    fs::write(root().join(&path), module.finish())?;
    Ok(Subject::new(&subject.name, path))
}

fn memory_count(bytes: &[u8]) -> Result<u32> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::MemorySection(memories) = payload? {
            return Ok(memories.count());
        }
    }
    Ok(0)
}

struct Exporter;

impl Reencode for Exporter {
    type Error = std::convert::Infallible;

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(NAME, ExportKind::Memory, INDEX);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_memory_is_exported() {
        let module = b"\0asm\x01\0\0\0\x05\x05\x02\0\x01\0\x02\x07\x05\x01\x01m\x02\0";
        assert_eq!(memory_count(module).unwrap(), 2);
        let mut exported = Module::new();
        Exporter
            .parse_core_module(&mut exported, Parser::new(0), module)
            .unwrap();
        let exported = exported.finish();
        assert!(exported.ends_with(b"\x15wasi_vfs_bench:memory\x02\x01"));
        wasmparser::validate(&exported).unwrap();
    }
}
