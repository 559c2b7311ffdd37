//! A runtime whose memory is a region of the application's.

use super::super::MemoryKind;
use super::fake::start;
use super::merged::OPEN;
use super::{INDEX, KINDS, PARTS, PAYLOAD, VERSION, embed, pack_with, runtime, wasm};
use crate::module::find;
use wasmi::{Instance, Store, StoreLimits, Val};
use wasmparser::{Validator, WasmFeatures};

fn single(wat: &str) -> Vec<u8> {
    let packed = pack_with(&wasm(wat), MemoryKind::Single);
    packed.expect("can be packed").module
}

/// A program with this memory that grows and inspects it, and opens and reads files.
fn grower(memory: &str) -> String {
    format!(
        r#"(module {OPEN}
          (import "wasi_snapshot_preview1" "fd_read"
            (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
          (memory (export "memory") {memory})
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "size") (result i32) memory.size)
          (func (export "seen") (result i32) (call $close (i32.const 0)))
          (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
          (func (export "store") (param i32) (i32.store (local.get 0) (i32.const -1)))
          (func (export "open") (result i32)
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
              (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)))
            (i32.load (i32.const 64)))
          (func (export "read") (result i32)
            (i32.store (i32.const 0) (i32.const 128)) (i32.store (i32.const 4) (i32.const 4))
            (drop (call $read (i32.const 100) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.load (i32.const 128))))"#
    )
}

/// An instance of a program.
struct Running {
    store: Store<StoreLimits>,
    instance: Instance,
}

impl Running {
    fn new(wasm: &[u8]) -> Self {
        Self::with_limit(wasm, u64::MAX)
    }

    /// Starts it on a host that allows `pages` pages.
    fn with_limit(wasm: &[u8], pages: u64) -> Self {
        let (store, instance) = start(wasm, pages);
        Self { store, instance }
    }

    fn call(&mut self, name: &str, argument: Option<i32>) -> i32 {
        let function = self.instance.get_func(&self.store, name).expect("exported");
        let arguments: Vec<Val> = argument.map(Val::I32).into_iter().collect();
        let results = function.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); results];
        function
            .call(&mut self.store, &arguments, &mut results)
            .expect("does not trap");
        results.first().and_then(Val::i32).unwrap_or(0)
    }

    fn grow(&mut self, pages: i32) -> i32 {
        self.call("grow", Some(pages))
    }

    /// Grows by single pages from 2 to `end`. Returns the number of moves of the region.
    fn moves_to(&mut self, end: i32) -> u32 {
        let (mut moves, mut pages) = (0, self.pages());
        for size in 2..end {
            assert_eq!(self.grow(1), size);
            if self.pages() != pages {
                (moves, pages) = (moves + 1, self.pages());
            }
        }
        moves
    }

    /// Length of the whole memory in pages.
    fn pages(&self) -> u64 {
        let memory = self.instance.get_memory(&self.store, "memory");
        memory.expect("exported").size(&self.store)
    }

    /// Whether each byte of a page is `byte`.
    fn holds(&self, page: usize, byte: u8) -> bool {
        let memory = self.instance.get_memory(&self.store, "memory");
        let bytes = memory.expect("exported").data(&self.store);
        bytes[page << 16..(page + 1) << 16]
            .iter()
            .all(|&found| found == byte)
    }

    fn fill(&mut self, page: usize, byte: u8) {
        let memory = self.instance.get_memory(&self.store, "memory");
        let bytes = memory.expect("exported").data_mut(&mut self.store);
        bytes[page << 16..(page + 1) << 16].fill(byte);
    }

    /// Checks that the runtime is unchanged and knows the length of the program.
    fn assert_serves(&mut self) {
        self.assert_answers();
        assert_eq!(self.call("seen", None), self.call("size", None));
    }

    fn assert_answers(&mut self) {
        let number = |bytes: &[u8]| i32::from_le_bytes(bytes[..4].try_into().expect("four"));
        assert_eq!(self.call("open", None), number(INDEX));
        assert_eq!(self.call("read", None), number(PAYLOAD));
    }
}

/// Pages of the runtime in `fake`.
const REGION: u64 = 16;

#[test]
fn there_is_one_memory_with_room_for_both() {
    let running = Running::new(&single(&grower("3")));
    assert_eq!(running.pages(), 3 + REGION);
    let text = super::text(&single(&grower("3")));
    assert_eq!(
        text.matches("(memory ").count(),
        1 + text.matches("(export \"memory\"").count()
    );
}

#[test]
fn single_memory_needs_only_bulk_memory() {
    let features = WasmFeatures::WASM1 | WasmFeatures::BULK_MEMORY;
    let module = single(&grower("3"));
    let mut validator = Validator::new_with_features(features);
    validator.validate_all(&module).expect("valid");
}

#[test]
fn the_program_sees_its_own_pages_contiguous_and_zero() {
    let mut running = Running::new(&single(&grower("2")));
    running.assert_serves();
    let mut size = 2;
    for pages in [0, 1, 2, 0, 7, 1, 1, 40, 3] {
        assert_eq!(running.grow(pages), size);
        for page in size..size + pages {
            assert!(running.holds(page as usize, 0), "page {page}");
            for address in [page << 16, (page << 16) + 0xfffc] {
                running.call("store", Some(address));
                assert_eq!(running.call("load", Some(address)), -1, "{address:#x}");
            }
        }
        size += pages;
        assert_eq!(running.call("size", None), size);
        running.assert_serves();
    }
}

#[test]
fn the_declared_maximum_is_the_programs() {
    let mut running = Running::new(&single(&grower("2 10")));
    assert_eq!(running.grow(9), -1);
    assert_eq!(running.grow(i32::MAX), -1);
    assert_eq!(running.grow(-1), -1);
    assert_eq!(running.grow(8), 2);
    assert_eq!(running.grow(1), -1);
    assert_eq!(running.grow(0), 10);
    running.assert_serves();
}

/// Pages above the maximum belong to the runtime, and the last pages cost no more.
#[test]
fn slack_ends_where_the_program_must() {
    let module = single(&grower("2 2048"));
    let mut running = Running::new(&module);
    assert_eq!(running.grow(2046), 2);
    assert_eq!(running.pages(), 2048 + REGION);
    running.assert_serves();
    let mut running = Running::new(&module);
    let moves = running.moves_to(2048);
    assert!((20..50).contains(&moves), "{moves}");
    assert_eq!(running.pages(), 2048 + REGION);
    running.assert_serves();
}

#[test]
fn four_gigabytes_are_shared_with_the_runtime() {
    let mut running = Running::new(&single(&grower("2")));
    // There is no room for slack.
    assert_eq!(running.grow(65536 - 2 - 16 + 1), -1);
    assert_eq!((running.grow(0), running.pages()), (2, 2 + REGION));
    running.assert_serves();
}

#[test]
fn ten_thousand_grows_move_the_region_a_few_times() {
    let mut running = Running::new(&single(&grower("2")));
    let moves = running.moves_to(10_002);
    assert!((40..60).contains(&moves), "{moves}");
    running.assert_serves();
}

#[test]
fn failed_growth_changes_nothing() {
    // The maximum of the memory: 2 + 10 pages of the program, the region, and its growth.
    let module = single(&grower("2 1000"));
    let mut running = Running::with_limit(&module, 2 + REGION + 20);
    // 16 pages of slack would exceed it.
    assert_eq!(running.grow(15), 2);
    assert_eq!(running.pages(), 2 + REGION + 15);
    running.assert_serves();
    assert_eq!(running.grow(6), -1);
    assert_eq!((running.grow(0), running.pages()), (17, 2 + REGION + 15));
    running.assert_serves();
    assert_eq!(running.grow(5), 17);
    running.assert_serves();
}

#[test]
fn programs_without_room_get_a_remedy() {
    let error = pack_with(&wasm(&grower("65530")), MemoryKind::Single);
    let error = error.expect_err("refused").to_string();
    for words in ["65530 pages", "16", "--memory separate"] {
        assert!(error.contains(words), "{error}");
    }
    let full = pack_with(&wasm(&grower("65536")), MemoryKind::Single);
    let error = full.expect_err("refused").to_string();
    assert!(error.contains("--memory separate"), "{error}");
    pack_with(&wasm(&grower("65536")), MemoryKind::Separate).expect("packs");
}

#[test]
fn a_linked_module_has_no_separate_memory() {
    let linked = wasm(&super::fake::linked_text(VERSION, ""));
    let error = pack_with(&linked, MemoryKind::Separate).expect_err("refused");
    assert!(error.to_string().contains("libwasi_vfs.a"), "{error}");
    pack_with(&linked, MemoryKind::Single).expect("it has one memory");
}

#[test]
fn a_global_or_the_anchor_locates_the_region() {
    let module = single(&grower("2"));
    let magic = b"\x89wasi-vfs anchor";
    let at = module
        .windows(magic.len())
        .position(|bytes| bytes == magic)
        .expect("anchor");
    let mut moved = module.clone();
    // The recorded start of the region.
    moved[at + 64 + 2] += 1;
    assert_eq!(*super::found(&moved).index, *INDEX);
    // The initial value of the global: two pages.
    let global = [0x7f, 1, 0x41, 0x80, 0x80, 8, 0x0b];
    let start = module.windows(7).position(|bytes| bytes == global);
    for (module, is_found) in [(module.clone(), true), (moved, false)] {
        let mut module = module;
        module[start.expect("a global") + 5] = 9;
        assert_eq!(find(&module).is_ok(), is_found);
    }
}

/// The host calls back and the program grows before the runtime stores a result. The fake
/// runtime also has values that control instructions compute.
#[test]
fn the_region_may_move_during_a_call_of_the_host() {
    let text = super::fake::runtime_text(VERSION).replace(
        r#"(func (export "fd_close") (param i32) (result i32) (call $size))"#,
        r#"(func (export "fd_close") (param i32) (result i32)
            (i32.store (i32.const 2012) (call $host_tell (i32.const 77) (i32.const 0)))
            (i64.store offset=4 (i32.add (local.get 0) (i32.const 2012))
              (if (result i64) (local.get 0) (then (i64.const 6)) (else (i64.const 5))))
            (f64.store (i32.const 2024) (block (result f64) (f64.const 1)))
            (memory.copy (i32.const 2032) (i32.const 2012) (i32.const 12))
            (memory.fill (i32.const 2033) (i32.const 0) (i32.const 3))
            (i32.add (i32.load (i32.const 2012)) (i32.add (i32.load8_u offset=2000 (i32.const 16))
              (i32.add (i32.extend8_s (i32.load8_u (i32.const 2032))) (memory.size)))))"#,
    );
    let program = grower("2").replace(
        r#"(import "wasi_snapshot_preview1" "fd_read""#,
        r#"(import "wasi_snapshot_preview1" "fd_tell" (func (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read""#,
    );
    let answers = KINDS.map(|kind| {
        let packed = embed(&wasm(&program), &PARTS, &wasm(&text), VERSION, Some(kind));
        let mut running = Running::new(&packed.expect("packs").module);
        let answer = running.call("seen", None);
        assert_eq!(running.call("size", None), 3, "the host made it grow");
        answer
    });
    let fd_tell = 77 + 2000;
    let expected = fd_tell + 5 + i32::from(fd_tell as i8) + REGION as i32;
    assert_eq!(answers, [expected; 2]);
}

#[test]
fn unsupported_instructions_are_named() {
    let text = super::fake::runtime_text(VERSION).replace(
        r#"(func (export "fd_close") (param i32) (result i32) (call $size))"#,
        r#"(func (export "fd_close") (param i32) (result i32)
            (drop (v128.load (i32.const 0))) (call $size))"#,
    );
    let program = wasm(&grower("1"));
    let pack = |kind| embed(&program, &PARTS, &wasm(&text), VERSION, Some(kind));
    let error = pack(MemoryKind::Single).expect_err("refused").to_string();
    assert!(error.contains("`V128Load`"), "{error}");
    pack(MemoryKind::Separate).expect("packs");
    embed(
        &program,
        &PARTS,
        &runtime(),
        VERSION,
        Some(MemoryKind::Single),
    )
    .expect("packs");
}

/// The fake runtime with two calls on its own memory. `fd_datasync` grows it by a number of
/// pages and writes a number to the first. `sock_shutdown` reads that number.
fn growing_runtime() -> Vec<u8> {
    let mut text = super::fake::runtime_text(VERSION);
    for (call, params, body) in [
        (
            "fd_datasync",
            "i32",
            "(local $page i32)
            (local.set $page (memory.grow (local.get 0)))
            (if (i32.or (i32.eqz (local.get 0)) (i32.eq (local.get $page) (i32.const -1)))
              (then (return (local.get $page))))
            (i32.store (i32.const 3000) (i32.shl (local.get $page) (i32.const 16)))
            (i32.store (i32.load (i32.const 3000)) (i32.const 0x5eed))
            (local.get $page)",
        ),
        (
            "sock_shutdown",
            "i32 i32",
            "(if (result i32) (i32.load (i32.const 3000))
              (then (i32.load (i32.load (i32.const 3000)))) (else (i32.const 0x5eed)))",
        ),
    ] {
        let head = format!(r#"(func (export "{call}") (param {params}) (result i32) "#);
        let constant = format!("{head}i32.const 99)");
        assert!(text.contains(&constant), "{call}");
        text = text.replace(&constant, &format!("{head}{body})"));
    }
    wasm(&text)
}

/// [`grower`], which also reaches the two calls of [`growing_runtime`].
fn growing(memory: &str) -> Vec<u8> {
    let imports = r#"(import "wasi_snapshot_preview1" "fd_datasync"
            (func $extend (param i32) (result i32)))
          (import "wasi_snapshot_preview1" "sock_shutdown"
            (func $own (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read""#;
    let exports = r#"(func (export "extend") (param i32) (result i32) (call $extend (local.get 0)))
          (func (export "own") (result i32) (call $own (i32.const 0) (i32.const 0)))
          (func (export "read")"#;
    let program = grower(memory)
        .replace(r#"(import "wasi_snapshot_preview1" "fd_read""#, imports)
        .replace(r#"(func (export "read")"#, exports);
    let kind = Some(MemoryKind::Single);
    let packed = embed(&wasm(&program), &PARTS, &growing_runtime(), VERSION, kind);
    packed.expect("can be packed").module
}

/// The owner of each page, as program and host know it.
struct Shared {
    running: Running,
    owners: Vec<(usize, u8)>,
    host_has_grown: bool,
}

const PROGRAM: u8 = 0x11;
const HOST: u8 = 0xaa;

impl Shared {
    fn new(wasm: &[u8], initial: usize) -> Self {
        let mut running = Running::new(wasm);
        for page in 1..initial {
            running.fill(page, PROGRAM);
        }
        Self {
            running,
            // Calls use the first page.
            owners: (1..initial).map(|page| (page, PROGRAM)).collect(),
            host_has_grown: false,
        }
    }

    /// Allocates free pages, which are zero.
    fn take(&mut self, first: usize, count: usize, owner: u8) {
        for page in first..first + count {
            assert!(self.running.holds(page, 0), "page {page} is not zero");
            assert!(
                self.owners.iter().all(|(other, _)| *other != page),
                "{page}"
            );
            self.owners.push((page, owner));
            self.running.fill(page, owner);
        }
    }

    fn host_grows(&mut self, count: usize) {
        let memory = self
            .running
            .instance
            .get_memory(&self.running.store, "memory");
        let first = memory
            .expect("exported")
            .grow(&mut self.running.store, count as u64);
        self.host_has_grown |= count > 0;
        let first = usize::try_from(first.expect("grows")).expect("a page");
        self.take(first, count, HOST);
    }

    fn program_grows(&mut self, count: usize) {
        let first = self.running.grow(count as i32);
        let first = usize::try_from(first).expect("it grows");
        self.take(first, count, PROGRAM);
        let size = self.running.call("size", None);
        assert!(count == 0 || size as usize == first + count, "size {size}");
    }

    fn runtime_grows(&mut self, count: usize) {
        assert!(self.running.call("extend", Some(count as i32)) > 0);
    }

    fn assert_intact(&mut self) {
        for (page, owner) in &self.owners {
            assert!(
                self.running.holds(*page, *owner),
                "page {page} of {owner:#x}"
            );
        }
        assert_eq!(self.running.call("own", None), 0x5eed);
        let (seen, size) = (
            self.running.call("seen", None),
            self.running.call("size", None),
        );
        match self.host_has_grown {
            // Its pages may be named in calls.
            true => assert_eq!(seen as u64, self.running.pages()),
            false => assert_eq!(seen, size),
        }
        self.running.assert_answers();
    }
}

#[test]
fn nobody_overwrites_pages_that_the_host_grows() {
    type Step = fn(&mut Shared, usize);
    let steps: [Step; 3] = [
        Shared::host_grows,
        Shared::program_grows,
        Shared::runtime_grows,
    ];
    let wasm = growing("3");
    // All orders of five steps.
    for order in 0..3_usize.pow(5) {
        let mut shared = Shared::new(&wasm, 3);
        for position in 0..5 {
            let step = steps[order / 3_usize.pow(position) % 3];
            step(&mut shared, [1, 4, 0, 2, 40][position as usize]);
            shared.assert_intact();
        }
    }
}

#[test]
fn a_program_may_use_slack_after_the_host_has_grown() {
    let mut shared = Shared::new(&growing("3"), 3);
    shared.program_grows(1);
    let pages = shared.running.pages();
    shared.host_grows(2);
    // The slack has the length of the region.
    assert_eq!(shared.running.grow(REGION as i32 - 1), 4);
    assert_eq!(shared.running.pages(), pages + 2);
    assert_eq!(shared.running.grow(2), pages as i32 + 2);
    shared.assert_intact();
}

#[test]
fn a_host_may_leave_the_program_no_memory() {
    let mut shared = Shared::new(&growing("3 10"), 3);
    shared.host_grows(16);
    assert_eq!(shared.running.grow(-1), -1);
    assert_eq!(shared.running.grow(i32::MAX), -1);
    assert_eq!(shared.running.grow(65_536), -1);
    assert_eq!(shared.running.grow(0), 3);
    shared.program_grows(1);
    assert_eq!(shared.running.grow(-16), -1);
    assert_eq!(shared.running.grow(-40), -1);
    shared.assert_intact();
}
