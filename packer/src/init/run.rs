//! Runs the calls of a script, and copies the state.
//!
//! Owns the checks after each call. For example, a call that returns 1 where the script expects
//! 0 ends the pack, and so does a call that printed something.

use super::error::{InitError, Place};
use super::handles::destructor;
use super::place::Placer;
use super::script::{Argument, Call, Check, Script};
use super::world::{Closure, linker, missing};
use crate::bounds::bounds;
use crate::interpreter::{Process, config, sparse_copy};
use crate::state::{EXPORT_PREFIX, State, Value};
use wasmi::{Engine, Error, Extern, Func, Instance, Module, Store, TrapCode, Val};

/// Initialises a reactor, before any other export.
const INITIALIZE: &str = "_initialize";

/// Approximate limit on the instructions of all calls together. A Ruby with its library needs a
/// thirtieth of it. In tests, an endless loop ends in a moment.
const FUEL: u64 = match cfg!(test) {
    true => 20_000_000,
    false => 50_000_000_000,
};

/// A started program.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Started {
    /// Its memories and globals.
    pub state: State,
    /// Its draws of random bytes.
    pub random_count: u64,
    /// The exports that do nothing later, each once and in order.
    pub done: Vec<String>,
}

/// Runs a prepared module.
pub(super) fn run(prepared: &[u8], script: &Script) -> Result<Started, InitError> {
    let mut running = Running::start(prepared, script)?;
    let mut done = Vec::new();
    let is_named = script.calls.iter().any(|call| call.export == INITIALIZE);
    if !is_named && running.function(INITIALIZE).is_some() {
        running.call(&Call::once(INITIALIZE, Place::Before))?;
        done.push(INITIALIZE.to_owned());
    }
    for call in &script.calls {
        running.call(call)?;
        // Running the constructors again would reset the program.
        let is_once = call.is_once || call.export == INITIALIZE;
        if is_once && !done.contains(&call.export) {
            done.push(call.export.clone());
        }
    }
    running.end_handles()?;
    Ok(Started {
        random_count: running.store.data().machine().random_count,
        state: running.state()?,
        done,
    })
}

/// An instance.
struct Running<'s> {
    store: Store<Closure>,
    instance: Instance,
    script: &'s Script,
}

impl<'s> Running<'s> {
    fn start(prepared: &[u8], script: &'s Script) -> Result<Self, InitError> {
        let engine = Engine::new(config().consume_fuel(true));
        let unsupported = |error: &dyn std::fmt::Display| InitError::Engine(error.to_string());
        let module = Module::new(&engine, prepared).map_err(|error| unsupported(&error))?;
        if let Some((module, name)) = missing(&module) {
            return Err(InitError::Import { module, name });
        }
        let process = Process {
            arguments: script.arguments.clone(),
            variables: script.variables.clone(),
        };
        let mut store = Store::new(&engine, Closure::new(process, bounds(prepared.len())));
        store.limiter(|closure| &mut closure.bounds);
        store.set_fuel(FUEL).map_err(|error| unsupported(&error))?;
        let linker = linker(&mut store, &module).map_err(|error| unsupported(&error))?;
        match linker.instantiate_and_start(&mut store, &module) {
            Ok(instance) => Ok(Self {
                store,
                instance,
                script,
            }),
            Err(error) => Err(InitError::Call {
                place: Place::Before,
                export: "start function".into(),
                what: failure(&store, &error),
            }),
        }
    }

    fn function(&self, name: &str) -> Option<Func> {
        self.instance.get_func(&self.store, name)
    }

    fn call(&mut self, call: &Call) -> Result<(), InitError> {
        let Some(function) = self.function(&call.export) else {
            return Err(call.place.error(format!(
                "the module exports no function `{}`; it exports {}",
                call.export,
                self.functions()
            )));
        };
        self.call_function(function, call)
            .map_err(|what| InitError::Call {
                place: call.place.clone(),
                export: call.export.clone(),
                what,
            })
    }

    fn call_function(&mut self, function: Func, call: &Call) -> Result<(), String> {
        let ty = function.ty(&self.store);
        let values = self.placer().values(&call.arguments, ty.params())?;
        let mut results: Vec<_> = ty
            .results()
            .iter()
            .map(|&ty| Val::default_for_ty(ty))
            .collect();
        if let Err(error) = function.call(&mut self.store, &values, &mut results) {
            return Err(failure(&self.store, &error));
        }
        if let Some(output) = self.store.data().machine().output() {
            return Err(wrote(&output));
        }
        match &call.check {
            Some(check) => self.check(check, &results),
            None => Ok(()),
        }
    }

    fn placer(&mut self) -> Placer<'_> {
        Placer {
            store: &mut self.store,
            instance: self.instance,
            allocator: self.script.allocator.as_deref(),
        }
    }

    fn check(&mut self, check: &Check, results: &[Val]) -> Result<(), String> {
        let result = match results {
            [Val::I32(result)] => i64::from(*result),
            [Val::I64(result)] => *result,
            _ => return Err("does not return one integer, which the script expects".into()),
        };
        let found = match check.offset {
            None => result,
            Some(offset) => self.word(result, offset)?,
        };
        match (found == check.value) == check.is_negated {
            false => Ok(()),
            true => {
                let expected = if check.is_negated {
                    "another value than"
                } else {
                    "expected"
                };
                Err(format!("failed: found {found}, {expected} {}", check.value))
            }
        }
    }

    /// The word of the program at `offset` bytes behind an address.
    fn word(&mut self, address: i64, offset: u32) -> Result<i64, String> {
        let memory = self.placer().memory()?;
        let address = (address as u32 as usize).saturating_add(offset as usize);
        let mut word = [0; 4];
        let read = memory.read(&self.store, address, &mut word);
        read.map_err(|_| format!("returned an address outside of memory: {address:#x}"))?;
        Ok(i32::from_le_bytes(word).into())
    }

    /// Ends all handles of the host.
    fn end_handles(&mut self) -> Result<(), InitError> {
        for value in self.store.data_mut().handles.take_values() {
            let name = destructor(&value.kind);
            if self.function(&name).is_some() {
                let mut call = Call::once(&name, Place::After);
                call.arguments = vec![Argument::Number(value.bits.into())];
                self.call(&call)?;
            }
        }
        Ok(())
    }

    /// Names of exported functions for an error.
    fn functions(&self) -> String {
        const MAX_COUNT: usize = 8;
        let exports = self.instance.exports(&self.store);
        let exports = exports.filter(|export| !export.name().starts_with("wasi_vfs_"));
        let functions = exports.filter_map(|export| {
            let name = format!("`{}`", export.name());
            export.into_func().map(|_| name)
        });
        let mut names: Vec<_> = functions.take(MAX_COUNT + 1).collect();
        names.sort();
        if names.len() > MAX_COUNT {
            names[MAX_COUNT] = "...".into();
        }
        match names.is_empty() {
            true => "none".into(),
            false => names.join(", "),
        }
    }

    /// Copies the exports of the prepared module.
    fn state(mut self) -> Result<State, InitError> {
        let exports = self.instance.exports(&self.store);
        let exports = exports.filter(|export| export.name().starts_with(EXPORT_PREFIX));
        let exports: Vec<_> = exports
            .map(|export| (export.name().to_owned(), export.into_extern()))
            .collect();
        let mut values = Vec::new();
        for (name, export) in exports {
            match export {
                Extern::Memory(memory) => {
                    values.push((name, Value::Memory(sparse_copy(memory.data(&self.store)))));
                }
                Extern::Func(function) => {
                    let number = function.typed::<(), i64>(&self.store);
                    let number = number.and_then(|number| number.call(&mut self.store, ()));
                    let number = number.map_err(|error| InitError::Engine(error.to_string()))?;
                    values.push((name, Value::Number(number.cast_unsigned())));
                }
                Extern::Global(_) | Extern::Table(_) => {}
            }
        }
        Ok(State::of_exports(values)?)
    }
}

/// The words for a call that did not return.
fn failure(store: &Store<Closure>, error: &Error) -> String {
    if let Some(output) = store.data().machine().output() {
        return wrote(&output);
    }
    if let Some(code) = error.i32_exit_status() {
        return format!("exited with code {code}, so no program is left; call exports that return");
    }
    match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => format!(
            "did not return within {FUEL} instructions; call exports that return, or start the \
             program in a faster engine with `wasi-vfs snapshot --prepare`"
        ),
        Some(trap) => format!("trapped: {trap}"),
        None => error.to_string(),
    }
}

fn wrote(output: &str) -> String {
    format!(
        "wrote output, which later instances would not repeat: \"{output}\"; initialise without \
         output"
    )
}
