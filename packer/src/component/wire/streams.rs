//! The functions that a program could pass a stream of a packed file to.
//!
//! Only the program reads such a stream: its handle is the runtime's, and the host traps on
//! it. For example, a program may call `write-via-stream` of `wasi:cli/stdout` with the
//! stream of a file. Most programs pass streams that they write themselves, so such a
//! function is a warning and no error.

use crate::component::wire::content::Search;
use crate::component::wire::escape::{called, params, result, written};
use crate::component::wire::exports::Exports;
use crate::component::wire::items::{CoreFunction, Function, Items};
use crate::component::wire::lowerings::uses_files_of_0_3;
use crate::component::wire::payloads::{Payload, Payloads};
use std::collections::HashSet;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentDefinedType, ComponentValType};
use wasmparser::types::TypesRef;

/// The functions in words, each once.
pub(super) fn receivers<'a>(items: &Items<'a>, types: TypesRef<'a>) -> Vec<String> {
    if !uses_files_of_0_3(items) {
        return Vec::new();
    }
    let mut streams = Streams {
        made: made(items),
        payloads: Payloads::find(items, types),
        search: Search::new(types),
    };
    let mut exports = Exports::new(items);
    let mut receivers = Vec::new();
    for (function, _) in &items.core_functions {
        if let CoreFunction::Lower { function, .. } = function
            && streams.are_in(params(types, *function))
        {
            receivers.push(called(items, *function));
        }
        if let CoreFunction::Builtin(builtin) = function
            && let Some((user, ty)) = written(builtin)
            && streams.are_in(payload(types, ty))
        {
            receivers.push(user.to_owned());
        }
    }
    for (number, (function, _)) in (0..).zip(&items.functions) {
        if let Function::Lift = function
            && streams.are_in(result(types, number))
        {
            receivers.push(exports.caller(number));
        }
    }
    let mut seen = HashSet::new();
    receivers.retain(|receiver| seen.insert(receiver.clone()));
    receivers
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
    search: Search<'a>,
}

impl Streams<'_> {
    /// Whether one of the values contains such a stream or future.
    fn are_in(&mut self, values: Vec<ComponentValType>) -> bool {
        let Self {
            made,
            payloads,
            search,
        } = self;
        let mut values = values.into_iter();
        values.any(|value| {
            let is_made = |id, _: &_| payloads.of(id).filter(|payload| made.contains(payload));
            search.first(value, &mut { is_made }).is_some()
        })
    }
}
