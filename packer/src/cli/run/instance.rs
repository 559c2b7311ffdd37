//! A program under the interpreter, from its bytes to its exit code.

use super::directories::HostDirectories;
use super::entries::entries;
use super::exit::{exit_code, not_instantiated};
use super::payload::{Failure, PayloadFile};
use super::program::{Image, Program};
use super::runtimes::{PackedFiles, Runtimes};
use super::state::State;
use super::traced_image::TracedImage;
use super::writable_image::writable_image;
use anyhow::{Context, Result, bail};
use std::process::ExitCode;
use wasi_vfs::bounds::bounds;
use wasi_vfs::interpreter::{Process, config, link};
use wasi_vfs::module;
use wasmi::{Engine, Instance, Linker, Module, Store};

/// How a program ended, and what it left behind.
pub(super) struct Outcome {
    pub(super) code: ExitCode,
    /// The runtimes with its files.
    pub(super) runtimes: Runtimes,
    /// The first failure to read its packed files.
    pub(super) failure: Failure,
}

/// Runs the exports `invoked` of a program, or `_start` if there are none.
pub(super) fn run(
    program: &Program,
    (process, directories): (Process, HostDirectories),
    invoked: &[String],
    is_traced: bool,
) -> Result<Outcome> {
    let engine = Engine::new(&config());
    let module = Module::new(&engine, &program.wasm)
        .context("the built-in interpreter does not accept the module; use your own engine")?;
    let entries = entries(&module, invoked)?;
    let failure = Failure::default();
    let image = program.image.as_ref();
    let files = image.map(|image| packed_files(image, &failure, is_traced));
    let runtimes = Runtimes::new(files.transpose()?, directories);
    let mut linker = Linker::new(&engine);
    link(&mut linker)?;
    let state = State::new(process, bounds(program.wasm.len()), runtimes);
    let mut store = Store::new(&engine, state);
    store.limiter(|state| &mut state.bounds);
    let code = match linker.instantiate_and_start(&mut store, &module) {
        Ok(instance) => call_all(&mut store, &instance, &entries)?,
        Err(error) => not_instantiated(error)?,
    };
    Ok(Outcome {
        code,
        runtimes: store.into_data().runtimes,
        failure,
    })
}

fn packed_files(image: &Image, failure: &Failure, is_traced: bool) -> Result<PackedFiles> {
    let payload = PayloadFile::new(image.payload(), failure.clone());
    let traced = TracedImage::new(image.index(), payload, is_traced);
    let Some(writable) = image.writable() else {
        return Ok(PackedFiles::ReadOnly(traced));
    };
    match writable_image(traced, writable) {
        Ok(image) => Ok(PackedFiles::Writable(image)),
        Err(_) => bail!("too little memory for the list of writable directories"),
    }
}

/// Calls the exports in order, until one exits or traps.
fn call_all(store: &mut Store<State>, instance: &Instance, names: &[String]) -> Result<ExitCode> {
    if store.data().runtimes.serve_image() {
        reset_inner_runtime(store, instance)?;
    }
    for name in names {
        let function = instance.get_typed_func::<(), ()>(&*store, name)?;
        if let Err(error) = function.call(&mut *store, ()) {
            return Ok(exit_code(&error));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A linked module has a runtime inside, and may be a snapshot of an instance that ran.
/// That runtime would serve the image that it remembers, until it prepares for another.
fn reset_inner_runtime(store: &mut Store<State>, instance: &Instance) -> Result<()> {
    if let Ok(alloc) = instance.get_typed_func::<i32, i32>(&*store, module::ALLOC_FN) {
        alloc.call(store, 0)?;
    }
    Ok(())
}
