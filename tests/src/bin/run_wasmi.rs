//! Runs a packed module under wasmi, as `run_wasmtime.py` does under wasmtime: the engine
//! is the host, and the runtime inside the module serves the files.
//!
//! Usage: `run_wasmi [--dir HOST::GUEST] [--env NAME=VALUE] MODULE ARGS...`

use std::env::args;
use std::error::Error;
use std::process::ExitCode;
use wasmi::{Config, Engine, Linker, Module, Store};
use wasmi_wasi::{Dir, WasiCtx, WasiCtxBuilder, ambient_authority};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut builder = WasiCtxBuilder::new();
    builder.inherit_stdio();
    let mut words = args().skip(1);
    let module = loop {
        let word = words.next().ok_or("no module")?;
        match word.as_str() {
            "--dir" => {
                let mapping = words.next().ok_or("no directory")?;
                let (host, guest) = mapping.rsplit_once("::").ok_or("no `::`")?;
                let dir = Dir::open_ambient_dir(host, ambient_authority())?;
                builder.preopened_dir(dir, guest)?;
            }
            "--env" => {
                let variable = words.next().ok_or("no variable")?;
                let (name, value) = variable.split_once('=').ok_or("no `=`")?;
                builder.env(name, value)?;
            }
            _ => break word,
        }
    };
    builder.arg(&module)?;
    builder.args(&words.collect::<Vec<_>>())?;
    run(&std::fs::read(module)?, builder.build())
}

fn run(wasm: &[u8], context: WasiCtx) -> Result<ExitCode, Box<dyn Error>> {
    let mut config = Config::default();
    // Enough for interpreters in the program, as in `wasi-vfs run`.
    config.set_max_recursion_depth(100_000);
    config.set_max_stack_height(64 << 20);
    let engine = Engine::new(&config);
    let mut linker = Linker::new(&engine);
    wasmi_wasi::add_to_linker(&mut linker, |context| context)?;
    let mut store = Store::new(&engine, context);
    let instance = linker.instantiate_and_start(&mut store, &Module::new(&engine, wasm)?)?;
    let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
    match start.call(&mut store, ()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            let status = error.i32_exit_status().ok_or(error)?;
            Ok(ExitCode::from(status.to_le_bytes()[0]))
        }
    }
}
