//! The streams and futures of packed files, by their payload types.
//!
//! Functions of files return streams and futures, and built-ins of the canonical ABI read
//! and drop them. A built-in names a type and no interface: all streams of bytes share one.
//! So the payload type decides. For example, `future.read` of `result<_, error-code>` is
//! served if `read-via-stream` of an import returns a future of an equal type, even if
//! another version of the interface defines that type.

use crate::component::wire::interface::served;
use crate::component::wire::items::Items;
use crate::component::wire_error::WireError;
use crate::module::{FUNCTIONS, Function, Version};
use std::collections::HashMap;
use wasmparser::CanonicalFunction;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType,
    ComponentValType,
};
use wasmparser::types::TypesRef;
use wasmparser::{CanonicalOption, PrimitiveValType};

/// What streams and futures of packed files carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Payload {
    Bytes,
    Entries,
    Result,
}

impl Payload {
    /// Its name in the names of built-ins.
    const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "u8",
            Self::Entries => "directory-entry",
            Self::Result => "result",
        }
    }
}

/// The most distinct types of entries, and of results. Each release has one of each, and
/// every stream and future of the component is compared with all of them.
const MAX_TYPES: usize = 16;

/// The payload types of the functions of files that a component imports.
pub(super) struct Payloads<'a> {
    types: TypesRef<'a>,
    /// Distinct types of directory entries, and of results.
    entries: Vec<ComponentValType>,
    results: Vec<ComponentValType>,
    known: HashMap<ComponentDefinedTypeId, Option<Payload>>,
}

impl<'a> Payloads<'a> {
    /// The payload types of the imports in `items`.
    pub(super) fn find(items: &Items<'a>, types: TypesRef<'a>) -> Self {
        let mut payloads = Self {
            types,
            entries: Vec::new(),
            results: Vec::new(),
            known: HashMap::new(),
        };
        for (instance, import) in (0..).zip(&items.instances) {
            for function in import.iter().flat_map(|import| served(import)) {
                if function.version == Version::Preview3 && payloads.check_count().is_ok() {
                    payloads.note(instance, function);
                }
            }
        }
        payloads
    }

    pub(super) fn types(&self) -> TypesRef<'a> {
        self.types
    }

    /// Rejects imports with more than [`MAX_TYPES`] distinct types.
    pub(super) fn check_count(&self) -> Result<(), WireError> {
        match self.entries.len().max(self.results.len()) <= MAX_TYPES {
            true => Ok(()),
            false => Err(WireError::TooManyTypes { limit: MAX_TYPES }),
        }
    }

    /// Notes the streams and futures that a function returns, alone or in a tuple.
    fn note(&mut self, instance: u32, function: &Function) {
        let Some(returned) = result(self.types, instance, function.name) else {
            return;
        };
        let parts = match self.defined(returned) {
            Some(ComponentDefinedType::Tuple(tuple)) => tuple.types.to_vec(),
            _ => vec![returned],
        };
        for part in parts {
            match self.defined(part) {
                Some(ComponentDefinedType::Stream { ty: Some(ty), .. })
                    if !self.is_byte(*ty) && !self.is_one_of(&self.entries, *ty) =>
                {
                    self.entries.push(*ty);
                }
                Some(ComponentDefinedType::Future { ty: Some(ty), .. })
                    if !self.is_one_of(&self.results, *ty) =>
                {
                    self.results.push(*ty);
                }
                _ => {}
            }
        }
    }

    fn defined(&self, ty: ComponentValType) -> Option<&'a ComponentDefinedType> {
        match ty {
            ComponentValType::Type(id) => self.types.get(id),
            ComponentValType::Primitive(_) => None,
        }
    }

    fn is_byte(&self, ty: ComponentValType) -> bool {
        let byte = PrimitiveValType::U8;
        match ty {
            ComponentValType::Primitive(ty) => ty == byte,
            ty => {
                matches!(self.defined(ty), Some(ComponentDefinedType::Primitive(ty)) if *ty == byte)
            }
        }
    }

    fn is_one_of(&self, known: &[ComponentValType], ty: ComponentValType) -> bool {
        known.iter().any(|known| is_equal(self.types, *known, ty))
    }

    /// The payload of a stream or future type, if it is one of packed files.
    pub(super) fn of(&mut self, id: ComponentDefinedTypeId) -> Option<Payload> {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let found = match self.types.get(id)? {
            ComponentDefinedType::Stream { ty: Some(ty), .. } if self.is_byte(*ty) => {
                Some(Payload::Bytes)
            }
            ComponentDefinedType::Stream { ty: Some(ty), .. } => {
                let is_entry = self.is_one_of(&self.entries, *ty);
                is_entry.then_some(Payload::Entries)
            }
            ComponentDefinedType::Future { ty: Some(ty), .. } => {
                let is_result = self.is_one_of(&self.results, *ty);
                is_result.then_some(Payload::Result)
            }
            _ => None,
        };
        self.known.insert(id, found);
        found
    }

    /// The payload of the component type `number`.
    pub(super) fn of_type(&mut self, number: u32) -> Option<Payload> {
        match self.types.component_any_type_at(number) {
            ComponentAnyTypeId::Defined(id) => self.of(id),
            _ => None,
        }
    }

    /// The served function that a built-in is, if any, with the options of the built-in.
    pub(super) fn served<'b>(
        &mut self,
        builtin: &'b CanonicalFunction,
    ) -> Option<(&'static Function, &'b [CanonicalOption])> {
        use CanonicalFunction as C;
        let (name, ty, options) = match builtin {
            C::StreamRead { ty, options } => ("[stream-read]", Some(*ty), &**options),
            C::StreamCancelRead { ty, .. } => ("[stream-cancel-read]", Some(*ty), &[][..]),
            C::StreamDropReadable { ty } => ("[stream-drop-readable]", Some(*ty), &[][..]),
            C::FutureRead { ty, options } => ("[future-read]", Some(*ty), &**options),
            C::FutureCancelRead { ty, .. } => ("[future-cancel-read]", Some(*ty), &[][..]),
            C::FutureDropReadable { ty } => ("[future-drop-readable]", Some(*ty), &[][..]),
            C::WaitableJoin => ("[waitable-join]", None, &[][..]),
            C::WaitableSetWait { .. } => ("[waitable-set-wait]", None, &[][..]),
            C::WaitableSetPoll { .. } => ("[waitable-set-poll]", None, &[][..]),
            C::WaitableSetDrop => ("[waitable-set-drop]", None, &[][..]),
            _ => return None,
        };
        let payload = match ty {
            None => "",
            Some(ty) => self.of_type(ty)?.name(),
        };
        let mut functions = FUNCTIONS.iter();
        let function = functions.find(|function| {
            function.interface.is_none() && function.name.strip_prefix(name) == Some(payload)
        });
        function.map(|function| (function, options))
    }
}

/// The type of the result of the function `name` of an imported instance.
fn result(types: TypesRef<'_>, instance: u32, name: &str) -> Option<ComponentValType> {
    let instance = types.get(types.component_instance_at(instance))?;
    match instance.exports.get(name)?.ty {
        ComponentEntityType::Func(id) => types.get(id)?.result,
        _ => None,
    }
}

/// Whether two types are equal, whatever interfaces define them.
fn is_equal(types: TypesRef<'_>, one: ComponentValType, other: ComponentValType) -> bool {
    let is_subtype = |one, other| {
        let [one, other] = [one, other].map(ComponentEntityType::Value);
        ComponentEntityType::is_subtype_of(&one, types, &other, types)
    };
    is_subtype(one, other) && is_subtype(other, one)
}
