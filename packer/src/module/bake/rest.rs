//! Lets a runtime empty its cache, in a copy of its memory.
//!
//! A merged module lacks the function for that, because no program calls it. So this file runs
//! the runtime that the packer has, with the memory and the globals of the merged one. For
//! example, a memory of 3 MB with decompressed blocks becomes one with as many zeros.

use crate::bounds::bounds;
use crate::module::bake::snapshot::{engine, fuel, stubs};
use crate::module::edit::globals::global_items;
use crate::module::edit::rebuild::Rebuild;
use crate::module::error::ModuleError;
use crate::module::parse::section::id;
use crate::module::parse::shape::{PAGE_SHIFT, Shape};
use wasi_vfs_embedding::REST_FN;
use wasmi::{Instance, Module, Store};

/// The memory of a runtime at rest. `memory` is its memory before, and `global` returns the
/// value of each global.
pub(crate) fn rest(
    runtime: &[u8],
    memory: &[u8],
    global: impl Fn(u32) -> Option<u64>,
) -> Result<Vec<u8>, ModuleError> {
    let failed = |error| ModuleError::bake(REST_FN, error);
    let shape = Shape::parse(runtime)?;
    let mut rebuild = Rebuild::copy(&shape, |_, _| None)?;
    rebuild.items(id::GLOBAL, 0, global_items(&shape, global)?)?;
    let runtime = rebuild.finish()?;
    let engine = engine();
    let module = Module::new(&engine, &*runtime).map_err(failed)?;
    let mut store = Store::new(&engine, bounds(memory.len()));
    store.limiter(|bounds| bounds);
    store.set_fuel(fuel(memory.len())).map_err(failed)?;
    let imports = stubs(&module, &mut store)?;
    let instance = Instance::new(&mut store, &module, &imports).map_err(failed)?;
    let own = instance.get_memory(&store, "memory");
    let own = own.ok_or_else(|| ModuleError::Runtime("it exports no memory".into()))?;
    let pages = (memory.len() >> PAGE_SHIFT) as u64;
    let missing = pages.saturating_sub(own.size(&store));
    own.grow(&mut store, missing)
        .map_err(|error| ModuleError::bake(REST_FN, error))?;
    own.write(&mut store, 0, memory)
        .map_err(|error| ModuleError::bake(REST_FN, error))?;
    let function = instance.get_typed_func::<(), ()>(&store, REST_FN);
    let function = function.map_err(failed)?;
    function.call(&mut store, ()).map_err(failed)?;
    Ok(own
        .data(&store)
        .get(..memory.len())
        .unwrap_or_default()
        .to_vec())
}
