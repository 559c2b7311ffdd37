//! Runs a runtime at pack time in wasmi, and takes a snapshot with Wizer.
//!
//! The steps are: instantiate, call `wasi_vfs_alloc`, write the image there and the fields
//! of the anchor, call `wasi_vfs_mount`, take the snapshot. For example, an image of 300
//! bytes is written to the address 4096 that the runtime returns, and the anchor then
//! names 4096.
//!
//! Owns the engine and the three calls of the ABI. A linked application and a runtime of its
//! own are the same here: a module with an anchor in memory 0. It cannot reach the host.

use crate::bounds::{MAX_MEMORIES, bounds};
use crate::interpreter::sparse_copy;
use crate::module::bake::piece::Piece;
use crate::module::error::ModuleError;
use crate::module::locate::anchor::check_abi;
use std::collections::HashMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasi_vfs_embedding::{ALLOC_FN, ANCHOR_FN, ANCHOR_LEN, ANCHOR_MAGIC, Anchor, MOUNT_FN};
use wasmi::{
    Config, Engine, Extern, ExternType, Func, Instance, Memory, Module, Store, StoreLimits, Val,
};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};
use zerocopy::{FromBytes, IntoBytes};

/// The export name of a memory after Wizer's instrumentation.
fn memory_name(number: usize) -> String {
    format!("__wizer_memory_{number}")
}

/// Approximate limit on instructions, in addition to [`FUEL_PER_BYTE`]. It stops a start
/// function that never ends after a few seconds. A mount needs a hundredth of it. In tests,
/// an engine without optimisation runs as much in a moment.
const FUEL: u64 = if cfg!(test) {
    20_000_000
} else {
    1_000_000_000
};

/// Instructions for each byte of the image, which is zeroed and then written.
const FUEL_PER_BYTE: u64 = 4;

/// The limit on instructions for `len` bytes.
pub(super) fn fuel(len: usize) -> u64 {
    FUEL.saturating_add((len as u64).saturating_mul(FUEL_PER_BYTE))
}

/// The data that is written into the module before the snapshot.
pub(crate) struct Bake<'a> {
    /// Pieces that are written back to back into allocated memory, and then freed.
    pub(crate) pieces: Vec<Piece<'a>>,
    /// Sets the fields of the anchor except its own address, from the address of the first
    /// piece.
    pub(crate) fill: &'a dyn Fn(&mut Anchor, u32) -> Result<(), ModuleError>,
    /// Exports to rename: new name, old name.
    pub(crate) renames: &'a [(&'a str, &'a str)],
}

impl Bake<'_> {
    fn len(&self) -> usize {
        self.pieces.iter().map(Piece::len).sum()
    }
}

/// Instantiates `wasm`, writes and mounts the image, and returns a module with this state as
/// its initial state.
pub(crate) fn bake(wasm: &[u8], bake: Bake<'_>) -> Result<Vec<u8>, ModuleError> {
    let mut wizer = Wizer::new();
    wizer.init_func(MOUNT_FN).keep_init_func(true);
    for (new, old) in bake.renames {
        wizer.func_rename(new, old);
    }
    let (context, instrumented) = wizer
        .instrument(wasm)
        .map_err(|error| wizer_error(&error))?;
    let mut state = run(instrumented, bake)?;
    let snapshot = poll_once(wizer.snapshot(&context, &mut state))?;
    if let Some(name) = state.missing {
        let message = format!("the snapshot lacks `{name}`");
        return Err(ModuleError::bake("snapshot", message));
    }
    snapshot.map_err(|error| wizer_error(&error))
}

/// The state of `instrumented` with the image mounted.
fn run(instrumented: Vec<u8>, bake: Bake<'_>) -> Result<State, ModuleError> {
    let mut running = Running::start(&instrumented, &bake)?;
    drop(instrumented);
    running.write_image(bake)?;
    running.call(MOUNT_FN, &[], &mut [])?;
    Ok(State::of(&running))
}

fn wizer_error(error: &impl std::fmt::Display) -> ModuleError {
    // The alternate form includes the causes.
    ModuleError::bake("Wizer cannot pre-initialise it", format!("{error:#}"))
}

/// Runs a future that never waits, because wasmi does not.
fn poll_once<T>(future: impl Future<Output = T>) -> Result<T, ModuleError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(ModuleError::bake("snapshot", "it did not finish")),
    }
}

/// An instance.
struct Running {
    store: Store<StoreLimits>,
    instance: Instance,
    memory: Memory,
}

impl Running {
    fn start(wasm: &[u8], bake: &Bake<'_>) -> Result<Self, ModuleError> {
        let engine = engine();
        let module = Module::new(&engine, wasm)
            .map_err(|error| ModuleError::bake("wasmi cannot load it", error))?;
        // The module may contain another image.
        let mut store = Store::new(&engine, bounds(bake.len() + wasm.len()));
        store.limiter(|bounds| bounds);
        store
            .set_fuel(fuel(bake.len()))
            .map_err(|error| ModuleError::bake("it does not start", error))?;
        let imports = stubs(&module, &mut store)?;
        let instance = Instance::new(&mut store, &module, &imports)
            .map_err(|error| ModuleError::bake("it does not start", error))?;
        let memory = instance
            .get_memory(&store, &memory_name(0))
            .ok_or_else(|| ModuleError::bake("it does not start", "it has no memory"))?;
        Ok(Self {
            store,
            instance,
            memory,
        })
    }

    /// Writes the pieces and the anchor.
    fn write_image(&mut self, bake: Bake<'_>) -> Result<(), ModuleError> {
        let anchor_address = self.call_for_address(ANCHOR_FN, &[])?;
        let mut anchor = self.read_anchor(anchor_address)?;
        let address = self.alloc(bake.len())?;
        let mut at = address;
        for piece in bake.pieces {
            self.write(at, &piece.bytes(at))?;
            at = at.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
        }
        anchor.address = anchor_address.into();
        (bake.fill)(&mut anchor, address)?;
        self.write(anchor_address, anchor.as_bytes())
    }

    fn alloc(&mut self, wanted: usize) -> Result<u32, ModuleError> {
        let limit = i32::MAX.unsigned_abs();
        let len = u32::try_from(wanted).ok().filter(|len| *len <= limit);
        let len = len.ok_or(ModuleError::TooLarge {
            part: "baked part",
            len: wanted as u64,
            limit: limit.into(),
        })?;
        let address = self.call_for_address(ALLOC_FN, &[Val::I32(len.cast_signed())])?;
        if address == 0 {
            return Err(ModuleError::NoRoom { len });
        }
        if address % 16 != 0 {
            let message = format!("found the address {address:#x}, expected a multiple of 16");
            return Err(ModuleError::bake(ALLOC_FN, message));
        }
        Ok(address)
    }

    fn read_anchor(&mut self, address: u32) -> Result<Anchor, ModuleError> {
        let mut bytes = [0; ANCHOR_LEN];
        let read = self.memory.read(&self.store, address as usize, &mut bytes);
        let anchor = read
            .ok()
            .and_then(|()| Anchor::read_from_bytes(&bytes).ok());
        let anchor = anchor.filter(|anchor| anchor.magic == ANCHOR_MAGIC);
        let anchor = anchor.ok_or_else(|| ModuleError::Linked {
            what: format!("there is no anchor at {address:#x}, where `{ANCHOR_FN}` says it is"),
        })?;
        check_abi(&anchor)?;
        Ok(anchor)
    }

    fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), ModuleError> {
        let written = self.memory.write(&mut self.store, address as usize, bytes);
        written.map_err(|_| {
            let len = bytes.len();
            let message = format!("{len} bytes at {address:#x} are outside of memory");
            ModuleError::bake("writing the image", message)
        })
    }

    fn call_for_address(&mut self, name: &'static str, args: &[Val]) -> Result<u32, ModuleError> {
        let mut results = [Val::I32(0)];
        self.call(name, args, &mut results)?;
        let [result] = results;
        Ok(result.i32().unwrap_or_default().cast_unsigned())
    }

    fn call(
        &mut self,
        name: &'static str,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<(), ModuleError> {
        let function = self.instance.get_func(&self.store, name);
        let function = function.ok_or_else(|| ModuleError::bake(name, "it is not exported"))?;
        let outcome = function.call(&mut self.store, args, results);
        outcome.map_err(|error| ModuleError::bake(name, error))
    }
}

/// An engine that counts instructions.
pub(super) fn engine() -> Engine {
    let mut config = Config::default();
    config
        .wasm_custom_page_sizes(true)
        .wasm_wide_arithmetic(true)
        .consume_fuel(true)
        // Only a few functions run, even of a large program. The bytes are validated or our
        // own.
        .compilation_mode(wasmi::CompilationMode::Lazy);
    Engine::new(&config)
}

/// A trapping function for each import. There is no host at pack time, and a call of one
/// would bake the packer's environment into the module.
pub(super) fn stubs(
    module: &Module,
    store: &mut Store<StoreLimits>,
) -> Result<Vec<Extern>, ModuleError> {
    let mut externs = Vec::new();
    for import in module.imports() {
        let (from, name) = (import.module().to_owned(), import.name().to_owned());
        let ExternType::Func(ty) = import.ty().clone() else {
            let message = format!("it imports `{from}` `{name}`, which is no function");
            return Err(ModuleError::bake("it does not start", message));
        };
        let stub = Func::new(&mut *store, ty, move |_, _, _| {
            let message = format!("the import `{from}` `{name}` was called at pack time");
            Err(wasmi::Error::new(message))
        });
        externs.push(Extern::Func(stub));
    }
    Ok(externs)
}

/// The exported state for Wizer. The engine is freed first, because Wizer's copy takes as
/// much memory again.
struct State {
    memories: HashMap<String, Vec<u8>>,
    globals: HashMap<String, Val>,
    /// A missing export that Wizer requested.
    missing: Option<String>,
}

impl State {
    fn of(running: &Running) -> Self {
        let Running {
            store, instance, ..
        } = running;
        let mut state = Self {
            memories: HashMap::new(),
            globals: HashMap::new(),
            missing: None,
        };
        let of_wizer: Vec<_> = (0..MAX_MEMORIES).map(memory_name).collect();
        for export in instance.exports(store) {
            let name = export.name().to_owned();
            match export.into_extern() {
                // A memory may have many other names, and each would be another copy.
                Extern::Memory(memory) if of_wizer.contains(&name) => {
                    state.memories.insert(name, sparse_copy(memory.data(store)));
                }
                Extern::Global(global) => {
                    state.globals.insert(name, global.get(store));
                }
                Extern::Memory(_) | Extern::Func(_) | Extern::Table(_) => {}
            }
        }
        state
    }
}

impl InstanceState for State {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        match self.globals.get(name) {
            Some(Val::I32(value)) => SnapshotVal::I32(*value),
            Some(Val::I64(value)) => SnapshotVal::I64(*value),
            Some(Val::F32(value)) => SnapshotVal::F32(value.to_bits()),
            Some(Val::F64(value)) => SnapshotVal::F64(value.to_bits()),
            Some(Val::V128(value)) => SnapshotVal::V128(value.as_u128()),
            _ => {
                self.missing = Some(name.into());
                SnapshotVal::I32(0)
            }
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        match self.memories.get(name) {
            Some(memory) => contents(memory),
            None => {
                self.missing = Some(name.into());
                contents(&[]);
            }
        }
    }
}
