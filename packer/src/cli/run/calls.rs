//! The functions that the program imports, and who answers them.
//!
//! The runtime answers each call that takes a descriptor, and passes calls on host
//! descriptors to the [`Host`]. The interpreter answers all others itself: arguments,
//! variables, clocks, random numbers. For example, `path_open` on a packed directory
//! ends in the runtime, `fd_write` to standard output goes through the runtime to the
//! host, and `clock_time_get` reaches only the interpreter.
//!
//! Runtime and interpreter need the program's memory, which the interpreter lends for one
//! call. Between calls the runtime is idle: it keeps its descriptors, and has neither
//! memory nor host.

use super::host::Host;
use super::memory::GuestMemory;
use super::traced_image::TracedImage;
use anyhow::{Result, anyhow};
use std::cell::Cell;
use wasi_vfs_embedding::for_each_call;
use wasi_vfs_runtime::{Preview1, Server};
use wasmi::errors::LinkerError;
use wasmi::{Caller, Engine, Extern, Linker, Memory, StoreLimits};
use wasmi_wasi::WasiCtx;

/// The module of the imports.
pub(super) const PREVIEW1: &str = "wasi_snapshot_preview1";

/// The state of a running program.
pub(super) struct State {
    pub(super) context: WasiCtx,
    pub(super) bounds: StoreLimits,
    /// The program's memory, once it has made a call.
    memory: Option<Memory>,
    /// `None` if the program was not packed, or serves its files itself.
    pub(super) runtime: Option<Idle>,
}

/// The runtime between two calls.
pub(super) type Idle = Server<(), (), TracedImage>;

/// The runtime during a call.
type Serving<'c, 'm> = Server<GuestMemory<'c, 'm>, Host<'c, 'm>, TracedImage>;

impl State {
    pub(super) fn new(context: WasiCtx, bounds: StoreLimits, runtime: Option<Idle>) -> Self {
        Self {
            context,
            bounds,
            memory: None,
            runtime,
        }
    }
}

/// The imports of a program whose files the runtime serves, or the host.
pub(super) fn linker(engine: &Engine, is_served: bool) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmi_wasi::add_to_linker(&mut linker, |state: &mut State| &mut state.context)
        .map_err(|error| anyhow!("cannot supply {PREVIEW1}: {error}"))?;
    linker.allow_shadowing(true);
    // The interpreter's own `proc_exit` traps on codes over 125 and drops them.
    linker.func_wrap(
        PREVIEW1,
        "proc_exit",
        |code: i32| -> Result<(), wasmi::Error> { Err(wasmi::Error::i32_exit(code)) },
    )?;
    if is_served {
        bind(&mut linker)?;
    }
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

/// Makes one call of the runtime. Returns its error code, or the trap of the host.
fn serve(
    caller: &mut Caller<'_, State>,
    call: impl for<'c, 'm> FnOnce(&mut Serving<'c, 'm>) -> i32,
) -> Result<i32, wasmi::Error> {
    let memory = memory(caller)?;
    let (bytes, state) = memory.data_and_store_mut(caller);
    let idle = state.runtime.take();
    let idle = idle.ok_or_else(|| wasmi::Error::new("the runtime is in use".to_owned()))?;
    let (bytes, trap) = (Cell::new(bytes), Cell::new(None));
    let memory = GuestMemory::new(&bytes);
    let host = Host {
        context: &mut state.context,
        memory,
        trap: &trap,
    };
    let mut serving = idle.with(memory, host);
    let code = call(&mut serving);
    state.runtime = Some(serving.with((), ()));
    match trap.take() {
        Some(trap) => Err(trap),
        None => Ok(code),
    }
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
