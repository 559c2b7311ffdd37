//! Wires a runtime into a component that opens files by WASI 0.2, and removes it again.
//!
//! Core code passes handles as numbers, and the numbers from 0x4000_0000 on are the
//! runtime's. Wiring inserts three core modules between the program and the functions that
//! it imports:
//!
//! ```text
//!  program --> shim --(table)--> runtime --> canon lower of the host's function
//!                                   ^
//!                                   fixup writes the entries of the runtime into the table
//! ```
//!
//! The core modules of the program stay unchanged, and so do the imports and exports of the
//! component. For example, the program calls `[method]descriptor.stat` of handle 5. The
//! shim calls the entry of this lowering, the entry sees that the handle is the host's, and
//! calls the host's function. Handle 0x4000_0001 goes to the runtime.
//!
//! | file | content |
//! |---|---|
//! | `interface`, `items`, `resources` | what the component imports and defines |
//! | `lowerings`, `memory`, `escape` | the intercepted functions, and what is rejected |
//! | `plan`, `shift` | the insertions, and the numbers behind them |
//! | `modules`, `names` | the stub, the shim and the fixup |
//! | `renumber`, `insert`, `remove`, `nested` | the bytes of the wired component, and back |

mod error;
mod escape;
mod insert;
mod interface;
mod items;
mod lowerings;
mod memory;
mod modules;
mod names;
mod nested;
mod plan;
mod remove;
mod renumber;
mod resources;
mod sections;
mod shift;
#[cfg(test)]
mod tests;

pub use error::WireError;

use crate::component::error::ComponentError;
use crate::component::parse::layout::Layout;
use crate::component::parse::walk;
use crate::component::wire::insert::Modules;
use crate::component::wire::nested::with_sections;
use crate::component::wire::plan::Plan;
use crate::module::{self, Form, MemoryKind, Parts};
use std::borrow::Cow;

/// Wires a runtime with an image into the component `wasm`. A previous image is replaced.
///
/// # Errors
///
/// The component is invalid or unsupported. Each error suggests a remedy.
pub(crate) fn wire(
    wasm: &[u8],
    parts: Parts<'_>,
    runtime: &[u8],
    runtime_version: &str,
    memory: Option<MemoryKind>,
) -> Result<Vec<u8>, ComponentError> {
    if memory == Some(MemoryKind::Single) {
        return Err(WireError::SingleMemory.into());
    }
    let original = unwire(wasm)?;
    let layout = walk::layout(&*original)?;
    let (number, items) = nested::user(&original, &layout)?;
    let types = module::validate_types(&original, number)?;
    let plan = Plan::new(&items, types.as_ref())?;
    let modules = insert::modules(&plan, &items, |stub, lowerings| {
        module::wire(stub, &lowerings.into(), parts, runtime, runtime_version)
    })?;
    let wired = wired(&original, &layout, number, &plan, &modules)?;
    module::validate(&wired).map_err(WireError::Output)?;
    check_reversible(&wired, &original)?;
    Ok(wired)
}

fn wired(
    wasm: &[u8],
    layout: &Layout,
    number: usize,
    plan: &Plan<'_>,
    modules: &Modules,
) -> Result<Vec<u8>, ComponentError> {
    let Some(component) = layout.components.get(number) else {
        return Err(WireError::NoFiles.into());
    };
    let sections = insert::wired(wasm, &component.sections, plan, modules)?;
    Ok(with_sections(wasm, component, sections))
}

/// Rejects a component that unwiring would not restore. The encoder writes numbers in the
/// fewest bytes, and not every tool does.
fn check_reversible(wired: &[u8], original: &[u8]) -> Result<(), ComponentError> {
    let restored = unwire(wired)?;
    if *restored == *original {
        return Ok(());
    }
    let mut pairs = restored.iter().zip(original);
    let at = pairs.position(|(one, other)| one != other);
    let at = at.unwrap_or(restored.len().min(original.len()));
    let what = format!("the byte at offset {at:#x} would differ");
    Err(WireError::Unusual { what }.into())
}

/// The component without its wiring. Any other component is returned as it is.
///
/// # Errors
///
/// The component is invalid, or another tool changed it after packing.
pub(crate) fn unwire(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ComponentError> {
    let layout = walk::layout(wasm)?;
    for number in 0..layout.modules.len() {
        let place = layout.place(number);
        let form = module::find(sections::bytes(wasm, place.clone()));
        let form = form.map_err(crate::component::program::in_module(&layout, number))?;
        if form.is_some_and(|found| found.form == Form::Wired) {
            return remove::unwired(wasm, &layout, number).map(Cow::Owned);
        }
    }
    Ok(Cow::Borrowed(wasm))
}
