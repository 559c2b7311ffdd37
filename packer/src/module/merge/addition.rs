//! What a merge appends that does not depend on the image: types, functions,
//! and the numbers that everything of the runtime gets in the merged module.
//!
//! Because it does not depend on the image, it can be worked out, and its
//! checksum taken, before the runtime's snapshot is made, which holds the
//! checksum.

use crate::module::calls::{self, PREVIEW1};
use crate::module::edit::rebuild::Items;
use crate::module::edit::rope::leb;
use crate::module::locate::traces::NAME_PREFIX;
use crate::module::merge::dispatch;
use crate::module::merge::glue::{self, Ends, Memories};
use crate::module::merge::growth;
use crate::module::merge::region::{self, Region};
use crate::module::merge::renumber::Renumber;
use crate::module::merge::runtime::{Runtime, Stack};
use crate::module::parse::shape::Shape;
use crate::module::{MemoryKind, ModuleError};
use wasi_vfs_format::anchor::Application;
use wasi_vfs_format::checksum::checksum_of_two;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Encode, Function, Instruction};
use wasmparser::{FuncType, Import, TypeRef};
use zerocopy::IntoBytes;

/// The appended functions and the numbering.
pub(crate) struct Addition {
    /// Function types, numbered from the application's on.
    types: Vec<FuncType>,
    /// Type of each appended function.
    function_types: Vec<u32>,
    /// Encoded bodies, each behind its length.
    bodies: Vec<u8>,
    /// Names of appended functions.
    pub(crate) names: Vec<(u32, String)>,
    /// Number of each function of the runtime; `None` where it is left out.
    functions: Vec<Option<u32>>,
    /// Types of the runtime by which it calls through its table, and the
    /// function that does so for each.
    dispatchers: Vec<(u32, u32)>,
    first: First,
    /// Where the runtime shares the application's memory.
    pub(crate) region: Option<Region>,
    /// Functions of the runtime after which the region may lie elsewhere.
    moving: Vec<bool>,
}

/// The numbers from which the runtime's things are counted.
#[derive(Clone, Copy)]
struct First {
    ty: u32,
    function: u32,
    memory: u32,
    global: u32,
}

/// The application's imports that are intercepted, in order. Import number `n`
/// of them becomes the function `application functions + n`: unmerging counts
/// on that.
pub(crate) fn intercepted<'s, 'a>(
    application: &'s Shape<'a>,
) -> impl Iterator<Item = (u32, &'s Import<'a>)> {
    (0..)
        .zip(application.imported_functions())
        .filter(|(_, import)| import.module == PREVIEW1 && calls::call_type(import.name).is_some())
}

impl Addition {
    /// Works out what to append to `application`.
    pub(crate) fn new(
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
        memory: MemoryKind,
    ) -> Result<Self, ModuleError> {
        let mut addition = Self::empty(application, runtime, memory)?;
        let entries = addition.number(application, runtime)?;
        addition.encode_entries(application, &entries, runtime.stack)?;
        addition.encode_growth();
        addition.encode_glue(application, runtime)?;
        addition.encode_dispatchers(runtime)?;
        addition.encode_runtime(runtime)?;
        Ok(addition)
    }

    fn empty(
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
        memory: MemoryKind,
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
            let entries = intercepted(application).count() as u32;
            region = Some(Region::new(
                application,
                first.global,
                first.function + entries,
            )?);
            moving = runtime.reaching_host();
            first.memory = 0;
            first.global += region::GLOBALS;
        }
        Ok(Self {
            types: Vec::new(),
            function_types: Vec::new(),
            bodies: Vec::new(),
            names: Vec::new(),
            functions: vec![None; runtime.shape.functions.len()],
            dispatchers: Vec::new(),
            first,
            region,
            moving,
        })
    }

    /// The number of the payload's data segment: the first that is appended,
    /// so that it does not depend on how many segments the snapshot has.
    pub(crate) fn payload_segment(application: &Shape<'_>) -> u32 {
        application.counts.data
    }

    /// Gives a number to each appended function: entries, those of the region,
    /// glue, dispatchers, runtime. Returns the runtime's function behind each
    /// entry.
    fn number(
        &mut self,
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
    ) -> Result<Vec<u32>, ModuleError> {
        let calls = intercepted(application).map(|(_, import)| runtime.call(import.name));
        let entries = calls.collect::<Result<Vec<_>, _>>()?;
        let reachable = runtime.reachable(&entries)?;
        let mut next = self.first.function + entries.len() as u32;
        next += self.region.map_or(0, |_| region::FUNCTIONS);
        for (number, import) in (0..).zip(runtime.shape.imported_functions()) {
            let at = number as usize;
            let host = host_import(application, runtime, number, import);
            if let (Some(true), Some(function)) = (reachable.get(at), self.functions.get_mut(at)) {
                *function = Some(host.unwrap_or(next));
                next += u32::from(host.is_none());
            }
        }
        for ty in runtime.indirect_types(&reachable) {
            self.dispatchers.push((ty, next));
            next += 1;
        }
        let imported = runtime.shape.imported.functions as usize;
        let defined = self.functions.iter_mut().zip(&reachable).skip(imported);
        for (function, _) in defined.filter(|(_, reachable)| **reachable) {
            *function = Some(next);
            next += 1;
        }
        Ok(entries)
    }

    /// One function per intercepted import, of the import's own type, that
    /// calls the runtime's. With it, two imports of one call stay apart, the
    /// import's type is kept where types are compared by name, and the import
    /// behind a reference is known by its number.
    fn encode_entries(
        &mut self,
        application: &Shape<'_>,
        entries: &[u32],
        stack: Option<Stack>,
    ) -> Result<(), ModuleError> {
        let pointer = self.first.global + Stack::POINTER;
        for ((_, import), entry) in intercepted(application).zip(entries) {
            let (TypeRef::Func(ty) | TypeRef::FuncExact(ty)) = import.ty else {
                continue;
            };
            let call = Instruction::Call(self.function(*entry)?);
            let signature = calls::call_type(import.name);
            let signature = signature.unwrap_or_else(|| FuncType::new([], []));
            let mut body = Function::new([]);
            if let Some(stack) = stack {
                for instruction in glue::with_stack(stack, pointer) {
                    body.instruction(&instruction);
                }
            }
            glue::pass_all(&mut body, &signature, &call);
            self.push(ty, &body, Some(import.name.into()));
        }
        Ok(())
    }

    fn encode_growth(&mut self) {
        let Some(region) = self.region else {
            return;
        };
        for (name, ty, body) in growth::functions(&region) {
            let ty = self.intern(ty);
            self.push(ty, &body, Some(name.into()));
        }
    }

    fn encode_dispatchers(&mut self, runtime: &Runtime<'_>) -> Result<(), ModuleError> {
        for (ty, _) in self.dispatchers.clone() {
            let body = dispatch::body(runtime, ty, |function| self.function(function))?;
            let dispatcher = self.intern(dispatch::function_type(runtime, ty)?);
            self.push(dispatcher, &body, Some("call_indirect".into()));
        }
        Ok(())
    }

    fn encode_glue(
        &mut self,
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
    ) -> Result<(), ModuleError> {
        let ends = Ends {
            memories: match self.region {
                None => Memories::Separate(self.first.memory),
                Some(region) => Memories::Single(region),
            },
            payload: Self::payload_segment(application),
        };
        for (number, import) in (0..).zip(runtime.shape.imported_functions()) {
            // Only what lies behind the application is glue; the rest is the
            // application's own import, or left out.
            let number_here = self.functions.get(number as usize).copied().flatten();
            if number_here.is_none_or(|function| function < self.first.function) {
                continue;
            }
            let ty = runtime.shape.function_type(number);
            let ty = ty.ok_or_else(|| ModuleError::Runtime("an import has no type".into()))?;
            let body = glue::body(&ends, import.module, import.name, ty)?;
            let ty = self.intern(ty.clone());
            let name = format!("{}.{}", import.module, import.name);
            self.push(ty, &body, Some(name));
        }
        Ok(())
    }

    fn encode_runtime(&mut self, runtime: &Runtime<'_>) -> Result<(), ModuleError> {
        let names = crate::module::edit::names::function_names(&runtime.shape);
        for (number, ty) in (0..).zip(&runtime.shape.functions) {
            let kept = self.functions.get(number as usize).copied().flatten();
            let (Some(_), Some(body)) = (kept, runtime.body(number)) else {
                continue;
            };
            let function_type = runtime.shape.function_type(number);
            let function_type = function_type
                .ok_or_else(|| ModuleError::Runtime(format!("function {number} has no type")))?;
            let body = self.renumber(runtime).body(body, function_type)?;
            let ty = self.renumber(runtime).type_index(*ty)?;
            let name = names.get(&number).map(|name| (*name).to_owned());
            self.push(ty, &body, name);
        }
        Ok(())
    }

    fn push(&mut self, ty: u32, body: &Function, name: Option<String>) {
        let number = self.first.function + self.function_types.len() as u32;
        self.function_types.push(ty);
        body.encode(&mut self.bodies);
        self.names
            .extend(name.map(|name| (number, format!("{NAME_PREFIX}{name}"))));
    }

    /// Number of the function of the runtime that had `number` there.
    pub(crate) fn function(&self, number: u32) -> Result<u32, ModuleError> {
        let number = self.functions.get(number as usize).copied().flatten();
        number.ok_or_else(|| ModuleError::Runtime("it refers to a function left out".into()))
    }

    /// The function that calls through the runtime's table by type `ty` of it.
    pub(crate) fn dispatcher(&self, ty: u32) -> Result<u32, ModuleError> {
        let mut dispatchers = self.dispatchers.iter();
        let found = dispatchers.find(|(other, _)| *other == ty);
        found
            .map(|(_, function)| *function)
            .ok_or_else(|| ModuleError::Runtime("it calls through a table it has not".into()))
    }

    /// Whether the region may lie elsewhere after a call of this function of
    /// the runtime: the host, which it may come to, may call the application.
    pub(crate) fn may_move(&self, number: u32) -> bool {
        self.moving.get(number as usize) == Some(&true)
    }

    /// Number of the memory that the runtime's memory is, or lies in.
    pub(crate) fn memory(&self) -> u32 {
        self.first.memory
    }

    /// Number of the runtime's first global.
    pub(crate) fn first_global(&self) -> u32 {
        self.first.global
    }

    /// The number of a type that is appended.
    pub(crate) fn intern(&mut self, ty: FuncType) -> u32 {
        let known = self.types.iter().position(|other| *other == ty);
        let at = known.unwrap_or_else(|| {
            self.types.push(ty);
            self.types.len() - 1
        });
        self.first.ty + at as u32
    }

    /// Encodes things of the runtime with their new numbers.
    pub(crate) fn renumber<'r>(&'r mut self, runtime: &'r Runtime<'r>) -> Renumber<'r> {
        Renumber::new(self, runtime)
    }

    /// Checksum of what is known of the `application` and the appended bodies.
    pub(crate) fn checksum(&self, application: &Application) -> u64 {
        checksum_of_two(application.as_bytes(), &self.bodies)
    }

    /// Items of the function section.
    pub(crate) fn function_items(&self) -> Items<'static> {
        let bytes: Vec<u8> = self.function_types.iter().flat_map(|ty| leb(*ty)).collect();
        Items {
            count: self.function_types.len() as u32,
            bytes: bytes.into(),
        }
    }

    /// Items of the type section. To be asked for last: encoding the rest may
    /// add to them.
    pub(crate) fn type_items(&mut self) -> Result<Items<'static>, ModuleError> {
        let mut section = wasm_encoder::TypeSection::new();
        for ty in &self.types {
            let mut plain = wasm_encoder::reencode::RoundtripReencoder;
            let ty = plain.func_type(ty.clone());
            let ty = ty.map_err(|error| ModuleError::Runtime(error.to_string()))?;
            section.ty().func_type(&ty);
        }
        crate::module::merge::assemble::items_of(&section)
    }

    /// Items of the code section.
    pub(crate) fn code_items(&mut self) -> Items<'static> {
        Items {
            count: self.function_types.len() as u32,
            bytes: std::mem::take(&mut self.bodies).into(),
        }
    }
}

/// The application's own import of the call that `import` of the runtime asks
/// the host for.
fn host_import(
    application: &Shape<'_>,
    runtime: &Runtime<'_>,
    number: u32,
    import: &Import<'_>,
) -> Option<u32> {
    let mut candidates = (0..).zip(application.imported_functions());
    let same = |(at, other): &(u32, &Import<'_>)| {
        other.module == PREVIEW1
            && other.name == import.name
            && application.function_type(*at) == runtime.shape.function_type(number)
    };
    let found = candidates.find(same)?;
    (import.module == "host").then_some(found.0)
}
