//! The functions that a program could pass a stream of a packed file to.
//!
//! The handle of such a stream is the runtime's, and the host traps on it. Entries replace
//! streams of bytes where they can, see `pumps`. For example, an entry does not find a stream
//! in a list. Most programs pass streams that they write themselves, so such a function is a
//! warning and no error.

use crate::component::wire::content::Search;
use crate::component::wire::escape::{called, params, result, written};
use crate::component::wire::exports::Exports;
use crate::component::wire::items::{CoreFunction, Items};
use crate::component::wire::lowerings::{has_pumps, uses_files_of_0_3};
use crate::component::wire::payloads::{Payload, Payloads};
use crate::component::wire::pumps;
use std::collections::HashSet;
use wasmparser::CanonicalOption;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentDefinedType, ComponentValType};
use wasmparser::types::TypesRef;

/// The functions in words, each once.
pub(super) fn receivers<'a>(items: &Items<'a>, types: TypesRef<'a>) -> Vec<String> {
    if !uses_files_of_0_3(items) {
        return Vec::new();
    }
    let mut payloads = Payloads::find(items, types);
    let has_pumps = has_pumps(items, types, &mut payloads);
    let mut streams = Streams {
        made: made(items),
        payloads,
    };
    let mut exports = Exports::new(items);
    let mut receivers = Vec::new();
    for (function, _) in &items.core_functions {
        if let CoreFunction::Lower { function, options } = function {
            let values = params(types, *function);
            // A call that blocks may wait for the stream, and nothing writes meanwhile.
            let blocks = is_async(types, *function) && !options.contains(&CanonicalOption::Async);
            let only = streams.only(types, &values, has_pumps && !blocks);
            if streams.are_in(values, only) {
                receivers.push(called(items, *function));
            }
        }
        if let CoreFunction::Builtin(builtin) = function
            && let Some((user, ty)) = written(builtin)
            && streams.are_in(payload(types, ty), Made::All)
        {
            receivers.push(user.to_owned());
        }
    }
    for lift in &items.lifts {
        // A synchronous lift returns its result without a built-in.
        let is_async = lift.options.contains(&CanonicalOption::Async);
        let values = result(types, lift.function);
        let only = streams.only(types, &values, has_pumps && is_async);
        if streams.are_in(values, only) {
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
fn is_async(types: TypesRef<'_>, function: u32) -> bool {
    let ty = types.get(types.component_function_at(function));
    ty.is_some_and(|ty| ty.async_)
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
    made: HashSet<Payload>,
    payloads: Payloads<'a>,
}

impl<'a> Streams<'a> {
    /// What to search for in values. The entry of a function with `pumps` replaces streams of
    /// bytes, unless they are where it does not find them.
    fn only(&mut self, types: TypesRef<'a>, values: &[ComponentValType], pumps: bool) -> Made {
        match pumps && !pumps::are_hidden(types, &mut self.payloads, values) {
            true => Made::Others,
            false => Made::All,
        }
    }

    /// Whether one of the values contains such a stream or future.
    fn are_in(&mut self, values: Vec<ComponentValType>, only: Made) -> bool {
        let Self { made, payloads } = self;
        let mut search = Search::new(payloads.types());
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
