//! The target that reads changed packed modules.

use super::image::parts;
use crate::module::{MemoryKind, embed, find, form, merged_checksum, unmounted, without_image};
use crate::{Contents, runtime};
use std::mem::offset_of;
use std::sync::LazyLock;
use wasi_vfs_embedding::{ANCHOR_LEN, ANCHOR_MAGIC, Anchor};
use wasi_vfs_format::check::{check, check_blocks};
use wasi_vfs_format::fuzz::Input;

/// A module with sections of all kinds.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (table 4 funcref) (elem (i32.const 0) func $main $open)
  (global (mut i32) (i32.const 3)) (tag)
  (func $main (export "_start")
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
  (data (i32.const 16) "some data") (data "passive")
  (@custom "target_features" "\01+\0bbulk-memory"))"#;

static PACKED: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| packed_of(PROGRAM));

/// The same with the imports of `wasi_unstable`.
static UNSTABLE: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let seek = r#"(import "wasi_unstable" "fd_seek"
        (func (param i32 i64 i32 i32) (result i32))) (memory"#;
    let program = PROGRAM.replace("wasi_snapshot_preview1", "wasi_unstable");
    packed_of(&program.replacen("(memory", seek, 1))
});

fn packed_of(text: &str) -> [Vec<u8>; 4] {
    use MemoryKind::{Separate, Single};
    let program = wat::parse_str(text).expect("the text is valid");
    [(0, Separate), (1, Separate), (0, Single), (1, Single)].map(|(image, kind)| {
        let (runtime, version) = (runtime::MERGED, runtime::VERSION);
        let packed = embed(&program, &parts(image), runtime, version, Some(kind));
        packed.expect("packs").module
    })
}

/// Changes a packed module by `data`, and reads it in all ways.
///
/// # Panics
///
/// Reading panics, or packing again returns an unreadable module.
pub fn packed(data: &[u8]) {
    let mut input = Input(data);
    let choice = input.byte();
    let programs = if choice < 224 { &*PACKED } else { &*UNSTABLE };
    let mut module = programs[usize::from(choice % 4)].clone();
    let anchor = anchor_of(&module).expect("it is packed");
    while !input.is_empty() {
        change(&mut module, anchor, &mut input);
    }
    if choice % 3 == 0
        && let Some(checksum) = merged_checksum(&module)
    {
        // As an attacker would.
        let place = anchor_of(&module).unwrap_or(anchor) + offset_of!(Anchor, merged_checksum);
        put(&mut module, place, &checksum.to_le_bytes());
    }
    read(&module);
    // Packing takes as long as a thousand reads.
    if !(16..=250).contains(&choice) {
        pack(&module);
    }
}

fn anchor_of(module: &[u8]) -> Option<usize> {
    memchr::memmem::find(module, &ANCHOR_MAGIC)
}

fn change(module: &mut Vec<u8>, anchor: usize, input: &mut Input<'_>) {
    let len = module.len().max(1);
    let at = input.number() as usize % len;
    match input.byte() % 8 {
        0 => module.truncate(at),
        1 => drop(module.drain(at..(at + input.below(64)).min(module.len()))),
        2 => module.insert(at.min(module.len()), input.byte()),
        // A field of the anchor.
        3 | 4 => {
            let field = anchor + 16 + at % (ANCHOR_LEN - 16) / 4 * 4;
            let value = input.pick(&[0, 1, 2, 3, 16, 1 << 16, 1 << 30, u32::MAX]);
            put(module, field, &value.to_le_bytes());
        }
        // Near the beginning of a section, or in the anchor.
        5 => put(module, at % 64, &[input.byte()]),
        6 => put(module, anchor + at % ANCHOR_LEN, &[input.byte()]),
        _ => put(module, at, &[input.byte()]),
    }
}

fn put(module: &mut [u8], at: usize, bytes: &[u8]) {
    for (at, byte) in (at..).zip(bytes) {
        if let Some(place) = module.get_mut(at) {
            *place = *byte;
        }
    }
}

fn read(module: &[u8]) {
    let _ = form(module, None);
    let _ = unmounted(module);
    let _ = without_image(module);
    let Ok(contents) = Contents::find(module) else {
        return;
    };
    if let Ok(image) = contents.reader() {
        let _ = check(image.index());
        let _ = check_blocks(&image);
        let _ = image.to_tree();
    }
}

fn pack(module: &[u8]) {
    if let Ok(packed) = embed(module, &parts(0), runtime::MERGED, runtime::VERSION, None) {
        let found = find(&packed.module).expect("readable").expect("packed");
        assert_eq!(found.index, parts(0).index);
    }
}
