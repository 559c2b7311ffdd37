//! The functions that a program could pass a stream of a packed file to.
//!
//! The handle of such a stream is the runtime's, and the host traps on it. Entries replace
//! streams of bytes where they can, see `pumps`. For example, an entry does not find a stream
//! in a list. Most programs pass streams that they write themselves, so such a function is a
//! warning and no error.

use crate::component::wire::content::Search;
use crate::component::wire::escape::{called, params, result, written};
use crate::component::wire::exports::Exports;
use crate::component::wire::items::{CoreFunction, Items, Lift};
use crate::component::wire::lowerings::{has_pumps, uses_files_of_0_3};
use crate::component::wire::payloads::{Payload, Payloads};
use crate::component::wire::pumps::{self, Given};
use std::collections::HashSet;
use wasmparser::CanonicalOption;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentDefinedType, ComponentValType};
use wasmparser::types::TypesRef;

/// The functions in words, each once.
pub(super) fn receivers<'a>(items: &Items<'a>, types: TypesRef<'a>) -> Vec<String> {
    if !uses_files_of_0_3(items) {
        return Vec::new();
    }
    let mut streams = Streams::new(items, types);
    let mut exports = Exports::new(items);
    let functions = items.core_functions.iter();
    let mut receivers: Vec<_> = functions
        .filter_map(|(function, _)| streams.receiver(items, function))
        .collect();
    for lift in &items.lifts {
        if streams.are_returned(lift) {
            receivers.push(exports.caller(lift.function));
        }
    }
    let mut seen = HashSet::new();
    receivers.retain(|receiver| seen.insert(receiver.clone()));
    receivers
}

/// The streams and futures to search for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    All,
    /// Those that no entry replaces by one of the host.
    Others,
}

/// Whether a function is one that may block.
fn is_async_function(types: TypesRef<'_>, function: u32) -> bool {
    let ty = types.get(types.component_function_at(function));
    ty.is_some_and(|ty| ty.async_)
}

/// Whether values contain a resource, such as a response that holds a stream. A synchronous
/// lift waits for the stream before it returns, and the caller reads it only afterwards.
fn has_resource(types: TypesRef<'_>, values: &[ComponentValType]) -> bool {
    let mut search = Search::new(types);
    let mut is = |_, ty: &_| matches!(ty, ComponentDefinedType::Own(_)).then_some(());
    let mut values = values.iter();
    values.any(|value| search.first(*value, &mut is).is_some())
}

/// The payload of a stream or future type.
fn payload(types: TypesRef<'_>, ty: u32) -> Vec<ComponentValType> {
    let ComponentAnyTypeId::Defined(ty) = types.component_any_type_at(ty) else {
        return Vec::new();
    };
    match types.get(ty) {
        Some(ComponentDefinedType::Stream { ty, .. } | ComponentDefinedType::Future { ty, .. }) => {
            ty.iter().copied().collect()
        }
        _ => Vec::new(),
    }
}

/// The payloads of streams and futures that lowered functions of files return.
fn made(items: &Items<'_>) -> HashSet<Payload> {
    let mut made = HashSet::new();
    for (function, _) in &items.core_functions {
        let CoreFunction::Lower { function, .. } = function else {
            continue;
        };
        let imported = items.imported(*function);
        let name = imported.and_then(|(_, _, name)| name.strip_prefix("[method]descriptor."));
        match name {
            Some("read-via-stream") => made.extend([Payload::Bytes, Payload::Result]),
            Some("read-directory") => made.extend([Payload::Entries, Payload::Result]),
            Some("write-via-stream" | "append-via-stream") => {
                made.insert(Payload::Result);
            }
            _ => {}
        }
    }
    made
}

/// The streams and futures of packed files.
struct Streams<'a> {
    types: TypesRef<'a>,
    made: HashSet<Payload>,
    payloads: Payloads<'a>,
    /// Whether entries replace streams.
    has_pumps: bool,
    /// The search for each [`Made`].
    all: Search<'a>,
    others: Search<'a>,
}

impl<'a> Streams<'a> {
    fn new(items: &Items<'a>, types: TypesRef<'a>) -> Self {
        let mut payloads = Payloads::find(items, types);
        Self {
            types,
            made: made(items),
            has_pumps: has_pumps(items, &mut payloads, &mut Given::new(types)),
            payloads,
            all: Search::new(types),
            others: Search::new(types),
        }
    }

    /// The receiver of streams that a core function passes on, in words.
    fn receiver(&mut self, items: &Items<'a>, function: &CoreFunction<'a>) -> Option<String> {
        match function {
            CoreFunction::Lower { function, options } => {
                // A call that blocks may wait for the stream, and nothing writes meanwhile.
                let is_async = options.contains(&CanonicalOption::Async);
                let blocks = is_async_function(self.types, *function) && !is_async;
                let values = params(self.types, *function);
                let are_passed = self.are_passed(values, !blocks);
                are_passed.then(|| called(items, *function))
            }
            CoreFunction::Builtin(builtin) => {
                let (user, ty) = written(builtin)?;
                let are_in = self.are_in(payload(self.types, ty), Made::All);
                are_in.then(|| user.to_owned())
            }
            _ => None,
        }
    }

    /// Whether a caller of an export could get streams, or waits for them without end.
    fn are_returned(&mut self, lift: &Lift) -> bool {
        let values = result(self.types, lift.function);
        // A synchronous lift returns its result without a built-in.
        let is_async = lift.options.contains(&CanonicalOption::Async);
        let is_awaited = self.has_pumps
            && !is_async
            && is_async_function(self.types, lift.function)
            && has_resource(self.types, &values);
        is_awaited || self.are_passed(values, is_async)
    }

    /// Whether values contain streams that are not replaced. With `is_replaced`, the entry of
    /// the function replaces those that it finds.
    fn are_passed(&mut self, values: Vec<ComponentValType>, is_replaced: bool) -> bool {
        let is_replaced = self.has_pumps && is_replaced;
        match is_replaced && !pumps::are_hidden(self.types, &mut self.payloads, &values) {
            true => self.are_in(values, Made::Others),
            false => self.are_in(values, Made::All),
        }
    }

    /// Whether one of the values contains such a stream or future.
    fn are_in(&mut self, values: Vec<ComponentValType>, only: Made) -> bool {
        let Self { made, payloads, .. } = self;
        let search = match only {
            Made::All => &mut self.all,
            Made::Others => &mut self.others,
        };
        let mut values = values.into_iter();
        values.any(|value| {
            let is_made = |id, _: &_| {
                let payload = payloads.of(id).filter(|payload| made.contains(payload));
                payload.filter(|payload| only == Made::All || *payload != Payload::Bytes)
            };
            search.first(value, &mut { is_made }).is_some()
        })
    }
}
