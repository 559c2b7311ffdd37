//! A report on a component: whether it can be packed, and what it imports.

use crate::component::error::ComponentError;
use crate::component::locate::find;
use crate::component::opened::opened_bytes;
use crate::component::parse::walk;
use crate::component::place::in_module;
use crate::component::program::Overview;
use crate::component::wire::Wiring;
use crate::module::{self, Checkup, MemoryKind};
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// The result of [`check`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ComponentCheckup {
    /// The report on the core module to pack or on the component, or the reason why the
    /// component cannot be packed.
    pub program: Result<Checkup, ComponentError>,
    /// Whether the component holds an image already.
    pub is_packed: bool,
    /// The names of the imports, in order. Empty if the bytes are no component.
    pub imports: Vec<String>,
}

/// Checks the component `wasm` as the first step of a pack does.
pub fn check(wasm: &Arc<Vec<u8>>) -> ComponentCheckup {
    let layout = walk::layout(&**wasm);
    let (component, _) = opened_bytes(wasm);
    let is_packed = matches!(find(wasm), Ok(Some(_)));
    ComponentCheckup {
        program: program(&component, is_packed),
        is_packed,
        imports: layout.map_or(Vec::new(), |layout| layout.imports().to_vec()),
    }
}

fn program(wasm: &Arc<Vec<u8>>, is_packed: bool) -> Result<Checkup, ComponentError> {
    let source: Arc<dyn ReadAt> = wasm.clone();
    module::validate(wasm)?;
    let overview = Overview::read(&source, walk::layout(&**wasm)?)?;
    let number = match overview.program() {
        Err(ComponentError::Native { .. } | ComponentError::NoFileImports) => {
            let form = Wiring::new(wasm, None, false)?.form();
            let single = Wiring::new(wasm, Some(MemoryKind::Single), false);
            return Ok(module::of_wired(wasm, form, single.is_ok(), is_packed));
        }
        number => number?,
    };
    let place = overview.layout.place(number);
    let program = wasm.get(place.start as usize..place.end as usize);
    let checkup = module::check(program.unwrap_or_default());
    match checkup.form {
        Ok(_) => Ok(checkup),
        Err(error) => Err(in_module(&overview.layout, number)(error)),
    }
}
