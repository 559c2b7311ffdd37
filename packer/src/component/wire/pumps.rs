//! The functions by which streams of packed files go to the host.
//!
//! A program gives the stream of a file to an import, or returns it from a task. The entry
//! of such a function finds the stream among the arguments. The runtime writes the file into
//! a stream of the host while the program waits, so wiring also intercepts waiting: the
//! built-ins of waitable sets, and the core functions of all tasks.
//!
//! For example, `write-via-stream` of standard output has the stream in parameter 0. The
//! export `run` has a core function and a callback. These are three lowerings more.

use crate::component::wire::abi::payload_offset;
use crate::component::wire::abi::{aligned, cases, discriminant_len, fields, flat_len, layout};
use crate::component::wire::content::{self, Search};
use crate::component::wire::items::{CoreFunction, Items};
use crate::component::wire::payloads::{Payload, Payloads};
use crate::module::{Case, Handed, Place};
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentFuncTypeId,
    ComponentValType,
};
use wasmparser::types::TypesRef;
use wasmparser::{CanonicalFunction, CanonicalOption};

/// The most core parameters of a synchronous lowering, and of `task.return`:
/// `MAX_FLAT_PARAMS` of the canonical ABI.
const MAX_FLAT_PARAMS: u32 = 16;
/// The most core parameters of an asynchronous lowering.
const MAX_ASYNC_PARAMS: u32 = wasi_vfs_embedding::preview3::MAX_ASYNC_PARAMS as u32;

/// The most streams of a function that its entry replaces. A function of WASI has one.
const MAX_STREAMS: usize = 64;

/// The streams of bytes in the arguments of a function.
#[derive(Debug, Default)]
pub(super) struct Streams {
    pub(super) handed: Vec<Handed>,
    /// Whether a stream may be where no entry finds it, such as in a list.
    pub(super) are_hidden: bool,
}

/// What the arguments of a core function depend on.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    /// `canon lower` of the component function, with the limit of core parameters.
    Lower(ComponentFuncTypeId, u32),
    /// `task.return` of the type.
    Return(ComponentDefinedTypeId),
}

/// The streams that the core functions of a component give to the host. Many functions may
/// have one large type, so the streams of each type are found once.
pub(super) struct Given<'a> {
    types: TypesRef<'a>,
    known: HashMap<Key, Streams>,
    none: Streams,
}

impl<'a> Given<'a> {
    pub(super) fn new(types: TypesRef<'a>) -> Self {
        Self {
            types,
            known: HashMap::new(),
            none: Streams::default(),
        }
    }

    /// The streams that a core function gives to the host.
    pub(super) fn by(
        &mut self,
        payloads: &mut Payloads<'a>,
        function: &CoreFunction<'a>,
    ) -> &Streams {
        let Some(key) = key(self.types, function) else {
            return &self.none;
        };
        let types = self.types;
        let found = self.known.entry(key);
        found.or_insert_with_key(|key| {
            let (values, limit) = arguments(types, key);
            Finder::new(types, payloads).find(&values, limit)
        })
    }
}

/// The key of a core function that may give streams to the host.
fn key(types: TypesRef<'_>, function: &CoreFunction<'_>) -> Option<Key> {
    match function {
        CoreFunction::Lower { function, options } => {
            let limit = match options.contains(&CanonicalOption::Async) {
                true => MAX_ASYNC_PARAMS,
                false => MAX_FLAT_PARAMS,
            };
            let ty = types.component_function_at(*function);
            Some(Key::Lower(ty, limit))
        }
        CoreFunction::Builtin(CanonicalFunction::TaskReturn {
            result: Some(wasmparser::ComponentValType::Type(ty)),
            ..
        }) => match types.component_any_type_at(*ty) {
            ComponentAnyTypeId::Defined(ty) => Some(Key::Return(ty)),
            _ => None,
        },
        _ => None,
    }
}

/// The arguments behind a key, and the limit of their core values.
fn arguments(types: TypesRef<'_>, key: &Key) -> (Vec<ComponentValType>, u32) {
    match *key {
        Key::Lower(ty, limit) => {
            let params = types.get(ty).map(|ty| ty.params.iter().map(|(_, ty)| *ty));
            (params.into_iter().flatten().collect(), limit)
        }
        Key::Return(ty) => (vec![ComponentValType::Type(ty)], MAX_FLAT_PARAMS),
    }
}

/// A search for the streams in arguments.
struct Finder<'p, 'a> {
    types: TypesRef<'a>,
    payloads: &'p mut Payloads<'a>,
    cases: Vec<Case>,
    found: Streams,
}

/// Whether values may contain streams where no entry finds them.
pub(super) fn are_hidden<'a>(
    types: TypesRef<'a>,
    payloads: &mut Payloads<'a>,
    values: &[ComponentValType],
) -> bool {
    let found = Finder::new(types, payloads).find(values, MAX_FLAT_PARAMS);
    found.are_hidden
}

impl<'p, 'a> Finder<'p, 'a> {
    fn new(types: TypesRef<'a>, payloads: &'p mut Payloads<'a>) -> Self {
        Self {
            types,
            payloads,
            cases: Vec::new(),
            found: Streams::default(),
        }
    }

    /// The streams in values, which are in a record if their core values exceed `limit`.
    fn find(mut self, values: &[ComponentValType], limit: u32) -> Streams {
        let flat = values.iter().map(|ty| flat_len(self.types, *ty));
        let start = match flat.fold(0, u32::saturating_add) > limit {
            true => Place::Record(0),
            false => Place::Param(0),
        };
        self.note_all(values, start);
        self.found
    }

    /// Notes the streams in values that follow each other.
    fn note_all(&mut self, values: &[ComponentValType], start: Place) {
        let mut place = start;
        for value in values {
            place = match place {
                Place::Record(offset) => {
                    let value = layout(self.types, *value);
                    Place::Record(aligned(offset, value.align))
                }
                param => param,
            };
            self.note(*value, place);
            place = match place {
                Place::Param(param) => Place::Param(param + flat_len(self.types, *value)),
                Place::Record(offset) => {
                    Place::Record(offset.saturating_add(layout(self.types, *value).len))
                }
            };
        }
    }

    fn note(&mut self, ty: ComponentValType, place: Place) {
        let ComponentValType::Type(id) = ty else {
            return;
        };
        if self.payloads.of(id) == Some(Payload::Bytes) {
            self.note_stream(place);
            return;
        }
        let Some(ty) = self.types.get(id) else {
            return;
        };
        if let Some(fields) = fields(ty) {
            self.note_all(&fields, place);
        } else if let Some(cases) = cases(ty) {
            self.note_cases(&cases, place);
        } else {
            self.note_hidden(ty);
        }
    }

    fn note_stream(&mut self, place: Place) {
        if self.found.handed.len() == MAX_STREAMS {
            self.found.are_hidden = true;
            return;
        }
        let cases = self.cases.clone();
        self.found.handed.push(Handed { cases, place });
    }

    fn note_cases(&mut self, cases: &[Option<ComponentValType>], discriminant: Place) {
        let payload = match discriminant {
            Place::Param(param) => Place::Param(param + 1),
            Place::Record(offset) => {
                Place::Record(offset.saturating_add(payload_offset(self.types, cases)))
            }
        };
        for (number, case) in (0..).zip(cases) {
            self.cases.push(Case {
                discriminant,
                len: discriminant_len(cases.len()),
                number,
            });
            if let Some(ty) = case {
                self.note(*ty, payload);
            }
            self.cases.pop();
        }
    }

    /// Notes that a list, a map, or another stream carries streams.
    fn note_hidden(&mut self, ty: &ComponentDefinedType) {
        let mut search = Search::new(self.types);
        let payloads = &mut *self.payloads;
        let mut is = |id: ComponentDefinedTypeId, _: &ComponentDefinedType| {
            (payloads.of(id) == Some(Payload::Bytes)).then_some(())
        };
        let mut parts = content::parts(ty).into_iter();
        self.found.are_hidden |= parts.any(|part| search.first(part, &mut is).is_some());
    }
}

/// Whether tasks of the component wait on stacks of their own. While one waits in the
/// runtime, another may enter it, and both would use the runtime's one stack.
pub(super) fn have_stacks(items: &Items<'_>) -> bool {
    use CanonicalFunction as C;
    let mut lifts = items.lifts.iter();
    let has_stack = lifts.any(|lift| {
        lift.options.contains(&CanonicalOption::Async) && callback(&lift.options).is_none()
    });
    let mut functions = items.core_functions.iter();
    has_stack
        || functions.any(|(function, _)| {
            matches!(function, CoreFunction::Builtin(C::ThreadNewIndirect { .. }))
        })
}

fn callback(options: &[CanonicalOption]) -> Option<u32> {
    options.iter().find_map(|option| match option {
        CanonicalOption::Callback(function) => Some(*function),
        _ => None,
    })
}

/// A core function that the host calls for a task of the program.
pub(super) struct TaskFunction {
    pub(super) core_function: u32,
    /// The runtime's function that replaces it.
    pub(super) name: &'static str,
}

/// The core functions of all tasks that may wait.
pub(super) fn tasks(items: &Items<'_>, types: TypesRef<'_>) -> Vec<TaskFunction> {
    let mut tasks = Vec::new();
    for lift in &items.lifts {
        let callback = callback(&lift.options);
        let ty = types.get(types.component_function_at(lift.function));
        let may_wait = ty.is_some_and(|ty| ty.async_);
        let mut add = |core_function, name| {
            tasks.push(TaskFunction {
                core_function,
                name,
            });
        };
        match callback {
            Some(callback) => {
                add(lift.core_function, "[task-returned]");
                add(callback, "[callback]");
            }
            None if may_wait => add(lift.core_function, "[task-ended]"),
            None => {}
        }
    }
    tasks
}
