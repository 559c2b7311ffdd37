//! A module run in this process, thousands of times: wasmi, and of preview 1 no
//! more than a program that asks a packed tree needs.
//!
//! The host has no directory, no argument and no variable. What a run may take
//! is counted in instructions, so that a loop ends on any machine.

use wasmi::{
    Caller, CompilationMode, Config, Engine, Error, Extern, ExternType, Func, Instance, Memory,
    Module, Store, Val,
};

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    /// The exit status, or how it trapped or ran out of fuel.
    pub status: Result<i32, String>,
    /// What it printed.
    pub stdout: String,
    /// About how many instructions it took.
    pub fuel: u64,
}

/// Errno of a descriptor that the host does not have.
const BADF: i32 = 8;

/// Runs `_start` of a module with `fuel`.
pub fn run(wasm: &[u8], fuel: u64) -> Ran {
    let engine = engine();
    let mut store = Store::new(&engine, Vec::new());
    store.set_fuel(fuel).expect("fuel is counted");
    let outcome = start(&engine, &mut store, wasm);
    let left = store.get_fuel().expect("fuel is counted");
    Ran {
        status: match outcome {
            Ok(()) => Ok(0),
            Err(error) => error.i32_exit_status().ok_or_else(|| error.to_string()),
        },
        stdout: String::from_utf8_lossy(store.data()).into_owned(),
        fuel: fuel - left,
    }
}

/// What the memory of a module holds after its export `function` was called.
///
/// # Panics
///
/// If the function traps.
pub fn memory_after(wasm: &[u8], function: &str) -> Vec<u8> {
    let engine = engine();
    let mut store = Store::new(&engine, Vec::new());
    store.set_fuel(u64::MAX).expect("fuel is counted");
    let instance = instantiate(&engine, &mut store, wasm).expect("a module");
    let function = instance.get_typed_func::<(), ()>(&store, function);
    function
        .and_then(|function| function.call(&mut store, ()))
        .expect("it does not trap");
    let memory = instance.get_memory(&store, "memory").expect("exported");
    memory.data(&store).to_vec()
}

fn engine() -> Engine {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::LazyTranslation);
    Engine::new(&config)
}

fn start(engine: &Engine, store: &mut Store<Vec<u8>>, wasm: &[u8]) -> Result<(), Error> {
    let instance = instantiate(engine, store, wasm)?;
    let start = instance.get_typed_func::<(), ()>(&*store, "_start")?;
    start.call(store, ())
}

fn instantiate(
    engine: &Engine,
    store: &mut Store<Vec<u8>>,
    wasm: &[u8],
) -> Result<Instance, Error> {
    let module = Module::new(engine, wasm)?;
    let imports: Vec<Extern> = module
        .imports()
        .map(|import| function(store, import.name(), import.ty()))
        .collect();
    Instance::new(store, &module, &imports)
}

fn function(store: &mut Store<Vec<u8>>, name: &str, ty: &ExternType) -> Extern {
    let ExternType::Func(ty) = ty else {
        panic!("`{name}` is no function");
    };
    let name = name.to_owned();
    let host = move |caller: Caller<'_, Vec<u8>>, args: &[Val], results: &mut [Val]| {
        let errno = answer(caller, &name, args)?;
        if let [result] = results {
            *result = Val::I32(errno);
        }
        Ok(())
    };
    Extern::Func(Func::new(store, ty.clone(), host))
}

fn answer(mut caller: Caller<'_, Vec<u8>>, name: &str, args: &[Val]) -> Result<i32, Error> {
    let number = |at: usize| args.get(at).and_then(Val::i32).unwrap_or_default();
    let address = |at: usize| number(at).cast_unsigned() as usize;
    match name {
        "proc_exit" => return Err(Error::i32_exit(number(0))),
        "args_sizes_get" | "environ_sizes_get" => {
            let memory = memory(&caller)?;
            memory.write(&mut caller, address(0), &[0; 4])?;
            memory.write(&mut caller, address(1), &[0; 4])?;
        }
        "fd_write" if number(0) == 1 => {
            let written = print(&mut caller, address(1), number(2))?;
            let memory = memory(&caller)?;
            memory.write(&mut caller, address(3), &written.to_le_bytes())?;
        }
        name if name.starts_with("fd_") || name.starts_with("path_") => return Ok(BADF),
        _ => {}
    }
    Ok(0)
}

/// Accepts calls that fit into these vectors.
fn print(caller: &mut Caller<'_, Vec<u8>>, vectors: usize, count: i32) -> Result<u32, Error> {
    let memory = memory(caller)?;
    let mut printed = Vec::new();
    for vector in 0..count.cast_unsigned() as usize {
        let mut bytes = [0; 8];
        memory.read(&*caller, vectors + 8 * vector, &mut bytes)?;
        let [start, len] = [&bytes[..4], &bytes[4..]]
            .map(|half| u32::from_le_bytes(half.try_into().expect("four bytes")) as usize);
        let taken = memory.data(&*caller).get(start..start + len);
        printed.extend_from_slice(taken.ok_or_else(|| Error::new("a vector out of bounds"))?);
    }
    caller.data_mut().extend_from_slice(&printed);
    Ok(printed.len() as u32)
}

/// The application's.
fn memory(caller: &Caller<'_, Vec<u8>>) -> Result<Memory, Error> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    memory.ok_or_else(|| Error::new("no memory is exported"))
}
