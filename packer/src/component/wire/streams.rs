//! The functions that a program could pass a stream of a packed file to.
//!
//! Only the program reads such a stream: its handle is the runtime's, and the host traps on
//! it. For example, a program may call `write-via-stream` of `wasi:cli/stdout` with the
//! stream of a file. Most programs pass streams that they write themselves, so such a
//! function is a warning and no error.

use crate::component::wire::content::Search;
use crate::component::wire::escape::{called, exported, params, result};
use crate::component::wire::items::{CoreFunction, Function, Items};
use crate::component::wire::lowerings::{has_pumps, uses_files_of_0_3};
use crate::component::wire::payloads::{Payload, Payloads};
use crate::component::wire::pumps;
use std::collections::HashSet;
use wasmparser::component_types::ComponentValType;
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
        search: Search::new(types),
    };
    let others = without_bytes(&streams.made);
    let mut receivers = Vec::new();
    for (core_function, _) in &items.core_functions {
        let CoreFunction::Lower { function, .. } = core_function else {
            continue;
        };
        let is_pumped = has_pumps && {
            let found = pumps::streams(types, &mut streams.payloads, core_function);
            !found.are_hidden
        };
        if streams.are_in(params(types, *function), is_pumped.then_some(&others)) {
            receivers.push(called(items, *function));
        }
    }
    for (number, (function, _)) in (0..).zip(&items.functions) {
        if let Function::Lift = function
            && streams.are_in(result(types, number), None)
        {
            receivers.push(exported(items, number));
        }
    }
    let mut seen = HashSet::new();
    receivers.retain(|receiver| seen.insert(receiver.clone()));
    receivers
}

/// The payloads for which the host has no pump.
fn without_bytes(made: &HashSet<Payload>) -> HashSet<Payload> {
    let others = made.iter().filter(|payload| **payload != Payload::Bytes);
    others.copied().collect()
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
    fn are_in(&mut self, values: Vec<ComponentValType>, only: Option<&HashSet<Payload>>) -> bool {
        let Self {
            made,
            payloads,
            search,
        } = self;
        let made = only.unwrap_or(made);
        let search = match only {
            None => search,
            Some(_) => &mut Search::new(payloads.types()),
        };
        let mut values = values.into_iter();
        values.any(|value| {
            let is_made = |id, _: &_| payloads.of(id).filter(|payload| made.contains(payload));
            search.first(value, &mut { is_made }).is_some()
        })
    }
}
