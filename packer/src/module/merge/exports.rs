//! The exports of a writable module, by which a host saves and restores changes.
//!
//! They follow the exports of the application: a function for each of [`CHANGES_FNS`], and
//! the memory with their buffer. For example, the host calls `wasi_vfs_changes_buffer`, which
//! calls the runtime's function of that name. With a single memory, it adds the start of the
//! region to the address.

use crate::module::edit::items::{Items, items_of};
use crate::module::error::ModuleError;
use crate::module::merge::glue::{pass, with_stack};
use crate::module::merge::runtime::{Runtime, Stack};
use crate::module::parse::shape::Shape;
use wasi_vfs_embedding::{CHANGES_BUFFER_FN, CHANGES_FNS, CHANGES_MEMORY};
use wasm_encoder::{BlockType, ExportKind, ExportSection, Function, Instruction as I, ValType};
use wasmparser::FuncType;

/// An exported function of the runtime.
pub(crate) struct Exported {
    pub(crate) name: &'static str,
    /// Its number in the runtime.
    pub(crate) function: u32,
}

/// The functions to export: all of them, or none if the runtime keeps no changes.
pub(crate) fn of_runtime(runtime: &Runtime<'_>) -> Vec<Exported> {
    let exported = CHANGES_FNS.iter().filter_map(|name| {
        let function = runtime.shape.exported_function(name)?;
        Some(Exported { name, function })
    });
    exported.collect()
}

/// Rejects an application that has an export of such a name.
pub(crate) fn check_free(
    application: &Shape<'_>,
    exported: &[Exported],
) -> Result<(), ModuleError> {
    if exported.is_empty() {
        return Ok(());
    }
    let mut exports = application.exports.iter();
    match exports.find(|export| is_ours(export.name)) {
        None => Ok(()),
        Some(export) => Err(ModuleError::ExportTaken {
            name: export.name.to_owned(),
        }),
    }
}

/// How many of the last exports are those of the runtime.
pub(crate) fn added(shape: &Shape<'_>) -> u32 {
    let last = shape.exports.iter().rev();
    last.take_while(|export| is_ours(export.name)).count() as u32
}

/// Rejects a module that has such an export before the last `added`: another tool has
/// changed the exports.
pub(crate) fn check_last(shape: &Shape<'_>, added: u32) -> Result<(), ModuleError> {
    let others = shape.exports.len().saturating_sub(added as usize);
    let mut others = shape.exports.iter().take(others);
    match others.any(|export| is_ours(export.name)) {
        false => Ok(()),
        true => Err(ModuleError::rewritten(
            "the functions that save changes are not its last exports",
        )),
    }
}

fn is_ours(name: &str) -> bool {
    CHANGES_FNS.contains(&name) || name == CHANGES_MEMORY
}

impl Exported {
    /// A function that calls the runtime's function with the number `function` in the merged
    /// module. `base` is the global with the start of the region, to which an address of the
    /// runtime counts.
    pub(crate) fn body(
        &self,
        ty: &FuncType,
        function: u32,
        stack: Option<(Stack, u32)>,
        base: Option<u32>,
    ) -> Function {
        let address = ty.params().len() as u32;
        let mut body = Function::new([(1, ValType::I32)]);
        for instruction in stack
            .map(|(stack, pointer)| with_stack(stack, pointer))
            .iter()
            .flatten()
        {
            body.instruction(instruction);
        }
        pass(&mut body, ty);
        body.instruction(&I::Call(function));
        if let (CHANGES_BUFFER_FN, Some(base)) = (self.name, base) {
            // 0 says that memory ran out.
            for instruction in [
                I::LocalTee(address),
                I::If(BlockType::Result(ValType::I32)),
                I::LocalGet(address),
                I::GlobalGet(base),
                I::I32Add,
                I::Else,
                I::I32Const(0),
                I::End,
            ] {
                body.instruction(&instruction);
            }
        }
        body.instruction(&I::End);
        body
    }
}

/// Items of the export section for these functions, and for the memory.
pub(crate) fn items(
    functions: &[(&'static str, u32)],
    memory: u32,
) -> Result<Items<'static>, ModuleError> {
    let mut section = ExportSection::new();
    if functions.is_empty() {
        return Ok(Items::default());
    }
    for (name, function) in functions {
        section.export(name, ExportKind::Func, *function);
    }
    section.export(CHANGES_MEMORY, ExportKind::Memory, memory);
    items_of(&section)
}
