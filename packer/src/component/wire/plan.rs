//! What wiring inserts into a component, and where.
//!
//! Sections are inserted in two places. The first is before the first core instance: the
//! shim has to exist before any module that calls it. The second is behind the last item
//! that the runtime imports: the memory, the allocators and the original functions.
//!
//! For example, a component has the sections modules, instance of `main`, alias of its
//! memory, `canon lower` with that memory, instance of a fixup. The first place is before
//! the instance of `main`, the second before the instance of the fixup.

use crate::component::error::ComponentError;
use crate::component::wire::host::{Answer, Answers, HostLowering, Search};
use crate::component::wire::items::{Defined, Items};
use crate::component::wire::lowerings::{self, Lowered};
use crate::component::wire::payloads::Payloads;
use crate::component::wire::resources::Resources;
use crate::component::wire::shift::{Run, Shift, Shifts};
use crate::component::wire::start;
use crate::module::{Entry, Lowering, Lowerings, Version};
use std::ops::Range;
use wasmparser::types::TypesRef;

/// The number of core modules: shim, runtime and fixup.
pub(super) const MODULES: u32 = 3;

/// The number of instances in the second place: the program, the runtime and the fixup.
pub(super) const LATE_INSTANCES: u32 = 3;

/// The insertions.
pub(super) struct Plan {
    /// The intercepted functions, one for each lowering.
    pub(super) functions: Vec<Entry>,
    /// The intercepted core functions.
    pub(super) originals: Vec<u32>,
    /// The lowerings by the imports of the stub: lowerings, then allocators, then host.
    pub(super) bindings: Lowerings,
    /// The core memory of the program.
    pub(super) memory: u32,
    /// The core functions that allocate.
    pub(super) reallocs: Vec<u32>,
    pub(super) host: Vec<HostLowering>,
    /// Numbers of the sections before which the insertions are.
    pub(super) places: [usize; 2],
    pub(super) shifts: Shifts,
}

impl Plan {
    /// Plans the wiring of the component with these `items`. If it `keeps_changes`, its
    /// runtime has a layer.
    pub(super) fn new<'a>(
        items: &Items<'a>,
        types: TypesRef<'a>,
        keeps_changes: bool,
    ) -> Result<Self, ComponentError> {
        let resources = Resources::find(items, types, keeps_changes);
        let lowered = lowerings::find(items, types, &resources, keeps_changes)?;
        let memory = lowerings::memory(items, types, &lowered)?;
        let reallocs = reallocs(items, &lowered);
        let stream = lowerings::stream_type(items, &mut Payloads::find(items, types));
        let needs_type = lowered.iter().any(|one| one.entry.function.is_pump);
        let needed = stream.filter(|_| needs_type).map(|(_, section)| section);
        let places = places(items, &lowered, memory, needed);
        let stream = stream.filter(|(_, section)| *section < places[1]);
        let stream = stream.map(|(ty, _)| ty);
        let clock = lowerings::clock(items, places[1]).filter(|_| keeps_changes);
        let mut search = Search::new(items, types, &lowered, (stream, clock));
        let answers = search.answers();
        let host = search.added;
        start::reject(items, &lowered, places)?;
        Ok(Self {
            functions: lowered
                .iter()
                .map(|lowered| lowered.entry.clone())
                .collect(),
            originals: lowered
                .iter()
                .map(|lowered| lowered.core_function)
                .collect(),
            bindings: bindings(items, &lowered, &reallocs, &answers),
            shifts: shifts(items, places, lowered.len() as u32, &host),
            memory,
            reallocs,
            host,
            places,
        })
    }
}

impl Plan {
    /// The names of the intercepted functions of 0.3 that write a stream to a file, each once.
    /// No runtime reads a stream of the program.
    pub(super) fn failing_writes(&self) -> Vec<String> {
        let functions = self.functions.iter().map(|entry| entry.function);
        let writes = functions.filter(|function| {
            let name = function.name.strip_prefix("[method]descriptor.");
            function.version == Version::Preview3
                && matches!(name, Some("write-via-stream" | "append-via-stream"))
        });
        let names = writes.map(|function| function.name.trim_start_matches("[method]"));
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }
}

fn bindings(
    items: &Items<'_>,
    lowered: &[Lowered<'_>],
    reallocs: &[u32],
    answers: &[Answers],
) -> Lowerings {
    let first_host = lowered.len() + reallocs.len();
    let bindings = lowered.iter().zip(answers).map(|(one, answers)| {
        let realloc = one.realloc.and_then(|realloc| {
            let mut reallocs = reallocs.iter();
            reallocs.position(|other| items.is_same(*other, realloc))
        });
        Lowering {
            entry: one.entry.clone(),
            realloc: realloc.map(|at| (lowered.len() + at) as u32),
            host: answers.map(|answer| {
                answer.map(|answer| match answer {
                    Answer::Own(number) => number as u32,
                    Answer::Added(number) => (first_host + number) as u32,
                })
            }),
        }
    });
    Lowerings(bindings.collect())
}

/// The allocators, each once.
fn reallocs(items: &Items<'_>, lowered: &[Lowered<'_>]) -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    for realloc in lowered.iter().filter_map(|lowered| lowered.realloc) {
        if !found.iter().any(|other| items.is_same(*other, realloc)) {
            found.push(realloc);
        }
    }
    found
}

/// The sections before which wiring inserts. The second is behind everything that the
/// runtime imports, and behind the section `needed`.
fn places(
    items: &Items<'_>,
    lowered: &[Lowered<'_>],
    memory: u32,
    needed: Option<usize>,
) -> [usize; 2] {
    let functions = lowered.iter().flat_map(|lowered| {
        let functions = [Some(lowered.core_function), lowered.realloc];
        functions.into_iter().flatten()
    });
    let functions = functions.filter_map(|function| place(&items.core_functions, function));
    let memory = place(&items.core_memories, memory);
    let needed = functions.chain(memory).chain(needed);
    let instances = items.core_instances.iter();
    let first = instances.map(|(_, section)| *section).min().unwrap_or(0);
    let last = needed.max().unwrap_or(0);
    [first, first.max(last + 1)]
}

/// The number of the section that defines an item.
fn place<T>(items: &Defined<T>, number: u32) -> Option<usize> {
    items.get(number as usize).map(|(_, section)| *section)
}

/// The shifts of insertions into the sections `places`, with so many lowerings and these
/// functions of the host.
fn shifts(items: &Items<'_>, places: [usize; 2], lowered: u32, host: &[HostLowering]) -> Shifts {
    let aliases = host.iter().filter(|host| host.is_alias()).count() as u32;
    let host = host.len() as u32;
    Shifts {
        core_modules: shift(&items.core_modules, places, [MODULES, 0]),
        core_instances: shift(&items.core_instances, places, [1, LATE_INSTANCES]),
        core_functions: shift(&items.core_functions, places, [lowered, host]),
        functions: shift(&items.functions, places, [0, aliases]),
    }
}

fn shift<T>(items: &Defined<T>, places: [usize; 2], counts: [u32; 2]) -> Shift {
    let [first, second] = places.map(|place| {
        let before = items.iter().take_while(|(_, section)| *section < place);
        before.count() as u32
    });
    Shift([
        Run {
            at: first,
            count: counts[0],
        },
        Run {
            at: second,
            count: counts[1],
        },
    ])
}

/// The shifts that the insertions have made in a wired component. They are in the sections
/// `places`.
pub(super) fn shifts_of_wired(wired: &Items<'_>, places: [Range<usize>; 2]) -> Shifts {
    Shifts {
        core_modules: shift_of_wired(&wired.core_modules, &places),
        core_instances: shift_of_wired(&wired.core_instances, &places),
        core_functions: shift_of_wired(&wired.core_functions, &places),
        functions: shift_of_wired(&wired.functions, &places),
    }
}

fn shift_of_wired<T>(wired: &Defined<T>, places: &[Range<usize>; 2]) -> Shift {
    let [first, second] = places;
    let count = |range: &Range<usize>| {
        let inside = wired.iter().filter(|(_, section)| range.contains(section));
        inside.count() as u32
    };
    let before = |place: usize| {
        let before = wired.iter().filter(|(_, section)| *section < place);
        before.count() as u32
    };
    let count_of_first = count(first);
    Shift([
        Run {
            at: before(first.start),
            count: count_of_first,
        },
        Run {
            at: before(second.start) - count_of_first,
            count: count(second),
        },
    ])
}
