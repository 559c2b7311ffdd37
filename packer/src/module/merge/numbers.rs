//! The number of each item of the runtime in the merged module.
//!
//! The application keeps its numbers, and the runtime's items follow. Functions follow
//! in this order: entries, those of the region, glue, dispatchers, the runtime's own, exports.
//!
//! For example, an application has 100 functions and two intercepted imports. Its
//! entries are functions 100 and 101. With a separate memory, glue starts at 102.

use crate::module::error::ModuleError;
use crate::module::form::MemoryKind;
use crate::module::merge::binding::Binding;
use crate::module::merge::exports::Exported;
use crate::module::merge::region::{self, Region};
use crate::module::merge::runtime::Runtime;
use crate::module::parse::shape::Shape;
use wasmparser::FuncType;

/// The numbers, and the types that the runtime adds.
pub(crate) struct Numbers {
    /// Function types, numbered from the application's on.
    types: Vec<FuncType>,
    /// Number of each function of the runtime. `None` for an omitted function.
    functions: Vec<Option<u32>>,
    /// Types of the runtime's calls through its table, and the function for each.
    dispatchers: Vec<(u32, u32)>,
    first: First,
    /// The region, if the runtime shares the application's memory.
    pub(crate) region: Option<Region>,
    /// Whether the region may move during a call of each function of the runtime.
    moving: Vec<bool>,
}

/// The first number of each kind of item.
#[derive(Clone, Copy)]
struct First {
    ty: u32,
    function: u32,
    memory: u32,
    global: u32,
}

impl Numbers {
    /// Numbers the functions that an application with these `entries` needs. Each entry
    /// is the functions of the runtime that it calls. `exported` are functions of the
    /// runtime that the merged module exports.
    pub(crate) fn new(
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
        binding: Binding<'_>,
        memory: MemoryKind,
        entries: &[Vec<u32>],
        exported: &[Exported],
    ) -> Result<Self, ModuleError> {
        let entry_count = entries.len() as u32;
        let mut numbers = Self::unassigned(application, runtime, memory, entry_count)?;
        let called = entries.iter().flatten().copied();
        let exported = exported.iter().map(|export| export.function);
        let reachable = runtime.reachable(called.chain(exported).collect())?;
        numbers.assign(application, runtime, binding, (entry_count, &reachable));
        Ok(numbers)
    }

    fn unassigned(
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
        memory: MemoryKind,
        entry_count: u32,
    ) -> Result<Self, ModuleError> {
        let counts = application.counts;
        let mut first = First {
            ty: counts.types,
            function: counts.functions,
            memory: counts.memories,
            global: counts.globals,
        };
        let mut region = None;
        let mut moving = Vec::new();
        if memory == MemoryKind::Single {
            let grow = first.function + entry_count;
            let new = Region::new(application, first.global, grow)?;
            if !new.is_claimed() {
                moving = runtime.reaching_host();
            }
            first.memory = 0;
            first.global += new.global_count();
            region = Some(new);
        }
        Ok(Self {
            types: Vec::new(),
            functions: vec![None; runtime.shape.functions.len()],
            dispatchers: Vec::new(),
            first,
            region,
            moving,
        })
    }

    /// Numbers each appended function: entries, those of the region, glue,
    /// dispatchers, runtime. Functions that are not reachable get no number.
    fn assign(
        &mut self,
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
        binding: Binding<'_>,
        (entry_count, reachable): (u32, &[bool]),
    ) {
        let mut next = self.first.function + entry_count;
        next += self.region.map_or(0, |_| region::FUNCTIONS);
        for (number, import) in (0..).zip(runtime.shape.imported_functions()) {
            let at = number as usize;
            let ty = runtime.shape.function_type(number);
            let host = ty.and_then(|ty| binding.bound(application, import, ty));
            if let (Some(true), Some(function)) = (reachable.get(at), self.functions.get_mut(at)) {
                *function = Some(host.unwrap_or(next));
                next += u32::from(host.is_none());
            }
        }
        for ty in runtime.indirect_types(reachable) {
            self.dispatchers.push((ty, next));
            next += 1;
        }
        let imported = runtime.shape.imported.functions as usize;
        let defined = self.functions.iter_mut().zip(reachable).skip(imported);
        for (function, _) in defined.filter(|(_, reachable)| **reachable) {
            *function = Some(next);
            next += 1;
        }
    }

    /// Number of the function `number` of the runtime if that is appended. Some are
    /// imports of the application, and some are left out.
    pub(crate) fn appended(&self, number: u32) -> Option<u32> {
        let function = self.functions.get(number as usize).copied().flatten();
        function.filter(|function| *function >= self.first.function)
    }

    /// Number of the first appended function.
    pub(crate) fn first_function(&self) -> u32 {
        self.first.function
    }

    /// The types that the runtime adds.
    pub(crate) fn types(&self) -> &[FuncType] {
        &self.types
    }

    /// Types of the runtime by which it calls through its table.
    pub(crate) fn dispatched_types(&self) -> Vec<u32> {
        self.dispatchers.iter().map(|(ty, _)| *ty).collect()
    }

    /// The merged number of function `number` of the runtime.
    pub(crate) fn function(&self, number: u32) -> Result<u32, ModuleError> {
        let number = self.functions.get(number as usize).copied().flatten();
        number.ok_or_else(|| ModuleError::Runtime("it refers to a function left out".into()))
    }

    /// The function for calls through the runtime's table by type `ty` of the runtime.
    pub(crate) fn dispatcher(&self, ty: u32) -> Result<u32, ModuleError> {
        let mut dispatchers = self.dispatchers.iter();
        let found = dispatchers.find(|(other, _)| *other == ty);
        found
            .map(|(_, function)| *function)
            .ok_or_else(|| ModuleError::Runtime("it calls through a table it has not".into()))
    }

    /// Whether the region may move during a call of this function of the runtime. It may
    /// call the host, and the host may call the application.
    pub(crate) fn may_move(&self, number: u32) -> bool {
        self.moving.get(number as usize) == Some(&true)
    }

    /// Number of the memory with the runtime's data.
    pub(crate) fn memory(&self) -> u32 {
        self.first.memory
    }

    /// Number of the runtime's first global.
    pub(crate) fn first_global(&self) -> u32 {
        self.first.global
    }

    /// The number of an appended type.
    pub(crate) fn intern(&mut self, ty: FuncType) -> u32 {
        let known = self.types.iter().position(|other| *other == ty);
        let at = known.unwrap_or_else(|| {
            self.types.push(ty);
            self.types.len() - 1
        });
        self.first.ty + at as u32
    }
}
