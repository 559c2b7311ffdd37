//! Rejects start functions that call the runtime before it exists.
//!
//! Entries of the shim's table are null until the fixup writes them. For example, a core
//! module imports `get-directories` and calls it in its start function. If its instance is
//! before the fixup, that call would trap. The start function of the preview 1 adapter only
//! allocates a stack, so its module passes although it imports such functions.
//!
//! Only direct calls count: calls through a table may lead anywhere.

use crate::component::error::ComponentError;
use crate::component::wire::items::Items;
use crate::component::wire::lowerings::Lowered;
use crate::component::wire_error::WireError;
use std::collections::{BTreeMap, HashSet};
use wasmparser::{
    BinaryReaderError, ExternalKind, FunctionBody, Instance, InstantiationArg, Operator, Parser,
    Payload, TypeRef,
};

/// The imports of a core module, by module and name.
type Imports<'a> = HashSet<(&'a str, &'a str)>;

/// Rejects a core module whose start function calls a function of `lowered`, and which has
/// an instance between `places`. Each core module is parsed once.
pub(super) fn reject(
    items: &Items<'_>,
    lowered: &[Lowered<'_>],
    places: [usize; 2],
) -> Result<(), ComponentError> {
    let functions: HashSet<u32> = lowered.iter().map(|one| one.core_function).collect();
    let [first, second] = places;
    let mut early: BTreeMap<u32, Imports<'_>> = BTreeMap::new();
    for (instance, section) in &items.core_instances {
        if let Instance::Instantiate { module_index, args } = instance
            && (first..second).contains(section)
        {
            let imports = early.entry(*module_index).or_default();
            imports.extend(given(items, args, &functions));
        }
    }
    for (number, imports) in early {
        let module = items.core_modules.get(number as usize);
        let Some(module) = module.and_then(|(module, _)| *module) else {
            continue;
        };
        if !imports.is_empty() && Program::parse(module, &imports)?.starts_with_call()? {
            return Err(WireError::EarlyStart { number }.into());
        }
    }
    Ok(())
}

/// The imports that are `functions`.
fn given<'a>(
    items: &Items<'a>,
    args: &[InstantiationArg<'a>],
    functions: &HashSet<u32>,
) -> Imports<'a> {
    let mut given = Imports::new();
    for arg in args {
        let instance = items.core_instances.get(arg.index as usize);
        let Some((Instance::FromExports(exports), _)) = instance else {
            continue;
        };
        let exports = exports.iter().filter(|export| {
            export.kind == ExternalKind::Func && functions.contains(&export.index)
        });
        given.extend(exports.map(|export| (arg.name, export.name)));
    }
    given
}

/// The parts of a core module that its start function needs.
#[derive(Default)]
struct Program<'a> {
    start: Option<u32>,
    /// Whether each imported function is one of the searched ones.
    imported: Vec<bool>,
    bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Program<'a> {
    /// Parses a core module, which is read to the end only if it has a start function.
    fn parse(module: &'a [u8], searched: &Imports<'_>) -> Result<Self, BinaryReaderError> {
        let mut program = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(_) | TypeRef::FuncExact(_) = import.ty {
                            let name = (import.module, import.name);
                            program.imported.push(searched.contains(&name));
                        }
                    }
                }
                Payload::StartSection { func, .. } => program.start = Some(func),
                Payload::CodeSectionStart { .. } if program.start.is_none() => break,
                Payload::CodeSectionEntry(body) => program.bodies.push(body),
                _ => {}
            }
        }
        Ok(program)
    }

    /// Whether the start function calls a searched function, by way of any others.
    fn starts_with_call(&self) -> Result<bool, BinaryReaderError> {
        let mut pending: Vec<u32> = self.start.into_iter().collect();
        let mut seen = HashSet::new();
        while let Some(function) = pending.pop() {
            if !seen.insert(function) {
                continue;
            }
            let number = function as usize;
            match self.imported.get(number) {
                Some(true) => return Ok(true),
                Some(false) => {}
                None => pending.extend(self.calls(number - self.imported.len())?),
            }
        }
        Ok(false)
    }

    /// The functions that a body calls directly.
    fn calls(&self, body: usize) -> Result<Vec<u32>, BinaryReaderError> {
        let Some(body) = self.bodies.get(body) else {
            return Ok(Vec::new());
        };
        let mut calls = Vec::new();
        for operator in body.get_operators_reader()? {
            if let Operator::Call { function_index } | Operator::ReturnCall { function_index } =
                operator?
            {
                calls.push(function_index);
            }
        }
        Ok(calls)
    }
}
