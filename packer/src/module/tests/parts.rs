//! The runtime by need: questions are answered, and absent parts end as damage.

use super::fake::{self, run};
use super::merged::program as small_program;
use super::{KINDS, PARTS, VERSION, embed, found, wasm};
use crate::module::error::ModuleError;
use crate::module::merge::parts::{needed, without_unneeded};
use crate::module::parse::shape::Shape;
use crate::module::parts::Parts as Image;
use crate::runtime::MERGED;
use crate::{MemoryKind, Packer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use wasi_vfs_embedding::{Part, Parts};
use wasi_vfs_format::testing::Random;

/// A module with a function `f` that has this body. `$links` is a question, or a function.
fn asking(links: &str, body: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(module {links} (memory 1)
          (func $side (result i32)
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
            (i32.load (i32.const 0)))
          (func $f (param i32) (result i32) (local i32) {body})
          (func (export "all") (result i32)
            (call $f (i32.const 0)) (call $f (i32.const 1)) (call $f (i32.const 2))
            (i32.mul (i32.const 1000)) i32.add (i32.mul (i32.const 1000)) i32.add))"#
    ))
}

/// Bodies with questions in each place that matters.
const BODIES: [&str; 12] = [
    "call $links if (result i32) i32.const 7 else call $side end",
    "call $links i32.eqz if (result i32) i32.const 7 else call $side end",
    "call $links if local.get 0 return end call $side",
    "call $links i32.eqz if local.get 0 return end call $side",
    "block call $links br_if 0 i32.const 5 return end call $side",
    "block call $links i32.eqz br_if 0 i32.const 5 return end call $side",
    "block block local.get 0 br_if 0 call $links br_if 1 i32.const 3 return end
       i32.const 4 return end call $side",
    "loop (result i32) call $links i32.eqz if i32.const 9 return end
       local.get 1 i32.const 1 i32.add local.tee 1 i32.const 3 i32.lt_u
       if br 1 end local.get 1 end",
    "block (result i32) block (result i32) i32.const 1 call $links br_if 1
       drop local.get 0 i32.eqz if i32.const 6 br 2 end i32.const 8 end i32.const 2 i32.mul end",
    "block block block local.get 0 br_table 0 1 2 end call $links i32.eqz br_if 1
       i32.const 1 return end call $side return end i32.const 3",
    "call $links i32.const 3 i32.add",
    "local.get 0 if (result i32) call $links if (result i32) unreachable else i32.const 2 end
       else call $links i32.eqz if unreachable end i32.const 4 end",
];

#[test]
fn answered_questions_change_no_result() {
    let question = r#"(import "part" "links" (func $links (result i32)))"#;
    for body in BODIES {
        for answer in [false, true] {
            let mut parts = Parts::default();
            if answer {
                parts.insert(Part::Links);
            }
            let known = format!("(func $links (result i32) i32.const {})", u8::from(answer));
            let expected = outcome(&asking(&known, body));
            let folded = without_unneeded(&asking(question, body), parts).expect("can be folded");
            wasmparser::validate(&folded).unwrap_or_else(|error| panic!("{body}: {error}"));
            assert_eq!(outcome(&folded), expected, "{body} with {answer}");
            let text = wasmprinter::print_bytes(&folded).expect("valid");
            assert!(!text.contains("call $links"), "{text}");
        }
    }
}

/// What `all` returns, or `None` if it traps.
fn outcome(module: &[u8]) -> Option<i32> {
    let (mut store, instance) = fake::start(module, 1);
    let function = instance.get_typed_func::<(), i32>(&store, "all");
    function.expect("exported").call(&mut store, ()).ok()
}

#[test]
fn unknown_questions_are_rejected() {
    for import in [
        r#"(import "part" "else" (func $links (result i32)))"#,
        r#"(import "part" "links" (func $links (result i64)))"#,
        r#"(import "part" "links" (func $links (param i32) (result i32)))"#,
    ] {
        let module = wasm(&format!("(module {import} (func))"));
        let error = without_unneeded(&module, Parts::ALL).expect_err("rejected");
        assert!(matches!(error, ModuleError::Runtime(_)), "{error}");
        assert!(error.to_string().contains("asks for the part"), "{error}");
    }
}

#[test]
fn functions_in_the_table_need_a_call_of_their_type() {
    let runtime = String::from_utf8(runtime_text()).expect("text");
    let unused =
        "(elem (i32.const 2) $unused) (func $unused (param f64) (drop (i32.const 7654321)))";
    let runtime = wasm(&runtime.replace("(memory (export", &format!("{unused} (memory (export")));
    let packed = embed(&wasm(&small_program("")), &PARTS, &runtime, VERSION, None).expect("packs");
    assert!(!super::text(&packed.module).contains("7654321"));
    assert_eq!(run(&packed.module, "open"), run_of(&super::runtime()));
}

fn runtime_text() -> Vec<u8> {
    fake::runtime_text(VERSION).into_bytes()
}

/// What `open` returns with an unchanged runtime.
fn run_of(runtime: &[u8]) -> i32 {
    let packed = embed(&wasm(&small_program("")), &PARTS, runtime, VERSION, None);
    run(&packed.expect("packs").module, "open")
}

/// Files that need all parts: bytes that do not compress, once with ten more in the middle,
/// text, and a link.
fn tree(dir: &Path) {
    let mut random = Random::new(1);
    let bytes: Vec<u8> = (0..100_000).map(|_| random.byte()).collect();
    let (one, other) = bytes.split_at(50_000);
    let longer = [one, b"0123456789", other].concat();
    let text: String = (0..9_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    fs::write(dir.join("bytes"), &bytes).expect("written");
    fs::write(dir.join("other"), longer).expect("written");
    fs::write(dir.join("lines"), text).expect("written");
    std::os::unix::fs::symlink("bytes", dir.join("alias")).expect("made");
}

const NAMES: [&str; 4] = ["alias", "bytes", "lines", "other"];

/// Each export reads the file of its name, and returns the errno.
fn reader() -> Vec<u8> {
    let read = |name: &str, at: usize| {
        format!(
            r#"(data (i32.const {at}) "{name}")
            (func (export "{name}") (result i32) (call $read (i32.const {at})))"#
        )
    };
    let reads: String = (0..)
        .zip(NAMES)
        .map(|(n, name)| read(name, 4096 + 64 * n))
        .collect();
    wasm(&format!(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $fd_read
            (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 5)
          (func $read (param $path i32) (result i32) (local $errno i32)
            (local.set $errno (call $open (i32.const 3) (i32.const 1) (local.get $path)
              (i32.const 5) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
            (if (local.get $errno) (then (return (local.get $errno))))
            (i32.store (i32.const 0) (i32.const 65536))
            (i32.store (i32.const 4) (i32.const 65536))
            (loop $more
              (local.set $errno (call $fd_read (i32.load (i32.const 16)) (i32.const 0)
                (i32.const 1) (i32.const 8)))
              (if (local.get $errno) (then (return (local.get $errno))))
              (br_if $more (i32.load (i32.const 8))))
            (i32.const 0))
          {reads})"#
    ))
}

/// The errno of reading each file if the module has the `runtime`.
fn errnos(image: &Image<'_>, runtime: &[u8], kind: MemoryKind) -> Vec<i32> {
    let packed = embed(&reader(), image, runtime, VERSION, Some(kind)).expect("packs");
    let (mut store, instance) = fake::start(&packed.module, u64::MAX);
    let mut errnos = Vec::new();
    for name in NAMES {
        let read = instance.get_typed_func::<(), i32>(&store, name);
        errnos.push(
            read.expect("exported")
                .call(&mut store, ())
                .expect("no trap"),
        );
    }
    errnos
}

/// An image that needs a part that the runtime lacks is what a forged image is. No packer
/// makes one.
#[test]
fn absent_parts_end_as_damage() {
    const IO: i32 = 29;
    let dir = tempfile::tempdir().expect("made");
    tree(dir.path());
    let packer = Packer::new(reader()).map_dir(dir.path(), "/t").compress(3);
    let packed = packer.block_len(4096).pack().expect("packs").module;
    let found = found(&packed);
    let image = Image {
        index: &found.index,
        index_level: Some(3),
        payload: Cow::Borrowed(&found.payload),
        metadata: &[],
        writable: None,
    };
    assert_eq!(needed::of_index(&found.index, true, false), Parts::ALL);
    for kind in KINDS {
        assert_eq!(errnos(&image, MERGED, kind), [0; 4]);
        for part in Part::ALL {
            let runtime =
                without_unneeded(MERGED, Parts::ALL.without(*part)).expect("can be folded");
            assert!(runtime.len() < MERGED.len(), "{part:?}");
            let errnos = errnos(&image, &runtime, kind);
            match part {
                Part::CompressedIndex => assert_eq!(errnos, [IO; 4]),
                // A long file may have extents without a twin.
                Part::Extents => assert_eq!(errnos[3], IO),
                Part::Links => assert_eq!(errnos, [IO, 0, 0, 0]),
                // A compressed block may hold the end of each file.
                Part::CompressedBlocks | Part::SeveralBlocks => assert_eq!(errnos[2], IO),
                Part::StoredBlocks => assert_eq!([errnos[1], errnos[2]], [IO, 0]),
            }
            let is_known = |errno: &i32| [0, IO].contains(errno);
            assert!(errnos.iter().all(is_known), "without {part:?}: {errnos:?}");
        }
    }
}

/// The parts that the image of a directory needs.
fn needed_by(dir: &Path, level: Option<i32>) -> Vec<Part> {
    let packer = Packer::new(reader()).map_dir(dir, "/t");
    let packer = match level {
        Some(level) => packer.compress(level),
        None => packer,
    };
    let packed = packer.pack().expect("packs").module;
    let index = found(&packed).index.into_owned();
    needed::of_index(&index, false, false).iter().collect()
}

#[test]
fn an_image_needs_only_the_parts_that_it_uses() {
    let dir = tempfile::tempdir().expect("made");
    assert_eq!(needed_by(dir.path(), None), []);
    fs::write(dir.path().join("file"), "text ".repeat(100)).expect("written");
    assert_eq!(needed_by(dir.path(), None), [Part::StoredBlocks]);
    assert_eq!(needed_by(dir.path(), Some(3)), [Part::CompressedBlocks]);
    std::os::unix::fs::symlink("file", dir.path().join("link")).expect("made");
    let expected = [Part::StoredBlocks, Part::Links];
    assert_eq!(needed_by(dir.path(), None), expected);
}

/// A frame of a short index saves less than the decoder has.
#[test]
fn an_index_is_compressed_if_that_saves_the_decoder() {
    let dir = tempfile::tempdir().expect("made");
    let packed = || {
        let packer = Packer::new(reader()).map_dir(dir.path(), "/t").compress(3);
        let module = packer.pack().expect("packs").module;
        let found = found(&module);
        (found.index.len(), found.index_stored_len as usize)
    };
    fs::write(dir.path().join("short"), "x").expect("written");
    let (len, stored_len) = packed();
    assert_eq!(stored_len, len);
    for number in 0..1000 {
        fs::write(dir.path().join(format!("empty {number}")), "").expect("written");
    }
    let (len, stored_len) = packed();
    assert!(stored_len < len / 2, "{stored_len} of {len}");
    fs::write(dir.path().join("text"), "text ".repeat(100)).expect("written");
    for number in 0..990 {
        fs::remove_file(dir.path().join(format!("empty {number}"))).expect("removed");
    }
    let (len, stored_len) = packed();
    assert!(stored_len < len, "{stored_len} of {len}");
}

#[test]
fn every_part_is_a_question_of_the_runtime() {
    let shape = Shape::parse(MERGED).expect("valid");
    let imports = shape.imported_functions();
    let asked: BTreeSet<&str> = imports
        .filter(|import| import.module == wasi_vfs_embedding::PART_MODULE)
        .map(|import| import.name)
        .collect();
    assert!(asked.iter().copied().eq(names()));
}

/// The names of all parts, sorted.
fn names() -> impl Iterator<Item = &'static str> {
    let names: BTreeSet<_> = Part::ALL.iter().map(|part| part.name()).collect();
    names.into_iter()
}
