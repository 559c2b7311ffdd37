//! The observable behaviour of a module until it calls the host.

use crate::module::MemoryKind;
use std::fmt;
use wasmi::{
    CompilationMode, Config, Engine, Extern, ExternType, Func, Instance, Module, Store, TrapCode,
    Val, ValType,
};

/// The fuel of the unpacked module. The packed module gets more, because the engine also
/// charges fuel for the translation of functions.
const FUEL: u64 = 300_000;

/// The observed steps.
type Steps = Vec<Step>;

#[derive(PartialEq)]
enum Step {
    /// The result or trap of a call, or the value of a global.
    Text(String),
    /// An access or a segment was out of bounds.
    OutOfBounds,
    /// The content of a memory.
    Memory(Option<Vec<u8>>),
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::OutOfBounds => f.write_str("out of bounds"),
            Self::Memory(None) => f.write_str("no memory"),
            Self::Memory(Some(bytes)) => {
                let digest = blake3::hash(bytes).to_hex();
                write!(f, "memory of {} bytes, {digest}", bytes.len())
            }
        }
    }
}

/// Whether the program has called the host.
type HasCalledHost = bool;

/// Compares the behaviour of `module` and `packed`.
///
/// # Panics
///
/// They differ before `module` calls the host.
pub(super) fn compare(module: &[u8], packed: &[u8], kind: MemoryKind) {
    let Some(before) = run(module, FUEL) else {
        return;
    };
    let after = run(packed, 4 * FUEL).expect("the engine runs the packed module");
    for (at, old) in before.iter().enumerate() {
        // The shared memory is longer, so the packed program does not trap there.
        if kind == MemoryKind::Single && *old == Step::OutOfBounds {
            return;
        }
        let new = after.get(at);
        assert!(
            new.is_some_and(|new| old.is_like(new, kind)),
            "the packed module differs at step {at}: {old:?} became {new:?}"
        );
    }
}

impl Step {
    fn is_like(&self, packed: &Self, kind: MemoryKind) -> bool {
        match (self, packed, kind) {
            // The pages of the runtime follow those of the program.
            (Self::Memory(Some(old)), Self::Memory(Some(new)), MemoryKind::Single) => {
                new.starts_with(old)
            }
            _ => self == packed,
        }
    }
}

/// Runs a module. `None` if the engine rejects it.
fn run(wasm: &[u8], fuel: u64) -> Option<Steps> {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::LazyTranslation);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).ok()?;
    let mut store = Store::new(&engine, HasCalledHost::default());
    store.set_fuel(fuel).ok()?;
    let imports = module
        .imports()
        .map(|import| stub(&mut store, import.ty()))
        .collect::<Option<Vec<_>>>()?;
    let mut steps = Steps::new();
    match Instance::new(&mut store, &module, &imports) {
        Ok(instance) => observe(&mut store, &instance, &mut steps),
        Err(error) if is_end(&store, &error) => {}
        Err(error) => steps.push(outcome(&error)),
    }
    Some(steps)
}

/// Calls the exports, and reads globals and memories.
fn observe(store: &mut Store<HasCalledHost>, instance: &Instance, steps: &mut Steps) {
    for name in ["a", "b", "c", "d", "b"] {
        let Some(function) = instance.get_func(&*store, name) else {
            continue;
        };
        let ty = function.ty(&*store);
        let arguments: Vec<_> = ty.params().iter().map(|ty| argument(*ty)).collect();
        let mut results: Vec<_> = ty
            .results()
            .iter()
            .map(|ty| Val::default_for_ty(*ty))
            .collect();
        match function.call(&mut *store, &arguments, &mut results) {
            Ok(()) => steps.push(Step::Text(format!("{name}: {results:?}"))),
            Err(error) if is_end(store, &error) => return,
            Err(error) => steps.push(outcome(&error)),
        }
    }
    let global = instance.get_global(&*store, "global");
    let global = global.map(|global| global.get(&*store));
    steps.push(Step::Text(format!("{global:?}")));
    for name in ["memory", "second"] {
        let memory = instance.get_memory(&*store, name);
        let bytes = memory.map(|memory| memory.data(&*store).to_vec());
        steps.push(Step::Memory(bytes));
    }
}

/// Whether the program called the host or ran out of fuel.
fn is_end(store: &Store<HasCalledHost>, error: &wasmi::Error) -> bool {
    *store.data() || error.as_trap_code() == Some(TrapCode::OutOfFuel)
}

fn outcome(error: &wasmi::Error) -> Step {
    match error.as_trap_code() {
        Some(TrapCode::MemoryOutOfBounds) => Step::OutOfBounds,
        Some(code) => Step::Text(format!("{code:?}")),
        None => Step::Text("no trap".to_owned()),
    }
}

fn argument(ty: ValType) -> Val {
    match ty {
        ValType::I32 => Val::I32(77),
        ValType::I64 => Val::I64(-3),
        other => Val::default_for_ty(other),
    }
}

/// A function that ends the program.
fn stub(store: &mut Store<HasCalledHost>, ty: &ExternType) -> Option<Extern> {
    let ExternType::Func(ty) = ty.clone() else {
        return None;
    };
    let stub = Func::new(
        store,
        ty,
        |mut caller: wasmi::Caller<'_, HasCalledHost>, _, _| {
            *caller.data_mut() = true;
            Err(wasmi::Error::new("the host was called"))
        },
    );
    Some(Extern::Func(stub))
}
