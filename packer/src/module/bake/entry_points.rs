//! The ABI functions of a linked runtime, without the linker's wrappers.
//!
//! In some commands `_start` does not run the constructors. wasm-ld then makes every export
//! a wrapper that runs constructors, function and destructors. The constructors of older C
//! libraries ask the host for preopens, and there is no host at pack time. They must also
//! run exactly once, when the program starts.
//!
//! So a record in the runtime's data names three entries of the table. For example, it
//! names entry 12 for `wasi_vfs_alloc`. The element segments put function 345 into entry
//! 12, so function 345 becomes the export `wasi_vfs_alloc`. The shape of the wrapper does
//! not matter, because optimisers inline the calls in it.

use crate::module::abi::{ABI, AbiFunction, METADATA_SECTION};
use crate::module::edit::custom;
use crate::module::edit::items::export_items;
use crate::module::edit::rebuild::Rebuild;
use crate::module::edit::rope::Rope;
use crate::module::error::ModuleError;
use crate::module::locate::memory::{Holes, Memory};
use crate::module::parse::section::id;
use crate::module::parse::shape::{Shape, constant};
use std::borrow::Cow;
use wasi_vfs_embedding::{ENTRY_POINTS_LEN, ENTRY_POINTS_MAGIC, EntryPoints};
use wasmparser::{ConstExpr, Element, ElementItems, ElementKind, Export, Operator};
use zerocopy::FromBytes;

/// The module with these functions as exports instead of their wrappers. `renames` has the
/// old and the new name of exports to rename.
pub(crate) fn expose<'a>(
    shape: &Shape<'a>,
    renames: &[(&str, &str)],
) -> Result<Cow<'a, [u8]>, ModuleError> {
    let functions = functions(shape)?;
    let exports = shape.exports.iter().map(|export| {
        let mut export = *export;
        let mut found = functions.iter().flatten();
        if let Some(&(_, function)) = found.find(|(name, _)| *name == export.name) {
            export.index = function;
        }
        if let Some((_, new)) = renames.iter().find(|(old, _)| *old == export.name) {
            export.name = new;
        }
        export
    });
    let exports: Vec<_> = exports.collect();
    if exports == shape.exports {
        return Ok(shape.wasm.into());
    }
    Ok(with_exports(shape, &exports)?.into())
}

fn with_exports(shape: &Shape<'_>, exports: &[Export<'_>]) -> Result<Vec<u8>, ModuleError> {
    let mut rebuild = unchanged(shape)?;
    rebuild.items(id::EXPORT, 0, export_items(exports)?)?;
    rebuild.finish()
}

/// A copy without our metadata section and without sections that any change invalidates.
pub(crate) fn unchanged<'s, 'a>(shape: &'s Shape<'a>) -> Result<Rebuild<'s, 'a>, ModuleError> {
    Rebuild::copy(shape, |name, bytes| {
        let is_kept = name != METADATA_SECTION && custom::survives_new_bytes(name);
        is_kept.then(|| Rope::from(bytes))
    })
}

/// Name and number of each function of the ABI. `None` if the module has no record.
fn functions(shape: &Shape<'_>) -> Result<Option<[(&'static str, u32); 3]>, ModuleError> {
    let Some(record) = record(shape)? else {
        return Ok(None);
    };
    let entries = [record.anchor_entry, record.alloc_entry, record.mount_entry];
    let mut functions = [("", 0); 3];
    for ((found, function), entry) in functions.iter_mut().zip(&ABI).zip(entries) {
        *found = (function.name, function_in(shape, function, entry.get())?);
    }
    Ok(Some(functions))
}

/// The record at its recorded address. A program such as this one may have copies of the
/// bytes in its data.
fn record(shape: &Shape<'_>) -> Result<Option<EntryPoints>, ModuleError> {
    let memory = Memory::build(shape, 0)?;
    let mut records = Vec::new();
    for address in memory.find(&ENTRY_POINTS_MAGIC)? {
        records.extend(record_at(&memory, address));
    }
    match records.as_slice() {
        [] => Ok(None),
        [record] => Ok(Some(*record)),
        several => Err(ModuleError::Linked {
            what: format!("it has {} records of entry points", several.len()),
        }),
    }
}

fn record_at(memory: &Memory<'_>, address: u64) -> Option<EntryPoints> {
    let address = u32::try_from(address).ok()?;
    let bytes = memory.read(address, ENTRY_POINTS_LEN as u32, Holes::Plain);
    let record = EntryPoints::read_from_bytes(&bytes.ok()?).ok()?;
    (record.address.get() == address).then_some(record)
}

/// The function in an entry of table 0. It must have the type of `function`.
fn function_in(shape: &Shape<'_>, function: &AbiFunction, entry: u32) -> Result<u32, ModuleError> {
    let found = table_entry(shape, entry)?;
    let ty = found.and_then(|found| shape.function_type(found));
    match found.filter(|_| ty.is_some_and(|ty| function.is(ty))) {
        Some(found) => Ok(found),
        None => Err(ModuleError::Linked {
            what: format!(
                "entry {entry} of its table is not the function behind `{}`",
                function.name
            ),
        }),
    }
}

/// The function that the element segments put into an entry of table 0. Later segments win.
fn table_entry(shape: &Shape<'_>, entry: u32) -> Result<Option<u32>, ModuleError> {
    let mut found = None;
    for element in shape
        .items::<Element<'_>>(id::ELEMENT)?
        .into_iter()
        .flatten()
    {
        let element = element?;
        if let Some(place) = place_in(&element, entry) {
            found = item(element.items, place)?.or(found);
        }
    }
    Ok(found)
}

/// The item of the segment for an entry of table 0.
fn place_in(element: &Element<'_>, entry: u32) -> Option<usize> {
    let ElementKind::Active {
        table_index: None | Some(0),
        offset_expr,
    } = &element.kind
    else {
        return None;
    };
    let place = u64::from(entry).checked_sub(constant(offset_expr)?)?;
    usize::try_from(place).ok()
}

fn item(items: ElementItems<'_>, place: usize) -> Result<Option<u32>, ModuleError> {
    Ok(match items {
        ElementItems::Functions(functions) => functions.into_iter().nth(place).transpose()?,
        ElementItems::Expressions(_, expressions) => {
            let expression = expressions.into_iter().nth(place).transpose()?;
            expression.and_then(|expression| referred(&expression))
        }
    })
}

fn referred(expression: &ConstExpr<'_>) -> Option<u32> {
    match expression.get_operators_reader().read().ok()? {
        Operator::RefFunc { function_index } => Some(function_index),
        _ => None,
    }
}
