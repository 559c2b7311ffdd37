//! The functions that the program imports, and who answers them.
//!
//! The [`World`] answers each call that takes a descriptor: `run` with runtimes in front of
//! the [`Host`], `pack --init` with the host itself. The [`Process`] answers all other calls.
//!
//! Both need the program's memory, which the interpreter lends for one call.

use super::host::Host;
use super::machine::Machine;
use super::memory::GuestMemory;
use super::process::{Process, for_each_process_call};
use super::streams::Streams;
use std::cell::Cell;
use wasi_vfs_embedding::for_each_call;
use wasi_vfs_runtime::Preview1;
use wasmi::errors::LinkerError;
use wasmi::{Caller, Error, Extern, Linker, Memory};

/// The module of the imports.
pub const PREVIEW1: &str = "wasi_snapshot_preview1";

/// A running program, as its host sees it.
#[derive(Debug)]
pub struct Guest<M> {
    process: Process,
    streams: Streams,
    /// The machine around the program.
    pub machine: M,
    /// The program's memory, once it has made a call.
    memory: Option<Memory>,
}

impl<M: Machine> Guest<M> {
    /// A program that has made no call.
    pub fn new(process: Process, machine: M) -> Self {
        Self {
            process,
            streams: Streams::default(),
            machine,
            memory: None,
        }
    }

    /// The host for one call.
    pub fn host<'c, 'm>(&'c mut self, memory: GuestMemory<'c, 'm>) -> Host<'c, 'm, M> {
        Host {
            streams: &mut self.streams,
            machine: &mut self.machine,
            memory,
        }
    }
}

/// The state of a running program.
pub trait World: 'static {
    /// The machine around the program.
    type Machine: Machine;

    /// The program.
    fn guest(&mut self) -> &mut Guest<Self::Machine>;

    /// Makes one call that takes a descriptor. Returns its error code.
    fn serve(
        &mut self,
        memory: GuestMemory<'_, '_>,
        call: impl FnOnce(&mut dyn Preview1) -> i32,
    ) -> i32;

    /// Decides after a call whether the program goes on.
    ///
    /// # Errors
    ///
    /// The reason for a trap.
    fn after_call(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Defines the imports of a program.
///
/// # Errors
///
/// The linker has a definition of the same name.
pub fn link<W: World>(linker: &mut Linker<W>) -> Result<(), LinkerError> {
    let exit = |code: i32| -> Result<(), Error> { Err(Error::i32_exit(code)) };
    linker.func_wrap(PREVIEW1, "proc_exit", exit)?;
    bind(linker)?;
    bind_process(linker)
}

macro_rules! bind_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        /// Binds the world to each call that takes a descriptor.
        fn bind<W: World>(linker: &mut Linker<W>) -> Result<(), LinkerError> {
            $(linker.func_wrap(
                PREVIEW1,
                stringify!($call),
                |mut caller: Caller<'_, W>, $($parameter: $type),*| {
                    lend(&mut caller, |memory, world| {
                        world.serve(memory, |runtime| Preview1::$call(runtime, $($parameter),*))
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
        fn bind_process<W: World>(linker: &mut Linker<W>) -> Result<(), LinkerError> {
            $(linker.func_wrap(
                PREVIEW1,
                stringify!($call),
                |mut caller: Caller<'_, W>, $($parameter: $type),*| {
                    lend(&mut caller, |memory, world| {
                        let Guest { process, machine, .. } = world.guest();
                        process.$call(machine, memory, $($parameter),*)
                    })
                },
            )?;)*
            Ok(())
        }
    };
}
for_each_process_call!(bind_process_calls);

/// Lends the program's memory for one call.
fn lend<W: World>(
    caller: &mut Caller<'_, W>,
    call: impl FnOnce(GuestMemory<'_, '_>, &mut W) -> i32,
) -> Result<i32, Error> {
    let memory = memory(caller)?;
    let (bytes, world) = memory.data_and_store_mut(caller);
    let bytes = Cell::new(bytes);
    let code = call(GuestMemory::new(&bytes), world);
    world.after_call()?;
    Ok(code)
}

fn memory<W: World>(caller: &mut Caller<'_, W>) -> Result<Memory, Error> {
    if let Some(memory) = caller.data_mut().guest().memory {
        return Ok(memory);
    }
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        let missing = "the program makes a call and exports no memory `memory`";
        return Err(Error::new(missing.to_owned()));
    };
    caller.data_mut().guest().memory = Some(memory);
    Ok(memory)
}
