//! Packing a packed module, and removing the runtime.

use super::fake::runtime_text;
use super::merged::{OPEN, program};
use super::{INDEX, KINDS, PARTS, Parts, VERSION};
use super::{each_packed, embed, found, pack, pack_with, packed, runtime, wasm};
use crate::module::parse::leb::padded_leb;
use crate::module::{MemoryKind, find, without_image};
use crate::{DroppedSection, Warning};
use std::borrow::Cow;
use std::ops::Range;
use wasi_vfs_embedding::ANCHOR_MAGIC;
use wasm_encoder::reencode::Reencode;

const OTHER: Parts<'static> = Parts {
    index: b"\x01another index, which is longer than the first one by far",
    index_level: None,
    payload: Cow::Borrowed(b"another payload"),
    metadata: b"",
    writable: None,
};

/// Programs with every section, and programs without each.
fn programs() -> Vec<String> {
    vec![
        program(""),
        program(r#"(data (i32.const 0) "x")"#),
        program(
            r#"(table 4 funcref) (elem (i32.const 0) func $helper $open) (elem declare func $read)
              (memory $m 1) (data $p "passive") (tag (param i32)) (export "r" (func $read))
              (global (mut funcref) (ref.func $open)) (func $s) (start $s)
              (func (memory.init $p (i32.const 0) (i32.const 0) (i32.const 1))
                (drop (ref.func $read)))
              (@custom "wasi_other" "x")"#,
        ),
        program(
            r#"(@custom "target_features" "\01+\0bbulk-memory")
              (func (export "size") (result i32) memory.size)
              (func (export "grow") (param i32) (result i32)
                (drop (memory.size)) (memory.grow (local.get 0)))
              (memory $m 1 7) (func (memory.size $m) (memory.grow $m) drop)
              (global $g (mut i32) (i32.const 5)) (func (result i32) global.get $g)"#,
        ),
        format!(r#"(module {OPEN} (memory (export "memory") 3 9 (pagesize 0x10000)))"#),
        format!(r#"(module {OPEN} {OPEN} (memory (export "memory") 1))"#)
            .replacen("$open", "$one", 1),
        format!(
            r#"(module {OPEN} (rec (type (struct)) (type (array i8))) (memory (export "memory") 1)
              (@custom "name" "broken"))"#
        ),
        format!(r#"(module {OPEN} (rec) (memory (export "memory") 1) (rec) (rec))"#),
        program(
            r#"(@custom "target_features" "\00")
              (@custom "target_features" "\03+\0bbulk-memory+\0bmultimemory+\08sign-ext")"#,
        ),
    ]
}

/// Sections stay behind a custom section in both packs.
#[test]
fn empty_sections_do_not_affect_repacking() {
    let module = wasm(&program(""));
    let exports = wasmparser::Parser::new(0)
        .parse_all(&module)
        .find_map(|payload| {
            let section = payload.expect("valid").as_section();
            section
                .filter(|(id, _)| *id == 7)
                .map(|(_, range)| range.start - 2)
        });
    let at = exports.expect("it has exports");
    assert_eq!(module[at], 7, "a length of one byte");
    let empty_globals = [0, 2, 1, b'A', 6, 1, 0];
    let module = [&module[..at], &empty_globals, &module[at..]].concat();
    for memory in [MemoryKind::Separate, MemoryKind::Single] {
        let packed = pack_with(&module, memory).expect("packs").module;
        let again = pack_with(&packed, memory).expect("packs again").module;
        assert!(again == packed, "{memory:?}");
    }
}

#[test]
fn unmerging_restores_the_program() {
    for text in programs() {
        let program = wasm(&text);
        for packed in each_packed(&text) {
            let back = without_image(&packed).expect("unmerges");
            assert_eq!(*back, *program, "{text}");
        }
    }
}

#[test]
fn repacking_equals_packing_the_program() {
    for text in programs() {
        let program = wasm(&text);
        for (kind, first) in KINDS.into_iter().zip(each_packed(&text)) {
            assert_eq!(pack(&first).expect("packs again").module, first, "{text}");
            let again = embed(&first, &OTHER, &runtime(), VERSION, None).expect("packs");
            let direct = embed(&program, &OTHER, &runtime(), VERSION, Some(kind));
            assert_eq!(again.module, direct.expect("packs").module, "{text}");
            assert_eq!(*found(&again.module).payload, *OTHER.payload);
        }
    }
}

/// The type and the import of `path_open`.
const OPEN_TYPE: &[u8] = b"\x60\x09\x7f\x7f\x7f\x7f\x7f\x7e\x7e\x7f\x7f\x01\x7f";
const OPEN_IMPORT: &[u8] = b"\x16wasi_snapshot_preview1\x09path_open\0\0";

fn padded_section(id: u8, count: u32, items: &[u8]) -> Vec<u8> {
    let content = [&padded_leb(count), items].concat();
    let len = padded_leb(content.len() as u32);
    [&[id][..], &len, &content].concat()
}

/// A program in which each number that packing may change is padded, as linkers and Zig
/// write them.
pub(super) fn padded_program() -> Vec<u8> {
    let call = padded_leb(0);
    let arguments: Vec<u8> = (0..9).flat_map(|local| [0x20, local]).collect();
    let body: Vec<u8> = [
        &[0][..],
        &arguments,
        &[0x10],
        &call,
        &[0x1a, 0xd2],
        &call,
        &[0x1a, 0x3f, 0, 0x40, 0, 0x0b],
    ]
    .concat();
    let code = [&padded_leb(body.len() as u32)[..], &body].concat();
    let export = [&b"\x06memory\x02\0\x01r\0"[..], &call].concat();
    let elements = [&[3, 0, 1][..], &call].concat();
    let name = [
        &b"\x04name\x01"[..],
        &padded_leb(8),
        &padded_leb(1),
        b"\x01\x01f",
    ]
    .concat();
    let name_section = [&[0][..], &padded_leb(name.len() as u32), &name].concat();
    [
        &b"\0asm\x01\0\0\0"[..],
        &padded_section(1, 1, OPEN_TYPE),
        &padded_section(2, 1, OPEN_IMPORT),
        &padded_section(3, 1, &[0]),
        &padded_section(5, 1, &[0, 1]),
        &padded_section(7, 2, &export),
        &padded_section(9, 1, &elements),
        // The number of segments is its whole content.
        &padded_section(12, 1, &[]),
        &padded_section(10, 1, &code),
        &padded_section(11, 1, b"\x01\x01x"),
        &name_section,
    ]
    .concat()
}

#[test]
fn unmerging_restores_padded_numbers() {
    let program = padded_program();
    for kind in KINDS {
        let packed = pack_with(&program, kind).expect("packs").module;
        let back = without_image(&packed).expect("unmerges");
        assert_eq!(*back, *program, "{kind:?}");
        assert!(pack(&packed).expect("packs again").module == packed);
    }
}

/// A program of `count` functions with debug information. The first one calls an import,
/// whose number is encoded as `call`. The code section starts with `encoded_count`.
fn debugged_program(count: u8, encoded_count: &[u8], call: &[u8]) -> Vec<u8> {
    let arguments: Vec<u8> = (0..9).flat_map(|local| [0x20, local]).collect();
    let body = [&[0][..], &arguments, &[0x10], call, &[0x0b]].concat();
    let others = [3, 0, 0, 0x0b].repeat(usize::from(count) - 1);
    let code = [encoded_count, &[body.len() as u8], &body, &others].concat();
    [
        &b"\0asm\x01\0\0\0"[..],
        &padded_section(1, 1, OPEN_TYPE),
        &padded_section(2, 1, OPEN_IMPORT),
        &padded_section(3, count.into(), &vec![0; count.into()]),
        &padded_section(5, 1, &[0, 1]),
        &padded_section(7, 1, b"\x06memory\x02\0"),
        &[&[10][..], &padded_leb(code.len() as u32), &code].concat(),
        b"\0\x0d\x0b.debug_info!",
    ]
    .concat()
}

/// In two bytes, 0 and 126 have padding, and the numbers after packing have none. Unmerging
/// cannot know of it, and would move the code.
#[test]
fn code_with_lost_padding_loses_its_debug_information() {
    let calls = debugged_program(200, &padded_leb(200), &[0x80, 0]);
    let counts = debugged_program(126, &[0xfe, 0], &padded_leb(0));
    for program in [calls, counts] {
        for kind in KINDS {
            let packed = pack_with(&program, kind).expect("packs");
            let dropped = DroppedSection {
                name: ".debug_info".into(),
                len: 13,
            };
            assert_eq!(packed.warnings, [Warning::DroppedSections(vec![dropped])]);
            let again = pack(&packed.module).expect("packs again");
            assert!(again.module == packed.module, "{kind:?}");
            assert_eq!(again.warnings, []);
        }
    }
}

/// `program`, which has one small function, with `new` for the first `old` bytes.
fn with_code(program: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = program.windows(old.len()).position(|bytes| bytes == old);
    let at = at.expect("the code");
    let mut changed = [&program[..at], new, &program[at + old.len()..]].concat();
    let section = program
        .windows(3)
        .rposition(|w| w[0] == 10 && w[2] == 1)
        .expect("a section of one body");
    // Both lengths have a byte.
    for len in [section + 1, section + 3] {
        changed[len] += (new.len() - old.len()) as u8;
    }
    changed
}

/// Bit 6 of the alignment says that the number of the memory follows.
#[test]
fn an_access_may_name_the_one_memory() {
    let text = format!(
        r#"(module {OPEN} (memory (export "memory") 1)
          (func (result i32) (i32.load (i32.const 1))))"#
    );
    let named = with_code(&wasm(&text), &[0x28, 2, 0], &[0x28, 0x42, 0, 0]);
    for kind in KINDS {
        let first = pack_with(&named, kind).expect("packs").module;
        assert_eq!(pack(&first).expect("packs again").module, first);
    }
}

/// Its name is ours.
#[test]
fn a_foreign_section_with_our_name_is_reported() {
    let text = program(r#"(@custom "wasi_vfs" "theirs")"#);
    let dropped = DroppedSection {
        name: "wasi_vfs".into(),
        len: 15,
    };
    let warnings = packed(&text).warnings;
    assert_eq!(warnings, [Warning::DroppedSections(vec![dropped])]);
    assert!(
        pack(&packed(&text).module)
            .expect("packs")
            .warnings
            .is_empty()
    );
}

#[test]
fn flipped_counts_in_the_anchor_are_detected() {
    const APPLICATION_AND_CHECKSUM: Range<usize> = 88..136;
    for packed in programs().iter().flat_map(|text| each_packed(text)) {
        let mut places = packed.windows(ANCHOR_MAGIC.len());
        let anchor = places
            .position(|bytes| bytes == ANCHOR_MAGIC)
            .expect("an anchor");
        for at in APPLICATION_AND_CHECKSUM {
            for bit in [1, 0x80] {
                let mut damaged = packed.clone();
                damaged[anchor + at] ^= bit;
                let error = without_image(&damaged).expect_err("refused");
                assert!(error.to_string().contains("pack the original"), "{error}");
            }
        }
    }
}

#[test]
fn unmerging_restores_padded_calls() {
    // wasm-ld pads the number of a call to five bytes.
    let program = wasm(&format!(
        r#"(module {OPEN} (memory (export "memory") 1)
          (func (result i32) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64) (call $open)))"#
    ));
    let padded = [0x10, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b];
    let padded = with_code(&program, &[0x10, 0x00, 0x0b], &padded);
    for kind in KINDS {
        let first = pack_with(&padded, kind).expect("packs").module;
        assert_eq!(*without_image(&first).expect("unmerges"), *padded);
        assert_eq!(pack(&first).expect("packs again").module, first);
    }
}

#[test]
fn the_memory_kind_stays_unless_chosen() {
    for text in programs() {
        let [separate, single] = each_packed(&text);
        let kept = pack(&single).expect("packs").module;
        assert!(kept == single, "{text}");
        let to = |module: &[u8], kind| pack_with(module, kind).expect("packs").module;
        assert!(to(&single, MemoryKind::Separate) == separate, "{text}");
        assert!(to(&separate, MemoryKind::Single) == single, "{text}");
    }
}

#[test]
fn a_runtime_of_another_release_is_replaced() {
    let old = wasm(&runtime_text("0.0.9"));
    let first = embed(&wasm(&program("")), &PARTS, &old, "0.0.9", None).expect("packs");
    assert_eq!(found(&first.module).runtime_version, "0.0.9");
    assert_eq!(
        pack(&first.module).expect("packs").module,
        packed(&program("")).module
    );
}

/// Another tool, which re-encodes everything and adds a function in front.
struct Optimiser;

impl Reencode for Optimiser {
    type Error = std::convert::Infallible;

    fn parse_code_section(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error> {
        for body in section {
            let mut function = self.new_function_with_parsed_locals(&body.clone()?)?;
            function.instruction(&wasm_encoder::Instruction::Nop);
            let mut operators = body?.get_operators_reader()?;
            while !operators.eof() {
                function.instruction(&self.parse_instruction(&mut operators)?);
            }
            code.function(&function);
        }
        Ok(())
    }
}

#[test]
fn optimised_modules_keep_a_readable_image() {
    let first = packed(&program("")).module;
    let mut module = wasm_encoder::Module::new();
    let parser = wasmparser::Parser::new(0);
    Optimiser
        .parse_core_module(&mut module, parser, &first)
        .expect("encodes");
    let optimised = module.finish();
    assert_eq!(found(&optimised).index, INDEX);
    let error = pack(&optimised).expect_err("refused").to_string();
    assert!(
        error.contains("changed by another tool after packing"),
        "{error}"
    );
    assert!(error.contains("checksum"), "{error}");
    assert!(without_image(&optimised).is_err());
}

#[test]
fn stripped_modules_can_be_packed_again() {
    let full = packed(&program("")).module;
    let mut stripped = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(&full) {
        let section = payload.expect("valid").as_section();
        if let Some((id, range)) = section.filter(|section| section.0 != 0) {
            let data = &full[range];
            stripped.section(&wasm_encoder::RawSection { id, data });
        }
    }
    let stripped = stripped.finish();
    let image = find(&stripped).expect("readable").expect("has an image");
    assert_eq!((&*image.index, image.metadata), (INDEX, None));
    pack(&stripped).expect("packs again");
}

#[test]
fn a_module_without_an_image_is_itself() {
    let program = wasm(&program(""));
    assert_eq!(*without_image(&program).expect("readable"), *program);
}
