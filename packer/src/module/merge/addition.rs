//! The appended types and functions, which do not depend on the image.
//!
//! So they are encoded before the snapshot of the runtime, which contains their checksum.
//! [`Numbers`] numbers the functions, and each `encode` method appends one group of them.
//! For example, an application imports `fd_read`. The addition has an entry for it, the
//! glue for the runtime's imports, and the functions of the runtime that `fd_read` reaches.

use crate::module::abi::NAME_PREFIX;
use crate::module::edit::items::{Items, items_of};
use crate::module::error::ModuleError;
use crate::module::form::MemoryKind;
use crate::module::merge::binding::Binding;
use crate::module::merge::binding::intercepted::{Answer, Intercepted};
use crate::module::merge::exports::Exported;
use crate::module::merge::glue::{Ends, Memories};
use crate::module::merge::numbers::Numbers;
use crate::module::merge::renumber::Renumber;
use crate::module::merge::runtime::{Runtime, Stack};
use crate::module::merge::{claim, dispatch, exports, glue, growth};
use crate::module::parse::leb::leb;
use crate::module::parse::shape::Shape;
use wasi_vfs_embedding::Application;
use wasi_vfs_format::checksum::checksum_of_two;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Encode, Function};

use zerocopy::IntoBytes;

/// The functions of the runtime that an entry calls.
#[derive(Clone, Copy)]
struct Called {
    function: Option<u32>,
    /// The function that replaces streams of the runtime, if the host may get one.
    hand_over: Option<u32>,
}

impl Called {
    fn new(entry: &Intercepted<'_>, runtime: &Runtime<'_>) -> Result<Self, ModuleError> {
        let function = match entry.answer {
            Answer::Runtime => Some(runtime.call(entry.export)?),
            Answer::None => None,
        };
        let hand_over = match entry.handed.is_empty() {
            false => Some(runtime.call(HAND_OVER_EXPORT)?),
            true => None,
        };
        Ok(Self {
            function,
            hand_over,
        })
    }

    fn functions(self) -> Vec<u32> {
        self.function.into_iter().chain(self.hand_over).collect()
    }
}

/// The export of [`HAND_OVER`](crate::module::merge::binding::lowered::HAND_OVER).
const HAND_OVER_EXPORT: &str = "0.3 [hand-over]u8";

fn reset_stack(body: &mut Function, stack: Option<Stack>, pointer: u32) {
    if let Some(stack) = stack {
        for instruction in glue::with_stack(stack, pointer) {
            body.instruction(&instruction);
        }
    }
}

/// The appended functions.
pub(crate) struct Addition {
    pub(crate) numbers: Numbers,
    /// Type of each appended function.
    function_types: Vec<u32>,
    /// Encoded bodies, each with its length.
    bodies: Vec<u8>,
    /// Names of appended functions.
    pub(crate) names: Vec<(u32, String)>,
    /// The exported functions: names and numbers.
    exports: Vec<(&'static str, u32)>,
}

impl Addition {
    /// The functions to append to `application`.
    pub(crate) fn new(
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
        binding: Binding<'_>,
        memory: MemoryKind,
    ) -> Result<Self, ModuleError> {
        let intercepted = binding.intercepted(application);
        let calls = intercepted.iter().map(|entry| Called::new(entry, runtime));
        let entries = calls.collect::<Result<Vec<_>, _>>()?;
        let called: Vec<_> = entries.iter().map(|entry| entry.functions()).collect();
        let exported = exports::of_runtime(runtime);
        exports::check_free(application, &exported)?;
        let mut addition = Self {
            numbers: Numbers::new(application, runtime, binding, memory, &called, &exported)?,
            function_types: Vec::new(),
            bodies: Vec::new(),
            names: Vec::new(),
            exports: Vec::new(),
        };
        addition.encode_entries(application, &intercepted, &entries, runtime.stack)?;
        addition.encode_region(application);
        addition.encode_glue(application, runtime, binding)?;
        addition.encode_dispatchers(runtime)?;
        addition.encode_runtime(runtime)?;
        addition.encode_exports(runtime, &exported)?;
        Ok(addition)
    }

    /// The number of the data segment with the payload. It is the first appended one, so it
    /// does not depend on the number of segments in the snapshot.
    pub(crate) fn payload_segment(application: &Shape<'_>) -> u32 {
        application.counts.data
    }

    /// Appends an entry for each intercepted import. It has the type of the import and calls
    /// the runtime's function. Entries keep two imports of one call distinct, and the types
    /// of imports where types are compared by name. Unmerging finds the import by the number
    /// of its entry.
    fn encode_entries(
        &mut self,
        application: &Shape<'_>,
        intercepted: &[Intercepted<'_>],
        entries: &[Called],
        stack: Option<Stack>,
    ) -> Result<(), ModuleError> {
        let pointer = self.numbers.first_global() + Stack::POINTER;
        for (entry, called) in intercepted.iter().zip(entries) {
            let index = application.functions.get(entry.import as usize);
            let signature = application.function_type(entry.import);
            let (Some(index), Some(signature)) = (index, signature) else {
                let what = format!("the import of `{}` has no type", entry.name);
                return Err(ModuleError::Runtime(what));
            };
            let mut body = Function::new([]);
            let hand_over = match called.hand_over {
                Some(function) => {
                    reset_stack(&mut body, stack, pointer);
                    self.numbers.function(function)?
                }
                None => 0,
            };
            entry.pass_foreign(&mut body, signature, hand_over);
            reset_stack(&mut body, stack, pointer);
            match called.function {
                Some(function) => {
                    entry.call(&mut body, signature, self.numbers.function(function)?);
                }
                None => entry.answer_none(&mut body, signature),
            }
            self.push(*index, &body, Some(entry.entry_name()));
        }
        Ok(())
    }

    fn encode_region(&mut self, application: &Shape<'_>) {
        let Some(region) = self.numbers.region else {
            return;
        };
        let functions = match region.is_claimed() {
            true => claim::functions(&region, Self::payload_segment(application) + 1),
            false => growth::functions(&region),
        };
        for (name, ty, body) in functions {
            let ty = self.numbers.intern(ty);
            self.push(ty, &body, Some(name.into()));
        }
    }

    fn encode_dispatchers(&mut self, runtime: &Runtime<'_>) -> Result<(), ModuleError> {
        for ty in self.numbers.dispatched_types() {
            let body = dispatch::body(runtime, ty, |function| self.numbers.function(function))?;
            let dispatcher = self.numbers.intern(dispatch::function_type(runtime, ty)?);
            self.push(dispatcher, &body, Some("call_indirect".into()));
        }
        Ok(())
    }

    fn encode_glue(
        &mut self,
        application: &Shape<'_>,
        runtime: &Runtime<'_>,
        binding: Binding<'_>,
    ) -> Result<(), ModuleError> {
        let ends = Ends {
            memories: match self.numbers.region {
                None => Memories::Separate(self.numbers.memory()),
                Some(region) => Memories::Single(region),
            },
            payload: Self::payload_segment(application),
        };
        for (number, import) in (0..).zip(runtime.shape.imported_functions()) {
            if self.numbers.appended(number).is_none() {
                continue;
            }
            let ty = runtime.shape.function_type(number);
            let ty = ty.ok_or_else(|| ModuleError::Runtime("an import has no type".into()))?;
            let body = match binding.body(import.module, import.name, ty)? {
                Some(body) => body,
                None => glue::body(&ends, import.module, import.name, ty)?,
            };
            let ty = self.numbers.intern(ty.clone());
            let name = format!("{}.{}", import.module, import.name);
            self.push(ty, &body, Some(name));
        }
        Ok(())
    }

    fn encode_runtime(&mut self, runtime: &Runtime<'_>) -> Result<(), ModuleError> {
        let names = crate::module::edit::names::function_names(&runtime.shape);
        for (number, ty) in (0..).zip(&runtime.shape.functions) {
            let kept = self.numbers.appended(number);
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

    /// Appends a function for each exported one of the runtime.
    fn encode_exports(
        &mut self,
        runtime: &Runtime<'_>,
        exported: &[Exported],
    ) -> Result<(), ModuleError> {
        let pointer = self.numbers.first_global() + Stack::POINTER;
        for export in exported {
            let ty = runtime.shape.function_type(export.function);
            let ty = ty.ok_or_else(|| ModuleError::Runtime("an export has no type".into()))?;
            let function = self.numbers.function(export.function)?;
            let base = self.numbers.region.map(|region| region.base());
            let stack = runtime.stack.map(|stack| (stack, pointer));
            let body = export.body(ty, function, stack, base);
            let number = self.numbers.first_function() + self.function_count();
            self.exports.push((export.name, number));
            let ty = self.numbers.intern(ty.clone());
            self.push(ty, &body, Some(export.name.into()));
        }
        Ok(())
    }

    /// Items of the export section. Empty unless the runtime can keep changes.
    pub(crate) fn export_items(&self) -> Result<Items<'static>, ModuleError> {
        exports::items(&self.exports, self.numbers.memory())
    }

    fn push(&mut self, ty: u32, body: &Function, name: Option<String>) {
        let number = self.numbers.first_function() + self.function_types.len() as u32;
        self.function_types.push(ty);
        body.encode(&mut self.bodies);
        self.names
            .extend(name.map(|name| (number, format!("{NAME_PREFIX}{name}"))));
    }

    /// An encoder of the runtime's items with their new numbers.
    pub(crate) fn renumber<'r>(&'r mut self, runtime: &'r Runtime<'r>) -> Renumber<'r> {
        Renumber::new(&mut self.numbers, runtime)
    }

    /// Checksum of the counts of the `application` and the appended bodies.
    pub(crate) fn checksum(&self, application: &Application) -> u64 {
        checksum_of_two(application.as_bytes(), &self.bodies)
    }

    /// The number of appended functions.
    pub(crate) fn function_count(&self) -> u32 {
        self.function_types.len() as u32
    }

    /// Items of the function section.
    pub(crate) fn function_items(&self) -> Items<'static> {
        let bytes: Vec<u8> = self.function_types.iter().flat_map(|ty| leb(*ty)).collect();
        Items {
            count: self.function_count(),
            bytes: bytes.into(),
        }
    }

    /// Items of the type section. Complete only after all other items are encoded.
    pub(crate) fn type_items(&mut self) -> Result<Items<'static>, ModuleError> {
        let mut section = wasm_encoder::TypeSection::new();
        for ty in self.numbers.types() {
            let mut plain = wasm_encoder::reencode::RoundtripReencoder;
            let ty = plain.func_type(ty.clone());
            let ty = ty.map_err(|error| ModuleError::Runtime(error.to_string()))?;
            section.ty().func_type(&ty);
        }
        items_of(&section)
    }

    /// Items of the code section.
    pub(crate) fn code_items(&mut self) -> Items<'static> {
        Items {
            count: self.function_count(),
            bytes: std::mem::take(&mut self.bodies).into(),
        }
    }
}
