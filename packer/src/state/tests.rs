//! Programs in text that read a packed file when they start. An interpreter runs the prepared
//! module, and the finished one.

use super::file::{State, Value};
use super::{Limits, StateError, finish, names, prepare};
use crate::{Contents, MemoryKind, Packer};
use wasi_vfs_embedding::ANCHOR_MAGIC;
use wasmi::{Engine, Extern, ExternType, Func, Instance, Module, Store, Val};

/// A reactor that reads the file `hello.txt`. `items` are more items.
fn reactor(items: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
        (import "wasi_snapshot_preview1" "path_open" (func $open
          (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read
          (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (table 2 funcref)
        (elem (i32.const 0) func $first)
        (global $count (mut i64) (i64.const 0))
        (global $ratio (mut f64) (f64.const 0))
        (global $constant i32 (i32.const 5))
        (data (i32.const 8) "hello.txt")
        (func $open_file (result i32)
          (drop (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 9)
            (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 40)))
          (i32.load (i32.const 40)))
        (func $read (param $file i32) (param $to i32) (param $len i32) (result i32)
          (i32.store (i32.const 48) (local.get $to))
          (i32.store (i32.const 52) (local.get $len))
          (drop (call $fd_read (local.get $file) (i32.const 48) (i32.const 1) (i32.const 56)))
          (i32.load (i32.const 56)))
        (func (export "_initialize")
          (global.set $count (i64.add (global.get $count) (i64.const 1)))
          (global.set $ratio (f64.const 2.5))
          (i32.store (i32.const 32) (call $open_file))
          (drop (call $read (i32.load (i32.const 32)) (i32.const 1024) (i32.const 4)))
          (drop (memory.grow (i32.const 1)))
          (i32.store (i32.const 65536) (i32.const 7)))
        (func $first (export "first") (result i32) (i32.load8_u (i32.const 1024)))
        (func (export "count") (result i64) (global.get $count))
        (func (export "ratio") (result f64) (global.get $ratio))
        (func (export "grown") (result i32) (i32.load (i32.const 65536)))
        (func (export "next") (result i32)
          (drop (call $read (i32.load (i32.const 32)) (i32.const 2048) (i32.const 1)))
          (i32.load8_u (i32.const 2048)))
        (func (export "late") (result i32)
          (drop (call $read (call $open_file) (i32.const 2048) (i32.const 2)))
          (i32.load8_u (i32.const 2049)))
        {items})"#
    );
    wat::parse_str(text).unwrap()
}

/// Four letters and more than a block.
fn content() -> Vec<u8> {
    let mut content = b"wxyz".to_vec();
    content.extend((0..300_000_u32).flat_map(|number| number.to_le_bytes()));
    content
}

fn packed(items: &str, kind: MemoryKind) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hello.txt"), content()).unwrap();
    let packer = Packer::new(reactor(items)).map_dir(dir.path(), "/");
    packer.compress(3).memory(kind).pack().unwrap().module
}

/// An instance whose host has no files.
struct Running {
    store: Store<()>,
    instance: Instance,
}

impl Running {
    fn start(wasm: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, wasm).unwrap();
        let mut store = Store::new(&engine, ());
        let mut imports = Vec::new();
        for import in module.imports() {
            let ExternType::Func(ty) = import.ty().clone() else {
                panic!("`{}` is no function", import.name());
            };
            let stub = Func::new(&mut store, ty, |_, _, results| {
                // `BADF`
                results.fill(Val::I32(8));
                Ok(())
            });
            imports.push(Extern::Func(stub));
        }
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        Self { store, instance }
    }

    fn call(&mut self, name: &str) -> Vec<Val> {
        let function = self.instance.get_func(&self.store, name).unwrap();
        let count = function.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); count];
        let args = vec![Val::I32(0); function.ty(&self.store).params().len()];
        function.call(&mut self.store, &args, &mut results).unwrap();
        results
    }

    fn number(&mut self, name: &str) -> i64 {
        match self.call(name).as_slice() {
            [Val::I32(number)] => i64::from(*number),
            [Val::I64(number)] => *number,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Copies the exports as a host does.
    fn state(&mut self) -> State {
        let exports: Vec<_> = self.instance.exports(&self.store).collect();
        let exports: Vec<_> = exports
            .into_iter()
            .map(|export| (export.name().to_owned(), export.into_extern()))
            .collect();
        let mut values = Vec::new();
        for (name, item) in exports {
            if !name.starts_with(names::PREFIX) {
                continue;
            }
            match item {
                Extern::Memory(memory) => {
                    let bytes = memory.data(&self.store).to_vec();
                    values.push((name, Value::Memory(bytes)));
                }
                Extern::Func(_) => {
                    let number = self.number(&name).cast_unsigned();
                    values.push((name, Value::Number(number)));
                }
                _ => {}
            }
        }
        State::of_exports(values).unwrap()
    }
}

const INITIALIZE: &str = "_initialize";

/// The state of a packed module after these calls.
fn state_after(packed: &[u8], calls: &[&str]) -> State {
    let mut running = Running::start(&prepare(packed).unwrap());
    for name in calls {
        running.call(name);
    }
    let file = running.state().write();
    State::read(&file).unwrap()
}

fn done(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The error for a reactor with these items, whose calls ran.
fn rejected(items: &str, calls: &[&str]) -> String {
    let packed = packed(items, MemoryKind::Separate);
    let state = state_after(&packed, calls);
    let error = finish(packed, &state, &done(calls), Limits::default());
    error.unwrap_err().to_string()
}

#[test]
fn a_started_program_goes_on() {
    for kind in [MemoryKind::Separate, MemoryKind::Single] {
        let packed = packed("", kind);
        let state = state_after(&packed, &[INITIALIZE]);
        let finished = finish(packed, &state, &done(&[INITIALIZE]), Limits::default());
        let finished = finished.unwrap();
        assert!(finished.returning.is_empty());
        let mut running = Running::start(&finished.module);
        // The published host code calls it again.
        running.call(INITIALIZE);
        assert_eq!(running.number("first"), i64::from(b'w'), "{kind:?}");
        assert_eq!(running.number("count"), 1);
        assert_eq!(running.number("grown"), 7);
        assert!(matches!(running.call("ratio")[..], [Val::F64(ratio)] if f64::from(ratio) == 2.5));
        // A file that was open stays open, at its place. Packed files open late.
        assert_eq!(running.number("next"), 0);
        assert_eq!(running.number("late"), i64::from(b'x'));
    }
}

#[test]
fn the_program_equals_one_that_was_started() {
    for kind in [MemoryKind::Separate, MemoryKind::Single] {
        let packed = packed("", kind);
        let state = state_after(&packed, &[INITIALIZE, "late", "next"]);
        let finished = finish(
            packed.clone(),
            &state,
            &done(&[INITIALIZE]),
            Limits::default(),
        );
        let mut fast = Running::start(&finished.unwrap().module);
        let mut slow = Running::start(&packed);
        for name in [INITIALIZE, "late", "next"] {
            slow.call(name);
        }
        for name in ["first", "count", "grown", "late", "next", "next"] {
            assert_eq!(fast.number(name), slow.number(name), "{name} {kind:?}");
        }
    }
}

#[test]
fn tools_find_the_image() {
    for kind in [MemoryKind::Separate, MemoryKind::Single] {
        let packed = packed("", kind);
        let before = Contents::find(&packed).unwrap();
        let state = state_after(&packed, &[INITIALIZE]);
        let finished = finish(
            packed.clone(),
            &state,
            &done(&[INITIALIZE]),
            Limits::default(),
        );
        let module = finished.unwrap().module;
        let contents = Contents::find(&module).unwrap();
        assert_eq!(contents.started, Some(vec![INITIALIZE.to_owned()]));
        assert_eq!(before.started, None);
        let image = contents.reader().unwrap();
        assert!(crate::resolve(&image, "/hello.txt", true).is_ok());
    }
}

#[test]
fn the_state_has_no_decompressed_block() {
    for kind in [MemoryKind::Separate, MemoryKind::Single] {
        let packed = packed("", kind);
        let state = state_after(&packed, &[INITIALIZE]);
        let finished = finish(packed, &state, &done(&[INITIALIZE]), Limits::default());
        let added = finished.unwrap().added_len;
        // The decoder's buffer of 128 KiB stays, and half a block as it is stored. The
        // decompressed block would be another 128 KiB.
        assert!(added < 300_000, "{added} bytes, {kind:?}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let packed = packed("", MemoryKind::Single);
    let module = || {
        let state = state_after(&packed, &[INITIALIZE]);
        let done = done(&[INITIALIZE]);
        finish(packed.clone(), &state, &done, Limits::default())
            .unwrap()
            .module
    };
    assert!(module() == module());
}

#[test]
fn exports_that_ran_return_zeros() {
    let items = r#"(func (export "setup") (param i32) (result i32 f64 i64)
        (i32.store (i32.const 100) (i32.const 9)) i32.const 3 f64.const 4 i64.const 5)
        (func (export "stored") (result i32) (i32.load (i32.const 100)))"#;
    let packed = packed(items, MemoryKind::Separate);
    let calls = [INITIALIZE, "setup"];
    let state = state_after(&packed, &calls);
    let finished = finish(packed, &state, &done(&calls), Limits::default()).unwrap();
    assert_eq!(finished.returning, ["setup"]);
    let mut running = Running::start(&finished.module);
    let results = running.call("setup");
    let [Val::I32(0), Val::F64(zero), Val::I64(0)] = results[..] else {
        panic!("{results:?}");
    };
    assert_eq!(f64::from(zero), 0.0);
    assert_eq!(running.number("stored"), 9);
}

#[test]
fn a_start_function_runs_once() {
    let items = r#"(func $begin
        (global.set $count (i64.add (global.get $count) (i64.const 100)))) (start $begin)"#;
    let packed = packed(items, MemoryKind::Separate);
    let state = state_after(&packed, &[INITIALIZE]);
    let finished = finish(packed, &state, &done(&[INITIALIZE]), Limits::default());
    let mut running = Running::start(&finished.unwrap().module);
    assert_eq!(running.number("count"), 101);
}

#[test]
fn changed_tables_are_rejected() {
    let items = [
        r#"(func (export "go") (table.set (i32.const 1) (ref.func $first)))"#,
        r#"(func (export "go") (drop (table.grow (ref.null func) (i32.const 1))))"#,
        r#"(func (export "go") (table.fill (i32.const 0) (ref.null func) (i32.const 1)))"#,
        r#"(func (export "go") (table.copy (i32.const 0) (i32.const 1) (i32.const 1)))"#,
        r#"(elem $more func $first) (func (export "go")
            (table.init $more (i32.const 1) (i32.const 0) (i32.const 1)))"#,
    ];
    for items in items {
        let error = rejected(items, &[INITIALIZE, "go"]);
        assert!(error.contains("changed a table"), "{items}: {error}");
    }
    // Code that could change a table is harmless until it runs.
    for items in items {
        let packed = packed(items, MemoryKind::Separate);
        let state = state_after(&packed, &[INITIALIZE]);
        let done = done(&[INITIALIZE]);
        assert!(finish(packed, &state, &done, Limits::default()).is_ok());
    }
}

#[test]
fn dropped_segments_are_rejected() {
    let items = [
        r#"(data $more "x") (func (export "go") (data.drop $more))"#,
        r#"(elem $more func $first) (func (export "go") (elem.drop $more))"#,
    ];
    for items in items {
        let error = rejected(items, &[INITIALIZE, "go"]);
        assert!(
            error.contains("dropped a data or element segment"),
            "{error}"
        );
    }
}

#[test]
fn a_lowered_stack_pointer_is_rejected() {
    let items = |restore: &str| {
        format!(
            r#"(global $stack (mut i32) (i32.const 65536))
            (func (export "go") (local i32)
              (global.set $stack
                (local.tee 0 (i32.sub (global.get $stack) (i32.const 16)))) {restore})"#
        )
    };
    let error = rejected(&items(""), &[INITIALIZE, "go"]);
    assert!(error.contains("is 65520, and was 65536"), "{error}");
    let restored = items("(global.set $stack (i32.add (local.get 0) (i32.const 16)))");
    let packed = packed(&restored, MemoryKind::Separate);
    let state = state_after(&packed, &[INITIALIZE, "go"]);
    assert!(finish(packed, &state, &done(&[INITIALIZE]), Limits::default()).is_ok());
}

#[test]
fn programs_without_a_lasting_state_are_rejected() {
    let kind = MemoryKind::Separate;
    let command = packed(r#"(func (export "_start"))"#, kind);
    let error = prepare(&command).unwrap_err();
    assert!(matches!(error, StateError::Command), "{error}");
    let error = prepare(&reactor("")).unwrap_err();
    assert!(matches!(error, StateError::NotPacked), "{error}");
    let component = wat::parse_str("(component)").unwrap();
    let error = prepare(&component).unwrap_err();
    assert!(matches!(error, StateError::Component), "{error}");
    let error = prepare(b"\0asm\x01\0\0\0\x63").unwrap_err();
    assert!(matches!(error, StateError::Module(_)), "{error}");
    let reference = packed("(global (mut externref) (ref.null extern))", kind);
    let error = prepare(&reference).unwrap_err().to_string();
    assert!(error.contains("has the type externref"), "{error}");
    let taken = packed(r#"(func (export "wasi_vfs_state_memory_0"))"#, kind);
    let error = prepare(&taken).unwrap_err();
    assert!(matches!(error, StateError::Taken { .. }), "{error}");
}

#[test]
fn a_second_state_is_rejected() {
    let packed = packed("", MemoryKind::Separate);
    let state = state_after(&packed, &[INITIALIZE]);
    let done = done(&[INITIALIZE]);
    let module = finish(packed, &state, &done, Limits::default())
        .unwrap()
        .module;
    let error = prepare(&module).unwrap_err();
    assert!(matches!(error, StateError::Second), "{error}");
}

#[test]
fn a_module_with_a_state_cannot_be_packed_again() {
    let dir = tempfile::tempdir().unwrap();
    for kind in [MemoryKind::Separate, MemoryKind::Single] {
        let packed = packed("", kind);
        let state = state_after(&packed, &[INITIALIZE]);
        let done = done(&[INITIALIZE]);
        let module = finish(packed, &state, &done, Limits::default())
            .unwrap()
            .module;
        let again = Packer::new(module.clone())
            .map_dir(dir.path(), "/more")
            .pack();
        let error = again.unwrap_err().to_string();
        assert!(error.contains("pack the original module"), "{error}");
        // Another tool has removed our custom sections.
        let stripped = without_custom_sections(&module);
        let again = Packer::new(stripped).map_dir(dir.path(), "/more").pack();
        let error = again.unwrap_err().to_string();
        assert!(
            error.contains("changed by another tool after packing"),
            "{error}"
        );
    }
}

fn without_custom_sections(wasm: &[u8]) -> Vec<u8> {
    let shape = crate::module::Shape::parse(wasm).unwrap();
    let rebuild = crate::module::Rebuild::copy(&shape, |_, _| None).unwrap();
    rebuild.finish().unwrap()
}

#[test]
fn exports_must_exist() {
    let packed = packed("", MemoryKind::Separate);
    let state = state_after(&packed, &[INITIALIZE]);
    let finish = |names: &[&str]| {
        let finished = finish(packed.clone(), &state, &done(names), Limits::default());
        finished.unwrap_err().to_string()
    };
    let error = finish(&[INITIALIZE, "initialise"]);
    assert!(
        error.contains("no function `initialise`; it exports `_initialize`"),
        "{error}"
    );
    let error = finish(&[INITIALIZE, "memory"]);
    assert!(error.contains("no function `memory`"), "{error}");
    let error = finish(&["count"]);
    assert!(error.contains("add `--done _initialize`"), "{error}");
}

#[test]
fn states_of_other_modules_are_rejected() {
    let one = packed("", MemoryKind::Separate);
    let two = packed(r#"(func (export "more"))"#, MemoryKind::Separate);
    let state = state_after(&one, &[INITIALIZE]);
    let error = finish(two, &state, &done(&[INITIALIZE]), Limits::default()).unwrap_err();
    assert!(matches!(error, StateError::OtherModule), "{error}");
}

#[test]
fn incomplete_states_are_rejected() {
    let packed = packed("", MemoryKind::Separate);
    let whole = state_after(&packed, &[INITIALIZE]);
    let error = |change: &dyn Fn(&mut State)| {
        let mut state = whole.clone();
        change(&mut state);
        let finished = finish(
            packed.clone(),
            &state,
            &done(&[INITIALIZE]),
            Limits::default(),
        );
        finished.unwrap_err().to_string()
    };
    let short = error(&|state| state.memories[0].truncate(65_535));
    assert!(
        short.contains("memory 0 of the state has 65535 bytes"),
        "{short}"
    );
    let none = error(&|state| state.memories[0].clear());
    assert!(none.contains("expected 1 to 65536 pages"), "{none}");
    let missing = error(&|state| state.memories.truncate(1));
    assert!(
        missing.contains("lacks `wasi_vfs_state_memory_1`"),
        "{missing}"
    );
    let global = error(&|state| {
        state.globals.remove(&0);
    });
    assert!(
        global.contains("lacks `wasi_vfs_state_global_0`"),
        "{global}"
    );
    let zeros = error(&|state| {
        let memory = &mut state.memories[1];
        let anchors = memchr::memmem::find_iter(memory, &ANCHOR_MAGIC);
        for at in anchors.collect::<Vec<_>>() {
            memory[at] = 0;
        }
    });
    assert!(zeros.contains("does not hold the packed files"), "{zeros}");
}

#[test]
fn long_states_need_a_limit_of_their_own() {
    let packed = packed("", MemoryKind::Separate);
    let state = state_after(&packed, &[INITIALIZE]);
    let finish = |limit| {
        let done = done(&[INITIALIZE]);
        finish(packed.clone(), &state, &done, Limits::added(limit))
    };
    let added = finish(1 << 20).unwrap().added_len;
    assert!(finish(added).is_ok());
    let error = finish(added - 1).unwrap_err().to_string();
    assert!(error.contains(&format!("adds {added} bytes")), "{error}");
}
