//! Hostile and damaged modules. Each command reports the error within limits of time and
//! memory, and writes nothing.

use crate::hostile::{READERS, bounded, put};
use crate::scratch::*;
use wasi_vfs_embedding::ANCHOR_MAGIC;
use zerocopy::IntoBytes;

/// Section numbers of the specification.
fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        bytes.push(*id);
        bytes.extend(leb(content.len()));
        bytes.extend(*content);
    }
    bytes
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A vector of the binary format with `count` equal items.
fn vector(count: usize, item: &[u8]) -> Vec<u8> {
    [leb(count), item.repeat(count)].concat()
}

/// A vector with fewer items than its count.
const WITHOUT_END: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// Each command that reads `hostile` says `words`, and so does packing into
/// it, unless it has other `pack` ones.
struct Hostile {
    what: String,
    bytes: Vec<u8>,
    words: &'static str,
    pack: &'static str,
}

fn hostile(what: &str, bytes: Vec<u8>, words: &'static str) -> Hostile {
    Hostile {
        what: what.to_owned(),
        bytes,
        words,
        pack: words,
    }
}

impl Hostile {
    fn pack(self, pack: &'static str) -> Self {
        Self { pack, ..self }
    }
}

const PACKS: [&str; 2] = [
    "pack hostile --dir lib::/lib -q -o out.wasm",
    "pack hostile --dir lib::/lib --compress=1 -q -o out.wasm",
];

/// Runs every command on each module. Returns the missing words.
fn read_all(scratch: &Scratch, all: &[Hostile]) {
    scratch.write("hostile", b"");
    let before = scratch.names();
    let mut others = String::new();
    for Hostile {
        what,
        bytes,
        words,
        pack,
    } in all
    {
        scratch.write("hostile", bytes);
        let readers = READERS.map(|reader| (reader, words));
        for (reader, words) in readers.into_iter().chain(PACKS.map(|line| (line, pack))) {
            let output = bounded(scratch, reader, what);
            // `run` accepts modules that are not packed.
            let any = reader.starts_with("run");
            assert!(any || !output.status.success(), "{what}: {reader}");
            let said = stdout(&output) + &stderr(&output);
            if !any && !said.contains(words) {
                others += &format!("{what}: {reader}: no `{words}` in: {said}");
            }
            assert_eq!(scratch.names(), before, "{what}: {reader} wrote");
        }
    }
    assert!(others.is_empty(), "{others}");
}

fn scratch() -> Scratch {
    let scratch = Scratch::with_tree();
    assert_success(&scratch.run("image --dir lib::/usr/lib -o whole -q"));
    let options = "--dir lib::/usr/lib --compress=1 -q -o packed.wasm";
    assert_success(&scratch.run(&format!("pack app.wasm {options}")));
    scratch
}

#[test]
fn damaged_modules() {
    let scratch = scratch();
    let packed = scratch.read("packed.wasm");
    let invalid = "not a valid WebAssembly module";
    let mut all = vec![
        hostile("cut off", packed[..packed.len() / 2].to_vec(), invalid),
        hostile("nothing", Vec::new(), "an empty file"),
        hostile("a magic alone", packed[..4].to_vec(), invalid),
        hostile(
            "a version of the future",
            b"\0asm\x02\0\0\0".to_vec(),
            invalid,
        ),
        hostile(
            "a component",
            b"\0asm\x0d\0\x01\0".to_vec(),
            "holds no image",
        )
        .pack("component opens no files"),
        hostile(
            "a core module beyond the end of its component",
            b"\0asm\x0d\0\x01\0\x01\xff\x7f\0".to_vec(),
            "not a valid component",
        ),
        hostile(
            "a section beyond the end",
            b"\0asm\x01\0\0\0\x01\xff\x7f\x00".to_vec(),
            invalid,
        ),
        hostile(
            "a length of 40 bits",
            b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\xff\x01".to_vec(),
            invalid,
        ),
        hostile(
            "a section of no kind",
            module(&[(99, b"?")]),
            "holds no image",
        )
        .pack(invalid),
    ];
    // A start section is one number, and counts of data are held against what follows.
    for id in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13] {
        let what = format!("items of section {id} without end");
        let words = match id {
            3 | 5 | 7 | 11 => "more than",
            // Sections without an image are not read.
            4 | 6 | 9 | 13 => "holds no image",
            _ => invalid,
        };
        all.push(hostile(&what, module(&[(id, WITHOUT_END)]), words).pack(invalid));
    }
    read_all(&scratch, &all);
}

const INVALID: &str = "not a valid WebAssembly module";

#[test]
fn modules_with_more_than_any_engine_takes() {
    let empty_segment = [0, 0x41, 0, 0x0b, 0];
    let memories = vector(20_000, &[0, 0]);
    let segments = vector(90_000, &empty_segment);
    let of_one_kind = [
        hostile(
            "data segments",
            module(&[(11, &vector(200_000, &[1, 0]))]),
            "it has 200000 data segments, more than the 100000",
        ),
        hostile(
            "exports",
            module(&[(7, &vector(1_000_001, &[0, 0, 0]))]),
            "it has 1000001 exports, more than the 1000000",
        ),
        hostile(
            "functions",
            module(&[(1, b"\x01\x60\0\0"), (3, &vector(1_000_001, &[0]))]),
            "it has 1000001 functions, more than the 1000000",
        ),
        hostile(
            "types",
            module(&[(1, &vector(1_000_001, &[0x60, 0, 0]))]),
            "it has 1000001 types, more than the 1000000",
        ),
    ];
    read_all(&scratch(), &of_one_kind.map(|case| case.pack(INVALID)));
    let product = hostile(
        "memories times segments",
        module(&[(5, &memories), (11, &segments)]),
        "it has 20000 memories, more than the 100",
    );
    read_all(&scratch(), &[product.pack("")]);
}

#[test]
fn modules_that_declare_too_much_are_rejected() {
    let none = "holds no image";
    let locals = b"\x01\x0a\x01\xff\xff\xff\xff\x0f\x7f\x0b\0\0";
    let all = [
        hostile(
            "locals",
            module(&[(1, b"\x01\x60\0\0"), (3, b"\x01\0"), (10, locals)]),
            none,
        )
        .pack(INVALID),
        hostile(
            "elements of a table",
            module(&[(4, b"\x01\x70\0\xff\xff\xff\xff\x0f")]),
            none,
        )
        .pack("makes no WASI calls"),
        hostile("pages", module(&[(5, b"\x01\0\xff\xff\xff\xff\x0f")]), none).pack(INVALID),
    ];
    read_all(&scratch(), &all);
}

#[test]
fn modules_that_are_deeper_or_wider_than_code_is() {
    let (begins, ends) = ("block ".repeat(200_000), "end ".repeat(200_000));
    let blocks = wat(&format!("(module (func {begins} {ends}))"));
    let parameters = [b"\x01\x60".as_slice(), &vector(60_000, &[0x7f]), b"\0"].concat();
    let all = [
        hostile("parameters", module(&[(1, &parameters)]), INVALID).pack(INVALID),
        hostile("blocks within blocks", blocks, "holds no image").pack("makes no WASI calls"),
    ];
    read_all(&scratch(), &all);
}

/// What is added to one list of names is not added to each of thousands, and what is
/// dropped is not looked up in a list of all that was.
#[test]
fn custom_sections_without_number() {
    let scratch = scratch();
    let calls =
        r#"(import "wasi_snapshot_preview1" "fd_tell" (func (param i32 i32) (result i32)))"#;
    let open = r#"(import "wasi_snapshot_preview1" "path_open"
        (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#;
    let text = format!(
        r#"(module {open} {} (memory (export "memory") 1) (func (export "_start")))"#,
        calls.repeat(2000)
    );
    let program = wat(&text);
    let names = [b"\x04name".as_slice(), &b"\x01\x01\0".repeat(2000)].concat();
    let mut named = program.clone();
    named.push(0);
    named.extend(leb(names.len()));
    named.extend(&names);
    let mut dropped = program;
    for number in 0..40_000 {
        let name = format!("\x0d.debug_{number:06}");
        dropped.push(0);
        dropped.extend(leb(name.len()));
        dropped.extend(name.as_bytes());
    }
    for (what, module) in [("names", named), ("sections that do not stay", dropped)] {
        scratch.write("hostile", &module);
        let output = bounded(&scratch, "pack hostile --dir lib::/lib -o out.wasm", what);
        assert_success(&output);
        let len = scratch.read("out.wasm").len();
        assert!(len < module.len() + 400_000, "{what}: {len} bytes");
        assert!(stderr(&output).len() < 2000, "{}", stderr(&output));
        remove_output(&scratch);
    }
}

/// The offset of the anchor in a packed module.
fn anchor_of(module: &[u8]) -> usize {
    let mut places = (0..module.len()).filter(|at| module[*at..].starts_with(&ANCHOR_MAGIC));
    places.next_back().unwrap()
}

/// Fields of the anchor, each a number too large, and what is said of it:
/// nothing where it tells only tools something, which find out when they
/// unmerge.
const FIELDS: [(usize, &str); 20] = [
    (16, "ABI version 4294967295"),
    (20, "unknown form"),
    (40, "cannot be found"),
    (44, "has only"),
    (48, "no index is longer"),
    (52, "has only"),
    (60, "no passive data segment has that length"),
    (64, "cannot be found"),
    (
        68,
        "newer wasi-vfs: its anchor requires the unknown features 0xfffffffe",
    ),
    (
        72,
        "newer wasi-vfs: its anchor has a table of further block sources",
    ),
    (
        76,
        "newer wasi-vfs: its anchor has a table of further block sources",
    ),
    (
        80,
        "newer wasi-vfs: its anchor has an unknown table of layers above the image",
    ),
    (
        84,
        "newer wasi-vfs: its anchor has an unknown table of layers above the image",
    ),
    (88, ""),
    (92, ""),
    (96, ""),
    (100, ""),
    (104, ""),
    (128, ""),
    (132, ""),
];

#[test]
fn forged_anchors() {
    let scratch = scratch();
    let packed = scratch.read("packed.wasm");
    let anchor = anchor_of(&packed);
    for (field, words) in FIELDS {
        for value in [0_u32, 1, 2, 1 << 31, u32::MAX] {
            let mut forged = packed.clone();
            put(&mut forged, anchor + field, &value.to_le_bytes());
            scratch.write("hostile", &forged);
            let before = scratch.names();
            let what = format!("{value} at {field}");
            for reader in READERS {
                let output = bounded(&scratch, reader, &what);
                let prints = reader.starts_with("cat") || reader.starts_with("run");
                if prints && output.status.success() {
                    assert_eq!(stdout(&output), "hello\n", "{what}: {reader}");
                }
                // Bit 0 says that the runtime can keep changes, and needs no layer.
                let is_known = value == 0 || (field, value) == (68, 1);
                let is_reserved = (68..88).contains(&field) && !is_known;
                assert!(!is_reserved || !output.status.success(), "{what}: {reader}");
                if value == u32::MAX && !words.is_empty() && !reader.starts_with("run") {
                    assert!(!output.status.success(), "{what}: {reader}");
                    assert!(
                        stderr(&output).contains(words),
                        "{what}: {}",
                        stderr(&output)
                    );
                }
                remove_output(&scratch);
            }
            if value == u32::MAX && words.is_empty() {
                let output = bounded(&scratch, PACKS[0], &what);
                assert_error(&output, &["changed by another tool"]);
            }
            assert_eq!(scratch.names(), before, "{what}");
        }
    }
}

fn remove_output(scratch: &Scratch) {
    let _ = std::fs::remove_file(scratch.path("out.wasm"));
    let _ = std::fs::remove_dir_all(scratch.path("out"));
}

/// A module with these segments and an anchor at 256 whose index, of so many
/// bytes, is stored at 1024 in so many.
fn with_index(index_len: u32, stored_len: u32, segments: &str) -> Vec<u8> {
    use wasi_vfs_embedding::{Anchor, FORM_LINKED, version_bytes};
    let mut anchor = Anchor::empty(FORM_LINKED, version_bytes("0.1.0"));
    anchor.address = 256.into();
    anchor.index_address = 1024.into();
    anchor.index_len = index_len.into();
    anchor.index_stored_len = stored_len.into();
    let anchor = text(anchor.as_bytes());
    wat(&format!(
        r#"(module (memory (export "memory") 65536)
            (data (i32.const 256) "{anchor}") {segments})"#
    ))
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A frame of `count` blocks of 128 KiB with one repeated byte.
fn frame_of_repeats(blocks: usize) -> Vec<u8> {
    // No content size, a window of 1 MiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x50];
    for number in 1..=blocks {
        let header = (128_u32 << 10) << 3 | 1 << 1 | u32::from(number == blocks);
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

#[test]
fn an_index_that_is_mostly_holes() {
    let frame = frame_of_repeats(8000);
    let segment = format!(r#"(data (i32.const 1024) "{}")"#, text(&frame));
    let twice = with_index(4000, 4000, "").len();
    let all = [
        // A frame of 32 KB that would be a gigabyte: of what counts as stored,
        // nearly all is zeros that no segment has.
        hostile(
            "a frame in a hole",
            with_index(1_000_000_000, 4_000_000, &segment),
            "data segments cover only 32006 bytes",
        )
        .pack("linked"),
        hostile(
            "gigabytes of nothing",
            with_index(1 << 30, 1 << 30, ""),
            "data segments cover only",
        )
        .pack("linked"),
        hostile(
            "zeros",
            with_index(4000, 4000, ""),
            "the magic number is missing",
        )
        .pack("linked"),
    ];
    assert!(twice < 500);
    read_all(&scratch(), &all);
}

#[test]
fn two_anchors_are_two_images() {
    let anchor = some_anchor();
    let mut other = anchor.clone();
    put(&mut other, 40, &512_u32.to_le_bytes());
    let (anchor, other) = (text(&anchor), text(&other));
    let two = with_data(&format!(
        r#"(data (i32.const 256) "{anchor}") (data (i32.const 512) "{other}")"#
    ));
    let words = "2 wasi-vfs images";
    let two = hostile("two", two, words).pack(words);
    read_all(&scratch(), &[two]);
}

/// The anchor of a module.
fn some_anchor() -> Vec<u8> {
    let one = with_index(136, 136, "");
    let mut windows = one.windows(16);
    let start = windows.position(|bytes| bytes == ANCHOR_MAGIC).unwrap();
    one[start..][..104].to_vec()
}

fn with_data(data: &str) -> Vec<u8> {
    wat(&format!(r#"(module (memory (export "memory") 1) {data})"#))
}

#[test]
fn anchors_elsewhere_are_no_images() {
    let anchor = text(&some_anchor());
    let with = with_data;
    let none = "holds no image";
    let all = [
        hostile(
            "one elsewhere",
            with(&format!(r#"(data (i32.const 300) "{anchor}")"#)),
            none,
        ),
        hostile(
            "one in a passive segment",
            with(&format!(r#"(data "{anchor}")"#)),
            none,
        ),
        hostile(
            "one at a place that only the host knows",
            wat(&format!(
                r#"(module (import "env" "base" (global i32)) (memory (export "memory") 1)
                    (data (global.get 0) "{anchor}"))"#
            )),
            none,
        ),
        hostile(
            "one in a custom section",
            wat(&format!(
                r#"(module (memory (export "memory") 1) (@custom "wasi_vfs" "{anchor}"))"#
            )),
            none,
        ),
        hostile(
            "one at the end of memory",
            with(&format!(
                r#"(data (i32.const 65500) "{}")"#,
                &anchor[..36 * 3]
            )),
            none,
        ),
    ];
    let all = all.map(|case| case.pack("nothing would read the image"));
    read_all(&scratch(), &all);
}

/// A module that looks linked with the runtime.
struct Linked {
    /// Further sections, repeated.
    more: (&'static str, usize),
    /// Bodies of its three functions.
    anchor: &'static str,
    alloc: &'static str,
    mount: &'static str,
}

/// A valid one.
const LINKED: Linked = Linked {
    more: ("", 0),
    anchor: "i32.const 1024",
    alloc: "i32.const 4096",
    mount: "",
};

impl Linked {
    fn bytes(&self) -> Vec<u8> {
        use wasi_vfs_embedding::{Anchor, FORM_LINKED, version_bytes};
        let Self {
            more: (more, times),
            anchor,
            alloc,
            mount,
        } = self;
        let empty = Anchor::empty(FORM_LINKED, version_bytes(env!("CARGO_PKG_VERSION")));
        wat(&format!(
            r#"(module
                (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
                (memory (export "memory") 16) {}
                (data (i32.const 1024) "{}")
                (func (export "wasi_vfs_anchor") (result i32) {anchor})
                (func (export "wasi_vfs_alloc") (param i32) (result i32) {alloc})
                (func (export "wasi_vfs_mount") {mount})
                (func (export "_start")))"#,
            more.repeat(*times),
            text(empty.as_bytes())
        ))
    }
}

const NO_ROOM: &str = "no room";

/// Errors, and the messages of `pack`.
const LINKED_WRONG: [(&str, Linked, &str); 16] = [
    (
        "an anchor without end",
        Linked {
            anchor: "(loop br 0) i32.const 0",
            ..LINKED
        },
        "fuel",
    ),
    (
        "room without end",
        Linked {
            alloc: "(loop br 0) i32.const 0",
            ..LINKED
        },
        "fuel",
    ),
    (
        "a mount without end",
        Linked {
            mount: "(loop br 0)",
            ..LINKED
        },
        "fuel",
    ),
    (
        "a start without end",
        Linked {
            more: ("(func $start (loop br 0)) (start $start)", 1),
            ..LINKED
        },
        "fuel",
    ),
    (
        "recursion",
        Linked {
            alloc: "(call 2 (local.get 0))",
            ..LINKED
        },
        "wasi_vfs_alloc",
    ),
    (
        "an anchor outside",
        Linked {
            anchor: "i32.const -1",
            ..LINKED
        },
        "no anchor at 0xffffffff",
    ),
    (
        "an anchor elsewhere",
        Linked {
            anchor: "i32.const 1025",
            ..LINKED
        },
        "no anchor at 0x401",
    ),
    (
        "no room",
        Linked {
            alloc: "i32.const 0",
            ..LINKED
        },
        NO_ROOM,
    ),
    (
        "room at an odd place",
        Linked {
            alloc: "i32.const 4097",
            ..LINKED
        },
        "multiple of 16",
    ),
    (
        "room outside",
        Linked {
            alloc: "i32.const -16",
            ..LINKED
        },
        "outside of memory",
    ),
    (
        "a trap",
        Linked {
            mount: "unreachable",
            ..LINKED
        },
        "wasi_vfs_mount",
    ),
    (
        "a call past the runtime",
        Linked {
            mount: "(drop (call 0 (i32.const 0)))",
            ..LINKED
        },
        "calls of `fd_close` bypass the linked runtime",
    ),
    (
        "a call of the host",
        Linked {
            more: (
                "(table $host 1 funcref) (elem (table $host) (i32.const 0) func 0)",
                1,
            ),
            mount: "(drop (call_indirect $host (param i32) (result i32)
                (i32.const 0) (i32.const 0)))",
            ..LINKED
        },
        "was called at pack time",
    ),
    (
        "tables",
        Linked {
            more: ("(table 10000000 funcref)", 40),
            ..LINKED
        },
        "does not start",
    ),
    (
        "memories",
        Linked {
            more: ("(memory 65536)", 40),
            ..LINKED
        },
        "does not start",
    ),
    (
        "growing without end",
        Linked {
            alloc: "(loop (br_if 0 (i32.ne (memory.grow (i32.const 9)) (i32.const -1)))) i32.const 0",
            ..LINKED
        },
        NO_ROOM,
    ),
];

#[test]
fn linked_runtimes_that_are_none() {
    let scratch = scratch();
    scratch.write("hostile", &LINKED.bytes());
    assert_success(&bounded(&scratch, PACKS[0], "nothing"));
    remove_output(&scratch);
    let before = scratch.names();
    for (what, linked, words) in LINKED_WRONG {
        scratch.write("hostile", &linked.bytes());
        let output = bounded(&scratch, PACKS[0], what);
        assert_error(&output, &["cannot pack `hostile`", words]);
        assert_eq!(scratch.names(), before, "{what}");
    }
}

#[test]
fn a_memory_of_many_names_is_one_memory() {
    let scratch = scratch();
    let names = (0..300).map(|number| format!(r#"(export "a{number}" (memory 0))"#));
    let linked = Linked {
        more: (names.collect::<String>().leak(), 1),
        mount: "(memory.fill (i32.const 65536) (i32.const 1) (i32.const 900000))",
        ..LINKED
    };
    scratch.write("hostile", &linked.bytes());
    assert_success(&bounded(&scratch, PACKS[0], "many names"));
}

#[test]
fn programs_that_are_too_large_to_run() {
    let scratch = scratch();
    let start = r#"(func (export "_start"))"#;
    for (what, parts) in [
        ("tables", "(table 10000000 funcref)".repeat(90)),
        ("memories", "(memory 1)".repeat(90)),
        ("a memory", "(memory 65536)".to_owned()),
        ("a memory of 64 bits", "(memory i64 100000)".to_owned()),
    ] {
        let text = format!(r#"(module (memory (export "memory") 1) {parts} {start})"#);
        scratch.write("hostile", &wat(&text));
        let output = bounded(&scratch, "run hostile", what);
        assert_error(&output, &["cannot run `hostile`", "cannot instantiate"]);
    }
}
