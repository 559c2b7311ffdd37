//! The closed host of a program that starts at pack time.
//!
//! It has preview 1 without files, because the runtime inside the module serves the packed
//! files, and the handles of `canonical_abi`. Any other import traps and names itself. For
//! example, a page's Ruby that runs `require "js"` reaches `rb-js-abi-host` and stops.

use super::handles::{self, Handles, Operation};
use super::machine::Closed;
use crate::interpreter::{Guest, GuestMemory, PREVIEW1, Process, World, link};
use wasi_vfs_runtime::Preview1;
use wasmi::errors::LinkerError;
use wasmi::{Caller, Error, Extern, ExternType, Func, Linker, Module, Store, StoreLimits, Val};

/// The state of a program that starts at pack time.
pub(super) struct Closure {
    guest: Guest<Closed>,
    pub(super) handles: Handles,
    pub(super) bounds: StoreLimits,
}

impl Closure {
    pub(super) fn new(process: Process, bounds: StoreLimits) -> Self {
        Self {
            guest: Guest::new(process, Closed::default()),
            handles: Handles::default(),
            bounds,
        }
    }

    pub(super) fn machine(&self) -> &Closed {
        &self.guest.machine
    }
}

impl World for Closure {
    type Machine = Closed;

    fn guest(&mut self) -> &mut Guest<Closed> {
        &mut self.guest
    }

    fn serve(
        &mut self,
        memory: GuestMemory<'_, '_>,
        call: impl FnOnce(&mut dyn Preview1) -> i32,
    ) -> i32 {
        call(&mut self.guest.host(memory))
    }

    /// Stops a program that prints without end.
    fn after_call(&mut self) -> Result<(), Error> {
        match self.machine().has_long_output() {
            true => Err(Error::new("it wrote output")),
            false => Ok(()),
        }
    }
}

/// The import that the host lacks, if it is no function.
pub(super) fn missing(module: &Module) -> Option<(String, String)> {
    let mut imports = module.imports();
    let other = imports.find(|import| !matches!(import.ty(), ExternType::Func(_)))?;
    Some((other.module().into(), other.name().into()))
}

/// The imports of a module that imports only functions.
pub(super) fn linker(
    store: &mut Store<Closure>,
    module: &Module,
) -> Result<Linker<Closure>, LinkerError> {
    let mut linker = Linker::new(store.engine());
    // Calls of preview 1 replace the traps of their imports.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let function = match (import.ty(), Operation::of_import(name)) {
            (ExternType::Func(_), Some((operation, kind))) if from == handles::MODULE => {
                handle_function(&mut *store, import.ty(), operation, kind)
            }
            _ => None,
        };
        let function = match (function, import.ty()) {
            (Some(function), _) => function,
            (None, ExternType::Func(ty)) => trap(&mut *store, ty.clone(), from, name),
            (None, _) => continue,
        };
        linker.define(from, name, Extern::Func(function))?;
    }
    link(&mut linker)?;
    Ok(linker)
}

/// A function on handles, `None` if the import has another type.
fn handle_function(
    store: &mut Store<Closure>,
    ty: &ExternType,
    operation: Operation,
    kind: &str,
) -> Option<Func> {
    use wasmi::ValType::I32;
    let ty = ty.func()?;
    let results: &[_] = match operation {
        Operation::Drop => &[],
        _ => &[I32],
    };
    if ty.params() != [I32] || ty.results() != results {
        return None;
    }
    let kind = kind.to_owned();
    let run = move |mut caller: Caller<'_, Closure>, arguments: &[Val], results: &mut [Val]| {
        let argument = arguments.first().and_then(Val::i32).unwrap_or_default();
        let handles = &mut caller.data_mut().handles;
        let result = handles.run(operation, &kind, argument);
        let result = result.ok_or_else(|| {
            Error::new(format!(
                "used the handle {argument} of `{kind}`, which has ended"
            ))
        })?;
        if let Some(slot) = results.first_mut() {
            *slot = Val::I32(result);
        }
        Ok(())
    };
    Some(Func::new(store, ty.clone(), run))
}

fn trap(store: &mut Store<Closure>, ty: wasmi::FuncType, module: &str, name: &str) -> Func {
    let message = match module == PREVIEW1 {
        true => format!("called `{name}`, which is not a call of preview 1"),
        false => format!("called the import `{module}` `{name}`, which belongs to the host"),
    };
    let message = format!(
        "{message}; leave that to later calls, or start the program in its own host with \
         `wasi-vfs snapshot --prepare`"
    );
    Func::new(store, ty, move |_, _, _| Err(Error::new(message.clone())))
}
