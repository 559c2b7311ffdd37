//! Whether the runtime can share the memory of the program.
//!
//! The runtime claims a region when it starts, and takes more pages later. Its pages then
//! lie between those of the program. Most allocators ask `memory.grow` where their pages
//! are, and work around foreign ones. An allocator that trusts `memory.size` instead uses
//! the pages of the runtime as its own.
//!
//! Two rules reject such a program before it can do damage. Each function with
//! `memory.size` must have `memory.grow`, too: `sbrk` of wasi-libc asks for the length right
//! after it grew the memory. And each result of `memory.grow` must be more than compared.
//! For example, TinyGo asks for the length when it starts, which breaks the first rule, and
//! compares the result with -1 before it asks again, which breaks the second.

use crate::component::error::ComponentError;
use crate::component::wire::items::{CoreExport, Items};
use crate::component::wire::memory::{Identity, Memories};
use crate::component::wire_error::WireError;
use crate::module;
use rayon::prelude::*;
use std::collections::HashMap;
use wasmparser::types::TypesRef;
use wasmparser::{
    BinaryReaderError, FunctionBody, Instance, MemoryType, Operator, Parser, Payload, TypeRef,
};

/// Pages by which the region may grow: 16 MiB for the cache and the decompressed index, as in
/// a module.
const GROWTH_PAGES: u64 = 256;

/// The type of the core memory `memory`, if all core modules can share it.
pub(super) fn shared<'a>(
    items: &Items<'a>,
    types: TypesRef<'_>,
    memory: u32,
) -> Result<MemoryType, ComponentError> {
    for (number, (module, _)) in items.core_modules.iter().enumerate() {
        let found = match module {
            None => Some("it is defined outside the component that uses files"),
            Some(module) => Growth::of(module)?.found(),
        };
        if let Some(found) = found {
            return Err(WireError::SingleMemory { number, found }.into());
        }
    }
    let export = items.core_memories.get(memory as usize);
    let defined = match export.and_then(|(export, _)| *export) {
        Some(export) => definition(items, export)?,
        None => None,
    };
    Ok(defined.unwrap_or_else(|| types.memory_at(memory)))
}

/// Rejects a memory that cannot grow by the pages that `runtime` claims.
pub(super) fn check_room(shared: MemoryType, runtime: &[u8]) -> Result<(), WireError> {
    let claimed = module::claimed_pages(runtime).unwrap_or_default();
    let needed = u64::from(claimed) + GROWTH_PAGES;
    let maximum = shared.maximum.unwrap_or(1 << 16);
    let minimum = shared.initial;
    match minimum.saturating_add(needed) <= maximum {
        true => Ok(()),
        false => Err(WireError::NoRoom {
            minimum,
            maximum,
            needed,
        }),
    }
}

/// How the functions of a core module grow memory.
#[derive(Clone, Copy, Default)]
struct Growth {
    /// A function has `memory.size`, and no `memory.grow`.
    trusts_size: bool,
    /// Nothing uses a result of `memory.grow` as a place, or it is lost.
    ignores_place: bool,
}

impl Growth {
    fn of(module: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::CodeSectionEntry(body) = payload? {
                bodies.push(body);
            }
        }
        let growths = bodies.par_iter().map(Self::of_body);
        growths.try_reduce(Self::default, |one, other| {
            Ok(Self {
                trusts_size: one.trusts_size || other.trusts_size,
                ignores_place: one.ignores_place || other.ignores_place,
            })
        })
    }

    fn of_body(body: &FunctionBody<'_>) -> Result<Self, BinaryReaderError> {
        let mut asks = false;
        let mut places = Places::default();
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            places.note(&operator);
            asks |= matches!(operator, Operator::MemorySize { .. });
        }
        Ok(Self {
            trusts_size: asks && places.is_used.is_empty(),
            ignores_place: places.is_used.contains(&false),
        })
    }

    /// The reason why the module cannot share its memory, if there is one.
    fn found(self) -> Option<&'static str> {
        if self.trusts_size {
            return Some(
                "a function reads `memory.size` and expects all pages below to be its own",
            );
        }
        self.ignores_place
            .then_some("a function expects `memory.grow` to continue its own pages")
    }
}

/// The results of `memory.grow` in a function: the places of the new pages.
///
/// A result is followed from the stack into locals and back. For example, `sbrk` sets a
/// local to the result, compares it with -1, and multiplies it by the length of a page. The
/// multiplication uses the place, and the comparison does not. A result that is stored in
/// memory or in a global is lost, as if nothing used it.
#[derive(Default)]
struct Places {
    /// Whether something uses the place, for each growth.
    is_used: Vec<bool>,
    /// The growth whose result a local holds.
    locals: HashMap<u32, usize>,
    /// The growth whose result the next instruction takes, perhaps behind another operand.
    on_stack: Option<usize>,
    has_operand: bool,
}

impl Places {
    fn note(&mut self, operator: &Operator<'_>) {
        use Operator as O;
        match *operator {
            O::MemoryGrow { .. } => {
                self.is_used.push(false);
                self.put(Some(self.is_used.len() - 1));
            }
            O::LocalGet { local_index } => match self.locals.get(&local_index) {
                Some(growth) => self.put(Some(*growth)),
                None => self.has_operand = true,
            },
            O::LocalSet { local_index } => {
                self.set(local_index);
                self.put(None);
            }
            O::LocalTee { local_index } => self.set(local_index),
            O::I32Const { .. } => self.has_operand = true,
            ref other => {
                if let Some(growth) = self.on_stack
                    && !ignores(other)
                {
                    self.is_used[growth] = true;
                }
                self.put(None);
            }
        }
    }

    fn put(&mut self, growth: Option<usize>) {
        self.on_stack = growth;
        self.has_operand = false;
    }

    /// A local gets the value on the stack.
    fn set(&mut self, local: u32) {
        match self.on_stack.filter(|_| !self.has_operand) {
            Some(growth) => self.locals.insert(local, growth),
            None => self.locals.remove(&local),
        };
    }
}

/// Whether an instruction does not use the place of pages that it gets.
fn ignores(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Drop
            | O::I32Eqz
            | O::I32Eq
            | O::I32Ne
            | O::I32LtS
            | O::I32LtU
            | O::I32GtS
            | O::I32GtU
            | O::I32LeS
            | O::I32LeU
            | O::I32GeS
            | O::I32GeU
            | O::If { .. }
            | O::BrIf { .. }
            | O::GlobalSet { .. }
            | O::I32Store { .. }
            | O::Block { .. }
            | O::Loop { .. }
            | O::MemorySize { .. }
    )
}

/// The type of the memory behind `export`, in the module that defines it.
fn definition<'a>(
    items: &Items<'a>,
    export: CoreExport<'a>,
) -> Result<Option<MemoryType>, ComponentError> {
    let Identity::Own { instance, number } = Memories::new(items).identity(export)? else {
        return Ok(None);
    };
    let instance = items.core_instances.get(instance as usize);
    let Some((Instance::Instantiate { module_index, .. }, _)) = instance else {
        return Ok(None);
    };
    let module = items.core_modules.get(*module_index as usize);
    match module.and_then(|(module, _)| *module) {
        Some(module) => Ok(memory(module, number)?),
        None => Ok(None),
    }
}

/// The type of memory `number` of a core module.
fn memory(module: &[u8], number: u32) -> Result<Option<MemoryType>, BinaryReaderError> {
    let mut memories = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Memory(ty) = import?.ty {
                        memories.push(ty);
                    }
                }
            }
            Payload::MemorySection(section) => {
                for ty in section {
                    memories.push(ty?);
                }
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok(memories.get(number as usize).copied())
}
