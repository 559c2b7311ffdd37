//! The exports of the built runtime by which a host saves and restores changes.

use super::{KINDS, fake, wasm};
use crate::module::{ModuleError, without_image};
use crate::{MemoryKind, PackError, Packer};
use wasi_vfs_embedding::{CHANGES_FNS, CHANGES_MEMORY, ChangesCode};
use wasi_vfs_format::testing::{Change, changed, changes};
use wasmi::{Instance, Store, StoreLimits};

/// A program with another export of this name.
fn program(export: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "{export}")))"#
    ))
}

fn pack(program: Vec<u8>, kind: MemoryKind) -> Result<Vec<u8>, PackError> {
    let packer = Packer::new(program).map_dir("src/module/tests", "/tests");
    let packer = packer.writable("/tests").writable_limit(1 << 20);
    Ok(packer.memory(kind).compress(3).pack()?.module)
}

/// A running packed program.
struct Running {
    store: Store<StoreLimits>,
    instance: Instance,
}

impl Running {
    fn new(kind: MemoryKind) -> Self {
        let module = pack(program("_start"), kind).expect("can be packed");
        let (store, instance) = fake::start(&module, u64::MAX);
        Self { store, instance }
    }

    fn call(&mut self, name: &str) -> i32 {
        let name = format!("wasi_vfs_changes_{name}");
        let function = self
            .instance
            .get_typed_func::<(), i32>(&self.store, &name)
            .expect("exported");
        function.call(&mut self.store, ()).expect("no trap")
    }

    fn call_with(&mut self, name: &str, argument: i32) -> i32 {
        let name = format!("wasi_vfs_changes_{name}");
        let function = self
            .instance
            .get_typed_func::<i32, i32>(&self.store, &name)
            .expect("exported");
        function.call(&mut self.store, argument).expect("no trap")
    }

    /// The buffer, made with this length.
    fn buffer(&mut self, len: usize) -> usize {
        let address = self.call_with("buffer", i32::try_from(len).expect("short"));
        assert!(address > 0, "no memory");
        address as usize
    }

    fn apply(&mut self, image: &[u8]) -> i32 {
        let address = self.buffer(image.len());
        let memory = self.instance.get_memory(&self.store, CHANGES_MEMORY);
        let memory = memory.expect("exported");
        memory.data_mut(&mut self.store)[address..][..image.len()].copy_from_slice(image);
        self.call("apply")
    }

    fn save(&mut self) -> Vec<u8> {
        let len = self.call("save");
        let address = self.buffer(1000);
        let mut image = Vec::new();
        while image.len() < len as usize {
            let read = self.call_with("read", image.len() as i32);
            assert!(read > 0, "{read}");
            let memory = self.instance.get_memory(&self.store, CHANGES_MEMORY);
            let memory = memory.expect("exported").data(&self.store);
            image.extend_from_slice(&memory[address..][..read as usize]);
        }
        image
    }
}

fn sample() -> Vec<u8> {
    changes([(
        "tests",
        changed([
            ("built.rs", Change::Removed),
            ("new", Change::File(b"text ".repeat(3000))),
            ("newer", Change::Link("/tests/new".to_owned())),
        ]),
    )])
}

#[test]
fn applied_changes_are_saved_again() {
    for kind in KINDS {
        let mut running = Running::new(kind);
        let image = sample();
        assert_eq!(running.apply(&image), 0);
        let saved = running.save();
        // The root is not writable, and keeps its time.
        let of_nodes = |image: &[u8]| image[164..].to_vec();
        assert_eq!(saved.len(), image.len(), "{kind:?}");
        assert_eq!(of_nodes(&saved), of_nodes(&image), "{kind:?}");
        assert_eq!(running.apply(&image), ChangesCode::Changed as i32);
    }
}

#[test]
fn failures_have_codes() {
    for kind in KINDS {
        let mut running = Running::new(kind);
        let nothing = ChangesCode::Nothing as i32;
        running.buffer(10);
        assert_eq!(running.call_with("read", 0), nothing);
        assert_eq!(running.apply(b"text"), ChangesCode::Damaged as i32);
        let outside = changes([("other", changed([]))]);
        assert_eq!(running.apply(&outside), ChangesCode::ReadOnly as i32);
        let long = Change::File(vec![7; 2 << 20]);
        let long = changes([("tests", changed([("long", long)]))]);
        assert_eq!(running.apply(&long), ChangesCode::NoSpace as i32);
        // Without a buffer there is nothing to read into.
        assert!(running.call("save") > 0);
        assert_eq!(running.call_with("buffer", 0), 0);
        let no_memory = ChangesCode::NoMemory as i32;
        assert_eq!(running.call_with("read", 0), no_memory);
        assert_eq!(running.call_with("buffer", -1), 0);
        assert_eq!(running.apply(&sample()), 0);
    }
}

#[test]
fn unmerging_removes_the_exports() {
    for kind in KINDS {
        let original = program("_start");
        let module = pack(original.clone(), kind).expect("can be packed");
        let restored = without_image(&module).expect("restorable");
        assert!(*restored == *original, "{kind:?}");
    }
}

#[test]
fn read_only_modules_have_no_such_export() {
    let packer = Packer::new(program("_start")).map_dir("src/module/tests", "/tests");
    let module = packer.pack().expect("can be packed").module;
    let (store, instance) = fake::start(&module, u64::MAX);
    for name in CHANGES_FNS.into_iter().chain([CHANGES_MEMORY]) {
        assert!(instance.get_export(&store, name).is_none(), "{name}");
    }
}

#[test]
fn programs_with_such_an_export_are_rejected() {
    for name in CHANGES_FNS.into_iter().chain([CHANGES_MEMORY]) {
        let error = pack(program(name), MemoryKind::Separate).expect_err("taken");
        let PackError::Module(ModuleError::ExportTaken { name: taken }) = &error else {
            panic!("{error}");
        };
        assert_eq!(taken, name);
    }
}
