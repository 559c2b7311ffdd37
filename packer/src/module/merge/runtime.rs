//! The runtime as a module of its own, before the merge.
//!
//! Owns its requirements, and the search for the functions that an application needs. For
//! example, an application that imports only `path_open` needs the function of that name,
//! all functions that it calls, and those in the table that it may call by their type.

use crate::module::edit::references;
use crate::module::error::ModuleError;
use crate::module::parse::section::id;
use crate::module::parse::shape::{Shape, constant};
use wasi_vfs_embedding::HOST_MODULE;
use wasmparser::{
    Element, ElementItems, ElementKind, FunctionBody, Global, Operator, Table, TableInit, ValType,
};

/// The most entries that the table of a runtime may have.
const TABLE_LEN_MAX: usize = 1 << 16;

/// A runtime that follows the ABI.
pub(crate) struct Runtime<'a> {
    pub(crate) shape: Shape<'a>,
    /// The functions in its table. No instruction changes the table.
    pub(crate) table: Vec<Option<u32>>,
    /// The calls in each body.
    calls: Vec<Calls>,
    pub(crate) stack: Option<Stack>,
}

/// The stack in the runtime's memory. It grows downwards to address 0.
#[derive(Clone, Copy)]
pub(crate) struct Stack {
    /// Its pointer outside of calls.
    pub(crate) top: i32,
}

impl Stack {
    /// The number of its pointer, a global. wasm-ld puts it first.
    pub(crate) const POINTER: u32 = 0;

    fn of(shape: &Shape<'_>) -> Result<Option<Self>, ModuleError> {
        let mut globals = shape.items::<Global<'_>>(id::GLOBAL)?.into_iter().flatten();
        let Some(first) = globals.next().transpose()? else {
            return Ok(None);
        };
        let is_pointer = first.ty.mutable && first.ty.content_type == ValType::I32;
        let top = constant(&first.init_expr).filter(|_| is_pointer);
        let top = top.and_then(|top| i32::try_from(top).ok());
        Ok(top.map(|top| Self { top }))
    }
}

/// The calls in a function.
#[derive(Default)]
struct Calls {
    /// Functions by number.
    functions: Vec<u32>,
    /// Types of calls through the table.
    types: Vec<u32>,
}

impl Calls {
    fn of(body: &FunctionBody<'_>) -> Result<Self, ModuleError> {
        let mut calls = Self::default();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            if let Operator::CallIndirect { type_index, .. } = operator {
                calls.types.push(type_index);
            }
            calls.functions.extend(references::named_by(&operator));
        }
        Ok(calls)
    }
}

impl<'a> Runtime<'a> {
    /// Parses the runtime `wasm` and checks the requirements of merging.
    pub(crate) fn parse(wasm: &'a [u8]) -> Result<Self, ModuleError> {
        let shape = Shape::parse(wasm).map_err(|error| ModuleError::Runtime(error.to_string()))?;
        let ours = shape.imported;
        let unusable = |what: &str| Err(ModuleError::Runtime(what.into()));
        if shape.counts.memories != 1 || ours.memories != 0 {
            return unusable("expected exactly one memory of its own");
        }
        if ours.tables != 0 || ours.globals != 0 || shape.counts.tags != 0 {
            return unusable("it imports a table or a global, or has a tag");
        }
        let table = table(&shape)?;
        let calls = shape.bodies.iter().map(Calls::of);
        Ok(Self {
            calls: calls.collect::<Result<_, _>>()?,
            stack: Stack::of(&shape)?,
            shape,
            table,
        })
    }

    /// The function exported as `name`.
    pub(crate) fn call(&self, name: &str) -> Result<u32, ModuleError> {
        self.shape
            .exported_function(name)
            .ok_or_else(|| ModuleError::Runtime(format!("it does not export `{name}`")))
    }

    /// Whether `roots` need each function, imported functions included. Functions in globals
    /// count as needed, because any of them may be called. A call through the table needs the
    /// functions in it that have the type of the call.
    pub(crate) fn reachable(&self, roots: Vec<u32>) -> Result<Vec<bool>, ModuleError> {
        let mut pending = roots;
        let references = references::in_section(&self.shape, id::GLOBAL)?;
        pending.extend(references.iter().map(|reference| reference.function));
        let mut called_types = Vec::new();
        let mut reachable = vec![false; self.shape.functions.len()];
        while let Some(function) = pending.pop() {
            let at = usize::try_from(function).unwrap_or(usize::MAX);
            let Some(seen) = reachable.get_mut(at) else {
                let what = format!("it refers to function {function}, which it does not have");
                return Err(ModuleError::Runtime(what));
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            if let Some(calls) = self.calls(function) {
                pending.extend(&calls.functions);
                for &ty in &calls.types {
                    if !called_types.contains(&ty) {
                        called_types.push(ty);
                        pending.extend(self.entries_of(ty));
                    }
                }
            }
        }
        Ok(reachable)
    }

    /// The functions in the table with the type of this number.
    fn entries_of(&self, ty: u32) -> impl Iterator<Item = u32> {
        let ty = self.shape.types.get(ty as usize).and_then(Option::as_ref);
        let entries = self.table.iter().flatten().copied();
        entries.filter(move |entry| self.shape.function_type(*entry) == ty)
    }

    /// The body of a function that is not imported.
    pub(crate) fn body(&self, function: u32) -> Option<&wasmparser::FunctionBody<'a>> {
        self.shape.bodies.get(self.defined(function)?)
    }

    fn calls(&self, function: u32) -> Option<&Calls> {
        self.calls.get(self.defined(function)?)
    }

    fn defined(&self, function: u32) -> Option<usize> {
        let defined = function.checked_sub(self.shape.imported.functions)?;
        usize::try_from(defined).ok()
    }

    /// Types of calls through the table in `reachable` functions, each once.
    pub(crate) fn indirect_types(&self, reachable: &[bool]) -> Vec<u32> {
        let reachable = (0..).zip(reachable).filter(|(_, reachable)| **reachable);
        let calls = reachable.filter_map(|(function, _)| self.calls(function));
        let mut types: Vec<_> = calls.flat_map(|calls| &calls.types).copied().collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// Whether each function may call the host, imported functions included. A function that
    /// calls through the table may.
    pub(crate) fn reaching_host(&self) -> Vec<bool> {
        let mut callers = vec![Vec::new(); self.shape.functions.len()];
        let imports = (0..).zip(self.shape.imported_functions());
        let hosts = imports.filter(|(_, import)| import.module == HOST_MODULE);
        let mut pending: Vec<u32> = hosts.map(|(number, _)| number).collect();
        for (function, calls) in (self.shape.imported.functions..).zip(&self.calls) {
            for &called in &calls.functions {
                if let Some(callers) = callers.get_mut(called as usize) {
                    callers.push(function);
                }
            }
            if !calls.types.is_empty() {
                pending.push(function);
            }
        }
        let mut reaching = vec![false; callers.len()];
        while let Some(function) = pending.pop() {
            let at = function as usize;
            if let (Some(reaching @ false), Some(callers)) = (reaching.get_mut(at), callers.get(at))
            {
                *reaching = true;
                pending.extend(callers);
            }
        }
        reaching
    }
}

/// The functions that the element segments of `shape` put into its table.
fn table(shape: &Shape<'_>) -> Result<Vec<Option<u32>>, ModuleError> {
    let unusable = |what: &str| ModuleError::Runtime(what.into());
    if shape.counts.tables > 1 {
        return Err(unusable("expected at most one table"));
    }
    for table in shape.items::<Table<'_>>(id::TABLE)?.into_iter().flatten() {
        if !matches!(table?.init, TableInit::RefNull) {
            return Err(unusable("its table is full of a function"));
        }
    }
    let mut entries = Vec::new();
    for element in shape
        .items::<Element<'_>>(id::ELEMENT)?
        .into_iter()
        .flatten()
    {
        let element = element?;
        let offset = match &element.kind {
            ElementKind::Active { offset_expr, .. } => constant(offset_expr),
            _ => None,
        };
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        let (Some(offset), ElementItems::Functions(functions)) = (offset, element.items) else {
            return Err(unusable(
                "an element segment is not a list of functions at a constant place",
            ));
        };
        for (at, function) in (offset..TABLE_LEN_MAX).zip(functions) {
            entries.resize(entries.len().max(at + 1), None);
            if let Some(entry) = entries.get_mut(at) {
                *entry = Some(function?);
            }
        }
    }
    Ok(entries)
}
