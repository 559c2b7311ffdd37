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
use crate::component::wire::items::{CoreExport, CoreFunction, Defined, Items};
use crate::component::wire::lowerings::{self, Lowered};
use crate::component::wire::resources::Resources;
use crate::component::wire::shift::{Run, Shift, Shifts};
use crate::component::wire::start;
use crate::module::{HOST_COUNT, Lowering, Lowerings};
use std::ops::Range;
use wasi_vfs_embedding::preview2::{Function, HOST_FUNCTIONS, HostFunction};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;

/// The number of core modules: shim, runtime and fixup.
pub(super) const MODULES: u32 = 3;

/// The number of instances in the second place: the program, the runtime and the fixup.
pub(super) const LATE_INSTANCES: u32 = 3;

/// A function of the host that the runtime calls and that wiring lowers itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostLowering {
    /// The imported instance that has the function.
    pub(super) instance: u32,
    pub(super) function: &'static HostFunction,
}

/// The insertions.
pub(super) struct Plan {
    /// The intercepted functions, one for each lowering.
    pub(super) functions: Vec<&'static Function>,
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
    /// Plans the wiring of the component with these `items`.
    pub(super) fn new<'a>(items: &Items<'a>, types: TypesRef<'a>) -> Result<Self, ComponentError> {
        let resources = Resources::find(items, types);
        let lowered = lowerings::find(items, types, &resources)?;
        let memory = lowerings::memory(items, types, &lowered)?;
        let host = host(&lowered, types);
        let reallocs = reallocs(items, &lowered);
        let places = places(items, &lowered, memory);
        start::reject(items, &lowered, places)?;
        Ok(Self {
            functions: lowered.iter().map(|lowered| lowered.function).collect(),
            originals: lowered
                .iter()
                .map(|lowered| lowered.core_function)
                .collect(),
            bindings: bindings(items, &lowered, &reallocs, &host),
            shifts: shifts(items, places, lowered.len() as u32, host.len() as u32),
            memory,
            reallocs,
            host,
            places,
        })
    }
}

fn bindings(
    items: &Items<'_>,
    lowered: &[Lowered<'_>],
    reallocs: &[u32],
    host: &[HostLowering],
) -> Lowerings {
    let first_host = lowered.len() + reallocs.len();
    let bindings = lowered.iter().enumerate().map(|(number, one)| {
        let realloc = one.realloc.and_then(|realloc| {
            let mut reallocs = reallocs.iter();
            reallocs.position(|other| is_same(items, *other, realloc))
        });
        let mut bound = [None; HOST_COUNT];
        for (slot, function) in bound.iter_mut().zip(HOST_FUNCTIONS) {
            *slot = match function.name == one.function.name {
                true => Some(number as u32),
                false => position(host, one, function).map(|at| (first_host + at) as u32),
            };
        }
        Lowering {
            function: one.function,
            realloc: realloc.map(|at| (lowered.len() + at) as u32),
            host: bound,
        }
    });
    Lowerings(bindings.collect())
}

/// The function of the host that answers for `lowered`.
fn position(
    host: &[HostLowering],
    lowered: &Lowered<'_>,
    function: &HostFunction,
) -> Option<usize> {
    let is_bound = |host: &HostLowering| {
        host.instance == lowered.instance
            && host.function.name == function.name
            && needs(lowered.function, function)
    };
    host.iter().position(is_bound)
}

/// Whether the runtime calls the function `host` to answer `function`.
fn needs(function: &Function, host: &HostFunction) -> bool {
    let splices = function.name.ends_with("splice");
    match host.name {
        "[method]pollable.ready" => function.name == "poll",
        name => splices && name.starts_with("[method]output-stream."),
    }
}

/// The functions of the host to lower. The instance of a function has its other functions,
/// too, in the same version.
fn host(lowered: &[Lowered<'_>], types: TypesRef<'_>) -> Vec<HostLowering> {
    let mut found: Vec<HostLowering> = Vec::new();
    for lowered in lowered {
        let functions = HOST_FUNCTIONS.iter();
        for function in functions.filter(|function| needs(lowered.function, function)) {
            let instance = lowered.instance;
            let is_known = |host: &HostLowering| {
                host.instance == instance && host.function.name == function.name
            };
            if !found.iter().any(is_known) && exports(types, instance, function.name) {
                found.push(HostLowering { instance, function });
            }
        }
    }
    found
}

fn exports(types: TypesRef<'_>, instance: u32, name: &str) -> bool {
    let instance = types.get(types.component_instance_at(instance));
    let export = instance.and_then(|instance| instance.exports.get(name));
    export.is_some_and(|export| matches!(export.ty, ComponentEntityType::Func(_)))
}

/// The allocators, each once.
fn reallocs(items: &Items<'_>, lowered: &[Lowered<'_>]) -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    for realloc in lowered.iter().filter_map(|lowered| lowered.realloc) {
        if !found.iter().any(|other| is_same(items, *other, realloc)) {
            found.push(realloc);
        }
    }
    found
}

/// Whether two core functions are the same, perhaps as two aliases of one export.
fn is_same(items: &Items<'_>, one: u32, other: u32) -> bool {
    let export = |function: u32| -> Option<CoreExport<'_>> {
        match items.core_functions.get(function as usize)? {
            (CoreFunction::Export(export), _) => Some(*export),
            _ => None,
        }
    };
    one == other || export(one).is_some_and(|one| export(other) == Some(one))
}

fn places(items: &Items<'_>, lowered: &[Lowered<'_>], memory: u32) -> [usize; 2] {
    let functions = lowered.iter().flat_map(|lowered| {
        let functions = [Some(lowered.core_function), lowered.realloc];
        functions.into_iter().flatten()
    });
    let functions = functions.filter_map(|function| place(&items.core_functions, function));
    let needed = functions.chain(place(&items.core_memories, memory));
    let instances = items.core_instances.iter();
    let first = instances.map(|(_, section)| *section).min().unwrap_or(0);
    let last = needed.max().unwrap_or(0);
    [first, first.max(last + 1)]
}

/// The number of the section that defines an item.
fn place<T>(items: &Defined<T>, number: u32) -> Option<usize> {
    items.get(number as usize).map(|(_, section)| *section)
}

/// The shifts of insertions into the sections `places`, with so many lowerings and
/// functions of the host.
fn shifts(items: &Items<'_>, places: [usize; 2], lowered: u32, host: u32) -> Shifts {
    Shifts {
        core_modules: shift(&items.core_modules, places, [MODULES, 0]),
        core_instances: shift(&items.core_instances, places, [1, LATE_INSTANCES]),
        core_functions: shift(&items.core_functions, places, [lowered, host]),
        functions: shift(&items.functions, places, [0, host]),
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
