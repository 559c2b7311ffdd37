//! Packed modules that other tools have rewritten.

use super::merged::program;
use super::{INDEX, KINDS, PARTS, PAYLOAD, VERSION, embed, found, pack, pack_with, runtime, wasm};
use crate::module::parse::shape::active_offset;
use crate::module::{MemoryKind, ModuleError, find, without_image};
use std::convert::Infallible;
use wasi_vfs_embedding::ANCHOR_MAGIC;
use wasi_vfs_format::metadata;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{ConstExpr, DataSection, GlobalSection, GlobalType, MemorySection};
use wasmparser::{DataSectionReader, Global, GlobalSectionReader, MemorySectionReader};

fn rewrite(tool: &mut impl Reencode<Error = Infallible>, wasm: &[u8]) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    let parser = wasmparser::Parser::new(0);
    tool.parse_core_module(&mut module, parser, wasm)
        .expect("encodes");
    module.finish()
}

/// A snapshot by Wizer of a program that has grown by `pages`, so its region has moved from
/// `start`.
struct Snapshot {
    start: u64,
    pages: u64,
    segments: u32,
}

impl Snapshot {
    fn of(wasm: &[u8], start: u64, pages: u64) -> Vec<u8> {
        let segments = 0;
        let mut tool = Self {
            start,
            pages,
            segments,
        };
        for payload in wasmparser::Parser::new(0).parse_all(wasm) {
            if let wasmparser::Payload::DataSection(data) = payload.expect("valid") {
                let data = data.into_iter().map(|data| data.expect("valid"));
                tool.segments = data
                    .map(|data| 1 + u32::from(active_offset(&data).is_some()))
                    .sum();
            }
        }
        rewrite(&mut tool, wasm)
    }

    fn moved(&self, offset: u64) -> i32 {
        let moved = match offset >= self.start {
            true => offset + (self.pages << 16),
            false => offset,
        };
        i32::try_from(moved).expect("a small memory")
    }
}

impl Reencode for Snapshot {
    type Error = Infallible;

    fn data_count(&mut self, _: u32) -> Result<u32, Error> {
        Ok(self.segments)
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<(), Error> {
        for memory in section {
            let mut memory = self.memory_type(memory?)?;
            memory.minimum += self.pages;
            memories.memory(memory);
        }
        Ok(())
    }

    fn parse_global(
        &mut self,
        globals: &mut GlobalSection,
        global: Global<'_>,
    ) -> Result<(), Error> {
        let ty = self.global_type(global.ty)?;
        let start = crate::module::parse::shape::constant(&global.init_expr);
        let expression = match start == Some(self.start) {
            true => ConstExpr::i32_const(self.moved(self.start)),
            false => self.const_expr(global.init_expr)?,
        };
        globals.global(ty, &expression);
        Ok(())
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: DataSectionReader<'_>,
    ) -> Result<(), Error> {
        let segments = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for segment in &segments {
            let is_active = active_offset(segment).is_some();
            data.passive(
                if is_active { &[][..] } else { segment.data }
                    .iter()
                    .copied(),
            );
        }
        for segment in &segments {
            if let Some((memory, offset)) = active_offset(segment) {
                let offset = ConstExpr::i32_const(self.moved(offset));
                data.active(memory, &offset, segment.data.iter().copied());
            }
        }
        Ok(())
    }
}

fn with_data() -> Vec<u8> {
    wasm(&program(r#"(data (i32.const 700) "the program's")"#))
}

#[test]
fn snapshots_of_packed_modules_cannot_be_repacked() {
    for (kind, start, pages) in [
        (MemoryKind::Separate, u64::MAX, 0),
        (MemoryKind::Single, 2 << 16, 0),
        (MemoryKind::Single, 2 << 16, 5),
    ] {
        let packed = pack_with(&with_data(), kind).expect("packs").module;
        let snapshot = Snapshot::of(&packed, start, pages);
        let image = found(&snapshot);
        assert_eq!(
            (&*image.index, &*image.payload),
            (INDEX, PAYLOAD),
            "{kind:?}"
        );
        for error in [
            pack(&snapshot).expect_err("refused"),
            without_image(&snapshot).expect_err("refused"),
        ] {
            assert!(matches!(error, ModuleError::Rewritten { .. }), "{error}");
            assert!(error.to_string().contains("as in a snapshot"), "{error}");
        }
    }
}

/// Binaryen's lowering of several memories to one. Each memory follows the previous one, and
/// a global holds its start. The bodies are not lowered, because nothing runs them.
struct Lowering;

impl Lowering {
    const START: i32 = 2 << 16;
}

impl Reencode for Lowering {
    type Error = Infallible;

    fn memory_index(&mut self, _: u32) -> Result<u32, Error> {
        Ok(0)
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<(), Error> {
        let types = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut first = self.memory_type(types[0])?;
        first.minimum = types.iter().map(|ty| ty.initial).sum();
        memories.memory(first);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        wasm_encoder::reencode::utils::parse_global_section(self, globals, section)?;
        let ty = GlobalType {
            val_type: wasm_encoder::ValType::I32,
            mutable: true,
            shared: false,
        };
        globals.global(ty, &ConstExpr::i32_const(Self::START));
        Ok(())
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: DataSectionReader<'_>,
    ) -> Result<(), Error> {
        for segment in section {
            let segment = segment?;
            let bytes = segment.data.iter().copied();
            match active_offset(&segment) {
                None => data.passive(bytes),
                Some((memory, offset)) => {
                    let start = if memory == 0 { 0 } else { Self::START };
                    let offset = ConstExpr::i32_const(start + offset as i32);
                    data.active(0, &offset, bytes)
                }
            };
        }
        Ok(())
    }
}

#[test]
fn an_image_is_found_where_memories_were_joined() {
    let packed = pack_with(&with_data(), MemoryKind::Separate);
    let joined = rewrite(&mut Lowering, &packed.expect("packs").module);
    let image = found(&joined);
    assert_eq!((&*image.index, &*image.payload), (INDEX, PAYLOAD));
    let error = pack(&joined).expect_err("refused");
    assert!(matches!(error, ModuleError::Rewritten { .. }), "{error}");
}

/// The module without custom sections whose name is in `names`.
fn without_sections(wasm: &[u8], names: &[&str]) -> Vec<u8> {
    let mut out = wasm[..8].to_vec();
    let mut end = 8;
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let payload = payload.expect("valid");
        let is_dropped = match &payload {
            wasmparser::Payload::CustomSection(custom) => names.contains(&custom.name()),
            _ => false,
        };
        if let Some((_, range)) = payload.as_section() {
            if !is_dropped {
                out.extend(&wasm[end..range.end]);
            }
            end = range.end;
        }
    }
    out
}

#[test]
fn a_lost_image_is_never_packed_around() {
    let parts = crate::module::Parts {
        metadata: &metadata::MAGIC,
        ..PARTS
    };
    for kind in KINDS {
        let packed = embed(&with_data(), &parts, &runtime(), VERSION, Some(kind));
        let mut lost = packed.expect("packs").module;
        let mut places = lost.windows(ANCHOR_MAGIC.len());
        let anchor = places
            .position(|bytes| bytes == ANCHOR_MAGIC)
            .expect("an anchor");
        // Its address, so that it lies elsewhere than it says.
        lost[anchor + 40] ^= 4;
        for (stripped, trace) in [
            (&[][..], "the section `wasi_vfs`"),
            (&["wasi_vfs"], "the function `wasi_vfs::fd_read`"),
            (&["wasi_vfs", "name"], "a payload of 11 bytes"),
        ] {
            let module = without_sections(&lost, stripped);
            for error in [
                find(&module).expect_err("refused"),
                pack(&module).expect_err("refused"),
                without_image(&module).expect_err("refused"),
            ] {
                let said = error.to_string();
                assert!(said.contains(trace), "{said}");
                assert!(said.contains("pack the original module"), "{said}");
            }
        }
    }
}

/// The names that the packer itself has when compiled to wasm.
#[test]
fn a_program_with_names_like_ours_is_packed() {
    let text = program(r#"(func $wasi_vfs::module::find) (func $wasi_vfs::pack)"#);
    assert_eq!(find(&wasm(&text)).expect("readable"), None);
    pack(&wasm(&text)).expect("packs");
}
