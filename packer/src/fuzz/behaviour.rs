//! What a module does as far as its host can see, until it calls the host.

use wasmi::{
    CompilationMode, Config, Engine, Extern, ExternType, Func, Instance, Module, Store, Val,
    ValType,
};

/// Instructions, about, of a module as it was. What it is packed to may take
/// more: an engine that translates functions when they are called asks for
/// fuel for that.
const FUEL: u64 = 300_000;

/// What was seen, step by step.
type Seen = Vec<String>;

/// Whether the program has called the host.
type Touched = bool;

/// # Panics
///
/// If `packed` does something else than `module` before that calls the host.
pub(super) fn compare(module: &[u8], packed: &[u8]) {
    let Some(before) = run(module, FUEL) else {
        return;
    };
    let after = run(packed, 4 * FUEL).expect("the engine takes it packed, too");
    let after = after.get(..before.len()).unwrap_or(&after);
    assert_eq!(after, before, "packed, it does something else");
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
            Ok(()) => seen.push(format!("{name}: {results:?}")),
            Err(error) if is_end(store, &error) => return,
            Err(error) => seen.push(format!("{name}: {}", outcome(&error))),
        }
    }
    let global = instance.get_global(&*store, "global");
    seen.push(format!("{:?}", global.map(|global| global.get(&*store))));
    for name in ["memory", "second"] {
        let memory = instance.get_memory(&*store, name);
        let digest = memory.map(|memory| blake3::hash(memory.data(&*store)));
        seen.push(format!("{name}: {digest:?}"));
    }
}

/// Whether the program has met the host, or had no more time.
fn is_end(store: &Store<Touched>, error: &wasmi::Error) -> bool {
    *store.data() || error.as_trap_code() == Some(wasmi::TrapCode::OutOfFuel)
}

fn outcome(error: &wasmi::Error) -> String {
    match error.as_trap_code() {
        Some(code) => format!("{code:?}"),
        None => "no trap".to_owned(),
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
