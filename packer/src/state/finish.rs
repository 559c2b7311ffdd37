//! The module that starts in a state.
//!
//! All items of the packed module keep their numbers. Globals start with the values of the
//! state, and memories with its length. The differing bytes are appended as data segments.
//! The exports that ran become functions that do nothing, so that the host may call them
//! again. The start function ran, too, and is removed.

use crate::module::{
    CodeEdits, Dropped, Items, ModuleError, Rebuild, Shape, export_items, find, global_items, id,
    items_of, memory_at_rest, memory_items, of_dropped, started, survives_appended_code,
    survives_moved_code, validate,
};
use crate::runtime;
use crate::state::difference::{Difference, differences};
use crate::state::error::StateError;
use crate::state::file::State;
use crate::state::names;
use crate::state::program::{INITIALIZE, Program};
use crate::state::stack;
use crate::warning::Warning;
use std::borrow::Cow;
use std::collections::BTreeMap;
use wasi_vfs_format::threads::with_threads;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, Function, FunctionSection, Instruction as I,
};
use wasmparser::{Export, ExternalKind, ValType};

/// The most bytes that a state may add to its module by default.
pub const DEFAULT_ADDED_LIMIT: u64 = 64 << 20;

/// Length of a page of memory.
const PAGE_LEN: usize = 64 << 10;

/// Limits on the module with the state.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes by which it may be longer than the packed module.
    pub added_len: u64,
}

impl Limits {
    /// The limit on the added bytes.
    #[must_use]
    pub fn added(added_len: u64) -> Self {
        Self { added_len }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::added(DEFAULT_ADDED_LIMIT)
    }
}

/// A module that starts in a state.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finished {
    /// The bytes of the module.
    pub module: Vec<u8>,
    /// By how many bytes it is longer than the packed module.
    pub added_len: u64,
    /// The number of appended data segments.
    pub segment_count: usize,
    /// The names of exports that ran and have results. They return zeros now.
    pub returning: Vec<String>,
    /// Surprises for the user.
    pub warnings: Vec<Warning>,
}

pub(super) fn finished(
    packed: &[u8],
    state: &State,
    done: &[String],
    limits: Limits,
) -> Result<Finished, StateError> {
    let program = Program::parse(packed)?;
    check(&program, state)?;
    let exports = Exports::new(&program.shape, done)?;
    let memories = memories(&program, state)?;
    let memories: Vec<&[u8]> = memories.iter().map(|memory| &**memory).collect();
    let differences = differences(&program.shape, &memories)?;
    let mut dropped = Dropped::default();
    let module = write(
        &program,
        state,
        &exports,
        (&memories, &differences),
        &mut dropped,
    )?;
    let added_len = (module.len() as u64).saturating_sub(packed.len() as u64);
    if added_len > limits.added_len {
        return Err(StateError::TooLong {
            added: added_len,
            limit: limits.added_len,
        });
    }
    with_threads(|| validate(&module)).map_err(ModuleError::Output)?;
    check_image(packed, &module)?;
    Ok(Finished {
        module,
        added_len,
        segment_count: differences.iter().map(|one| one.ranges.len()).sum(),
        returning: exports.returning,
        warnings: of_dropped(dropped.into_sections()),
    })
}

/// Rejects a state that the module cannot have, or that cannot be kept.
fn check(program: &Program<'_>, state: &State) -> Result<(), StateError> {
    if state.has_changed_table {
        return Err(StateError::ChangedTable);
    }
    if state.has_dropped_segment {
        return Err(StateError::DroppedSegment);
    }
    for (number, _) in program.mutable_globals() {
        if !state.globals.contains_key(&number) {
            let name = names::global(number);
            return Err(StateError::Missing { name });
        }
    }
    stack::check(program, |number| state.globals.get(&number).copied())?;
    for (number, memory) in (0..).zip(&program.shape.memories) {
        let Some(bytes) = state.memories.get(number as usize) else {
            let name = names::memory(number);
            return Err(StateError::Missing { name });
        };
        let pages = (bytes.len() / PAGE_LEN) as u64;
        let maximum = memory.maximum.unwrap_or(1 << 16);
        let is_whole = bytes.len().is_multiple_of(PAGE_LEN);
        if !is_whole || !(memory.initial..=maximum).contains(&pages) {
            let (least, most) = (memory.initial, maximum);
            return Err(StateError::MemoryLen {
                number,
                found: bytes.len(),
                expected: format!("{least} to {most} pages of {PAGE_LEN} bytes"),
            });
        }
    }
    Ok(())
}

/// The memories of the state. That of the runtime has no decompressed blocks, if possible.
fn memories<'s>(program: &Program<'_>, state: &'s State) -> Result<Vec<Cow<'s, [u8]>>, StateError> {
    let count = program.shape.memories.len();
    let memories = state.memories.iter().take(count);
    let mut memories: Vec<_> = memories
        .map(|memory| Cow::Borrowed(memory.as_slice()))
        .collect();
    let located = &program.located;
    let runtime = runtime::merged(located.anchor.keeps_changes());
    let global = |number| state.globals.get(&number).copied();
    if let Some(memory) = memories.get_mut(located.memory as usize) {
        let rested = memory_at_rest(&program.shape, located, runtime, memory, global);
        let rested = rested.map_err(|error| StateError::Rest(error.to_string()))?;
        if let Some(rested) = rested {
            *memory = rested.into();
        }
    }
    Ok(memories)
}

/// The exports of the finished module.
struct Exports<'a> {
    exports: Vec<Export<'a>>,
    /// Types of the appended functions, which do nothing.
    types: Vec<u32>,
    bodies: CodeSection,
    /// The exports that ran.
    done: Vec<String>,
    returning: Vec<String>,
}

impl<'a> Exports<'a> {
    fn new(shape: &Shape<'a>, done: &[String]) -> Result<Self, StateError> {
        let is_done = |name: &str| done.iter().any(|done| done == name);
        if shape.exported_function(INITIALIZE).is_some() && !is_done(INITIALIZE) {
            return Err(StateError::Initialize);
        }
        if let Some(name) = done
            .iter()
            .find(|name| shape.exported_function(name).is_none())
        {
            return Err(unknown(shape, name));
        }
        let mut exports = Self {
            exports: shape.exports.clone(),
            types: Vec::new(),
            bodies: CodeSection::new(),
            done: Vec::new(),
            returning: Vec::new(),
        };
        let mut by_type = BTreeMap::new();
        for at in 0..exports.exports.len() {
            let Some(export) = exports.exports.get(at).copied() else {
                continue;
            };
            if export.kind == ExternalKind::Func && is_done(export.name) {
                let function = exports.nothing(shape, &export, &mut by_type)?;
                if let Some(export) = exports.exports.get_mut(at) {
                    export.index = function;
                }
            }
        }
        Ok(exports)
    }

    /// The function of the type of `export` that does nothing.
    fn nothing(
        &mut self,
        shape: &Shape<'_>,
        export: &Export<'_>,
        by_type: &mut BTreeMap<u32, u32>,
    ) -> Result<u32, StateError> {
        let ty = shape.functions.get(export.index as usize).copied();
        let signature = shape.function_type(export.index);
        let (Some(ty), Some(signature)) = (ty, signature) else {
            return Err(unknown(shape, export.name));
        };
        self.done.push(export.name.into());
        if !signature.results().is_empty() {
            self.returning.push(export.name.into());
        }
        if let Some(known) = by_type.get(&ty) {
            return Ok(*known);
        }
        let mut body = Function::new([]);
        for result in signature.results() {
            let zero = zero(*result);
            body.instruction(&zero.ok_or_else(|| StateError::Result {
                name: export.name.into(),
            })?);
        }
        body.instruction(&I::End);
        self.bodies.function(&body);
        let number = shape.counts.functions + self.types.len() as u32;
        self.types.push(ty);
        by_type.insert(ty, number);
        Ok(number)
    }

    fn function_items(&self) -> Result<Items<'static>, ModuleError> {
        let mut section = FunctionSection::new();
        for ty in &self.types {
            section.function(*ty);
        }
        items_of(&section)
    }
}

fn zero(ty: ValType) -> Option<I<'static>> {
    Some(match ty {
        ValType::I32 => I::I32Const(0),
        ValType::I64 => I::I64Const(0),
        ValType::F32 => I::F32Const(0.0.into()),
        ValType::F64 => I::F64Const(0.0.into()),
        ValType::V128 => I::V128Const(0),
        ValType::Ref(_) => return None,
    })
}

fn unknown(shape: &Shape<'_>, name: &str) -> StateError {
    // A program may export thousands of functions.
    const SHOWN: usize = 10;
    let functions = shape.exports.iter();
    let functions = functions.filter(|export| export.kind == ExternalKind::Func);
    let mut names: Vec<_> = functions
        .map(|export| format!("`{}`", export.name))
        .collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    StateError::UnknownExport {
        name: name.into(),
        exports: match names.is_empty() {
            true => "no function".into(),
            false => names.join(", "),
        },
    }
}

fn write(
    program: &Program<'_>,
    state: &State,
    exports: &Exports<'_>,
    (memories, differences): (&[&[u8]], &[Difference]),
    dropped: &mut Dropped,
) -> Result<Vec<u8>, StateError> {
    let shape = &program.shape;
    let added = exports.types.len() as u32;
    let stays = CodeEdits::default().keep_offsets(shape, added);
    let mut rebuild = Rebuild::copy(shape, |name, bytes| {
        let is_kept = match stays {
            true => survives_appended_code(name),
            false => survives_moved_code(name),
        };
        if !is_kept {
            dropped.note(name, bytes.len() as u64);
        }
        is_kept.then(|| bytes.into())
    })?;
    let mut types = shape.memories.clone();
    for (ty, memory) in types.iter_mut().zip(memories) {
        ty.initial = (memory.len() / PAGE_LEN) as u64;
    }
    rebuild.items(id::MEMORY, 0, memory_items(&types)?)?;
    let globals = global_items(shape, |number| state.globals.get(&number).copied())?;
    rebuild.items(id::GLOBAL, 0, globals)?;
    rebuild.items(id::EXPORT, 0, export_items(&exports.exports)?)?;
    rebuild.no_start();
    if added > 0 {
        let functions = shape.counts.functions - shape.imported.functions;
        rebuild.items(id::FUNCTION, functions, exports.function_items()?)?;
        rebuild.items(id::CODE, functions, items_of(&exports.bodies)?)?;
    }
    let data = data_items(memories, differences)?;
    if shape.data_count.is_some() {
        rebuild.data_count(Some(shape.counts.data + data.count));
    }
    rebuild.items(id::DATA, shape.counts.data, data)?;
    let done = exports.done.iter().map(String::as_str);
    rebuild.custom(started::SECTION, started::content(done));
    Ok(rebuild.finish()?)
}

fn data_items(
    memories: &[&[u8]],
    differences: &[Difference],
) -> Result<Items<'static>, ModuleError> {
    let mut section = DataSection::new();
    for (memory, difference) in memories.iter().zip(differences) {
        for range in &difference.ranges {
            // A memory has at most 4 GiB.
            let offset = ConstExpr::i32_const((range.start as u32).cast_signed());
            let bytes = memory.get(range.clone()).unwrap_or_default();
            section.active(difference.memory, &offset, bytes.iter().copied());
        }
    }
    items_of(&section)
}

/// Rejects a module in which tools would not find the packed image. A state that a host took
/// in the middle of a call may have it elsewhere.
fn check_image(packed: &[u8], module: &[u8]) -> Result<(), StateError> {
    let before = find(packed)?;
    let after = find(module).ok().flatten();
    let parts = |found: &crate::module::Found<'_>| (found.index.len(), found.payload.len());
    match (before, after) {
        (Some(before), Some(after))
            if parts(&before) == parts(&after) && before.index == after.index =>
        {
            Ok(())
        }
        _ => Err(StateError::Image),
    }
}
