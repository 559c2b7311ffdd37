//! Runs a packed module as an engine does: with the runtime inside it.

use wasmi::{Engine, Linker, Module, Store};
use wasmi_wasi::wasi_common::pipe::WritePipe;
use wasmi_wasi::{WasiCtx, WasiCtxBuilder};

/// The output of the export `start`.
pub(crate) fn run(wasm: &[u8], start: &str) -> Vec<u8> {
    let stdout = WritePipe::new_in_memory();
    let context = WasiCtxBuilder::new()
        .stdout(Box::new(stdout.clone()))
        .build();
    let engine = Engine::default();
    let mut linker = Linker::<WasiCtx>::new(&engine);
    wasmi_wasi::add_to_linker(&mut linker, |context| context).unwrap();
    let module = Module::new(&engine, wasm).unwrap();
    let mut store = Store::new(&engine, context);
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let start = instance.get_typed_func::<(), ()>(&store, start).unwrap();
    start.call(&mut store, ()).unwrap();
    drop(store);
    stdout.try_into_inner().unwrap().into_inner()
}
