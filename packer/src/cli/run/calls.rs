//! The functions that the program imports, and who answers them.
//!
//! The [`Runtimes`] answer each call that takes a descriptor, and pass calls on standard
//! streams to the [`Host`]. The [`Process`] answers all other calls.
//!
//! Both need the program's memory, which the interpreter lends for one call.

use super::host::Host;
use super::memory::GuestMemory;
use super::process::{Process, for_each_process_call};
use super::runtimes::Runtimes;
use super::streams::Streams;
use anyhow::Result;
use std::cell::Cell;
use wasi_vfs_embedding::for_each_call;
use wasi_vfs_runtime::Preview1;
use wasmi::errors::LinkerError;
use wasmi::{Caller, Engine, Extern, Linker, Memory, StoreLimits};

/// The module of the imports.
pub(super) const PREVIEW1: &str = "wasi_snapshot_preview1";

/// The state of a running program.
pub(super) struct State {
    process: Process,
    streams: Streams,
    pub(super) bounds: StoreLimits,
    /// The program's memory, once it has made a call.
    memory: Option<Memory>,
    pub(super) runtimes: Runtimes,
}

impl State {
    pub(super) fn new(process: Process, bounds: StoreLimits, runtimes: Runtimes) -> Self {
        Self {
            process,
            streams: Streams::new(),
            bounds,
            memory: None,
            runtimes,
        }
    }
}

/// The imports of a program.
pub(super) fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(
        PREVIEW1,
        "proc_exit",
        |code: i32| -> Result<(), wasmi::Error> { Err(wasmi::Error::i32_exit(code)) },
    )?;
    bind(&mut linker)?;
    bind_process(&mut linker)?;
    Ok(linker)
}

macro_rules! bind_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        /// Binds the runtime to each call that takes a descriptor.
        fn bind(linker: &mut Linker<State>) -> Result<(), LinkerError> {
            $(linker.func_wrap(
                PREVIEW1,
                stringify!($call),
                |mut caller: Caller<'_, State>, $($parameter: $type),*| {
                    serve(&mut caller, |runtime| {
                        Preview1::$call(runtime, $($parameter),*)
                    })
                },
            )?;)*
            Ok(())
        }
    };
}
for_each_call!(bind_calls);

macro_rules! bind_process_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        /// Binds the process to the calls without a descriptor.
        fn bind_process(linker: &mut Linker<State>) -> Result<(), LinkerError> {
            $(linker.func_wrap(
                PREVIEW1,
                stringify!($call),
                |mut caller: Caller<'_, State>, $($parameter: $type),*| {
                    lend(&mut caller, |memory, state| {
                        state.process.$call(memory, $($parameter),*)
                    })
                },
            )?;)*
            Ok(())
        }
    };
}
for_each_process_call!(bind_process_calls);

/// Makes one call of the runtimes. Returns its error code.
fn serve(
    caller: &mut Caller<'_, State>,
    call: impl FnOnce(&mut dyn Preview1) -> i32,
) -> Result<i32, wasmi::Error> {
    lend(caller, |memory, state| {
        let streams = &mut state.streams;
        state.runtimes.serve(memory, Host { streams, memory }, call)
    })
}

/// Lends the program's memory for one call.
fn lend(
    caller: &mut Caller<'_, State>,
    call: impl FnOnce(GuestMemory<'_, '_>, &mut State) -> i32,
) -> Result<i32, wasmi::Error> {
    let memory = memory(caller)?;
    let (bytes, state) = memory.data_and_store_mut(caller);
    let bytes = Cell::new(bytes);
    Ok(call(GuestMemory::new(&bytes), state))
}

fn memory(caller: &mut Caller<'_, State>) -> Result<Memory, wasmi::Error> {
    if let Some(memory) = caller.data().memory {
        return Ok(memory);
    }
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        let missing = "the program makes a call and exports no memory `memory`";
        return Err(wasmi::Error::new(missing.to_owned()));
    };
    caller.data_mut().memory = Some(memory);
    Ok(memory)
}
