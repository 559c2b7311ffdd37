//! What a module does as far as its host can see, until it calls the host.

use crate::module::MemoryKind;
use std::fmt;
use wasmi::{
    CompilationMode, Config, Engine, Extern, ExternType, Func, Instance, Module, Store, TrapCode,
    Val, ValType,
};

/// Instructions, about, of a module as it was. What it is packed to may take
/// more: an engine that translates functions when they are called asks for
/// fuel for that.
const FUEL: u64 = 300_000;

/// What was seen, step by step.
type Seen = Vec<Step>;

#[derive(PartialEq)]
enum Step {
    /// What a call gave, or how it trapped; what a global holds.
    Text(String),
    /// An access or a segment was out of bounds.
    OutOfBounds,
    /// What a memory holds.
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
type Touched = bool;

/// # Panics
///
/// If `packed` does something else than `module` before that calls the host.
pub(super) fn compare(module: &[u8], packed: &[u8], kind: MemoryKind) {
    let Some(before) = run(module, FUEL) else {
        return;
    };
    let after = run(packed, 4 * FUEL).expect("the engine takes it packed, too");
    for (at, old) in before.iter().enumerate() {
        // What lies out of a program's bounds is within a memory that is not
        // its own alone.
        if kind == MemoryKind::Single && *old == Step::OutOfBounds {
            return;
        }
        let new = after.get(at);
        assert!(
            new.is_some_and(|new| old.is_like(new, kind)),
            "packed, it does something else at step {at}: {old:?} became {new:?}"
        );
    }
}

impl Step {
    fn is_like(&self, packed: &Self, kind: MemoryKind) -> bool {
        match (self, packed, kind) {
            // The runtime lies above the program's pages.
            (Self::Memory(Some(old)), Self::Memory(Some(new)), MemoryKind::Single) => {
                new.starts_with(old)
            }
            _ => self == packed,
        }
    }
}

/// `None` if the engine does not take the module.
fn run(wasm: &[u8], fuel: u64) -> Option<Seen> {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::LazyTranslation);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).ok()?;
    let mut store = Store::new(&engine, Touched::default());
    store.set_fuel(fuel).ok()?;
    let imports = module
        .imports()
        .map(|import| stub(&mut store, import.ty()))
        .collect::<Option<Vec<_>>>()?;
    let mut seen = Seen::new();
    match Instance::new(&mut store, &module, &imports) {
        Ok(instance) => look(&mut store, &instance, &mut seen),
        Err(error) if is_end(&store, &error) => {}
        Err(error) => seen.push(outcome(&error)),
    }
    Some(seen)
}

/// Calls what is exported, and looks at what that leaves behind.
fn look(store: &mut Store<Touched>, instance: &Instance, seen: &mut Seen) {
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
            Ok(()) => seen.push(Step::Text(format!("{name}: {results:?}"))),
            Err(error) if is_end(store, &error) => return,
            Err(error) => seen.push(outcome(&error)),
        }
    }
    let global = instance.get_global(&*store, "global");
    let global = global.map(|global| global.get(&*store));
    seen.push(Step::Text(format!("{global:?}")));
    for name in ["memory", "second"] {
        let memory = instance.get_memory(&*store, name);
        let bytes = memory.map(|memory| memory.data(&*store).to_vec());
        seen.push(Step::Memory(bytes));
    }
}

/// Whether the program has met the host, or had no more time.
fn is_end(store: &Store<Touched>, error: &wasmi::Error) -> bool {
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
fn stub(store: &mut Store<Touched>, ty: &ExternType) -> Option<Extern> {
    let ExternType::Func(ty) = ty.clone() else {
        return None;
    };
    let stub = Func::new(store, ty, |mut caller: wasmi::Caller<'_, Touched>, _, _| {
        *caller.data_mut() = true;
        Err(wasmi::Error::new("the host was called"))
    });
    Some(Extern::Func(stub))
}
