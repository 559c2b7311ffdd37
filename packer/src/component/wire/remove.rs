//! Removes the wiring from a component.
//!
//! The inserted sections are recognised by the runtime, the core module with the image. The
//! shim is the module before it, and the section with the instance of the runtime names the
//! original of each trampoline. For example, `lowered 3` is core function 40. References to
//! trampoline 3 become references to function 40, and then all numbers shift back.

use crate::component::error::ComponentError;
use crate::component::parse::layout::{Component, Layout};
use crate::component::wire::items::{CoreFunction, Items};
use crate::component::wire::names::{HOST_PREFIX, LOWERED_PREFIX};
use crate::component::wire::nested::{header, with_content};
use crate::component::wire::plan::{LATE_INSTANCES, shifts_of_wired};
use crate::component::wire::renumber::Renumber;
use crate::component::wire::sections::{self, id};
use crate::component::wire_error::WireError;
use std::ops::Range;
use wasmparser::{Export, Instance};

/// The identifiers of the sections in the first place.
const EARLY: [u8; 5] = [
    id::CORE_MODULE,
    id::CORE_MODULE,
    id::CORE_MODULE,
    id::CORE_INSTANCE,
    id::ALIAS,
];

/// The component in `wasm` without its wiring. `runtime` is the number of the core module
/// with the image in `layout`.
pub(super) fn unwired(
    wasm: &[u8],
    layout: &Layout,
    runtime: usize,
) -> Result<Vec<u8>, ComponentError> {
    let module = layout.modules.get(runtime);
    let component = module.and_then(|module| layout.components.get(module.component));
    let (Some(module), Some(component)) = (module, component) else {
        return Err(WireError::rewritten("it has no runtime").into());
    };
    let items = Items::parse(wasm, &component.sections)?;
    let mut sections = component.sections.iter();
    let place = sections.position(|section| *section == module.section);
    let wiring = Wiring::find(component, &items, place.unwrap_or_default())?;
    let shifts = shifts_of_wired(&items, wiring.places.clone());
    let first_trampoline = shifts.core_functions.0[0].at;
    let mut redirects = std::collections::HashMap::new();
    for (trampoline, original) in (first_trampoline..).zip(&wiring.originals) {
        let original = shifts.core_functions.original(*original);
        let original =
            original.ok_or_else(|| WireError::rewritten("a trampoline has no original"))?;
        redirects.insert(trampoline, original);
    }
    let mut renumber = Renumber::unwire(shifts, redirects);
    let mut out = header(wasm, component).to_vec();
    let [early, late] = &wiring.places;
    for (number, section) in component.sections.iter().enumerate() {
        if number < early.start && section.id != id::CUSTOM {
            out.extend(sections::whole(wasm, section));
        } else if !early.contains(&number) && !late.contains(&number) {
            renumber.append(&mut out, wasm, section)?;
        }
    }
    with_content(wasm, component, out)
}

/// The inserted sections of a wired component.
struct Wiring {
    places: [Range<usize>; 2],
    /// The original core function of each trampoline.
    originals: Vec<u32>,
}

impl Wiring {
    /// Finds them around the core module in section `place`.
    fn find(component: &Component, items: &Items<'_>, place: usize) -> Result<Self, WireError> {
        let start = place.checked_sub(1);
        let early = start.map(|start| start..start + EARLY.len());
        let early = early.filter(|early| {
            let sections = component.sections.get(early.clone());
            let ids = sections
                .unwrap_or_default()
                .iter()
                .map(|section| section.id);
            ids.eq(EARLY)
        });
        let early =
            early.ok_or_else(|| WireError::rewritten("the runtime is not behind its shim"))?;
        let runtime = items
            .core_modules
            .iter()
            .position(|(_, section)| *section == place);
        let (late, program) = runtime
            .and_then(|runtime| late_instances(items, runtime as u32))
            .ok_or_else(|| {
                WireError::rewritten("the runtime is not instantiated behind the program")
            })?;
        let count = |prefix| {
            program
                .iter()
                .filter(|e| e.name.starts_with(prefix))
                .count()
        };
        let host_count = count(HOST_PREFIX);
        // The aliases and the lowerings of functions of the host.
        let start = late.saturating_sub(if host_count > 0 { 2 } else { 0 });
        let lowered = program
            .iter()
            .filter(|export| export.name.starts_with(LOWERED_PREFIX));
        let wiring = Self {
            originals: lowered.map(|export| export.index).collect(),
            places: [early, start..late + 1],
        };
        wiring.check(items, host_count)?;
        Ok(wiring)
    }

    /// Rejects sections that hold other items, too: a tool has joined them.
    fn check(&self, items: &Items<'_>, host_count: usize) -> Result<(), WireError> {
        let [early, late] = &self.places;
        let found = [
            within(&items.core_modules, early),
            within(&items.core_instances, early),
            within(&items.core_functions, early),
            within(&items.functions, late),
            within(&items.core_functions, late),
            within(&items.core_instances, late),
        ];
        let lowered = self.originals.len();
        let aliases = items.core_functions.iter().filter(|(function, section)| {
            late.contains(section) && matches!(function, CoreFunction::Lower { .. })
        });
        let alias_count = aliases.count();
        let late_instances = LATE_INSTANCES as usize;
        if found == [3, 1, lowered, alias_count, host_count, late_instances]
            && early.end <= late.start
        {
            return Ok(());
        }
        Err(WireError::rewritten(
            "the inserted sections hold other items",
        ))
    }
}

/// How many items are in these sections.
fn within<T>(items: &[(T, usize)], sections: &Range<usize>) -> usize {
    items
        .iter()
        .filter(|(_, section)| sections.contains(section))
        .count()
}

/// The section that instantiates the core module `runtime`, and the exports of the program
/// that it gets. Nothing else is in that section.
fn late_instances<'i, 'a>(items: &'i Items<'a>, runtime: u32) -> Option<(usize, &'i [Export<'a>])> {
    let mut instances = items.core_instances.iter();
    let at = instances.position(|(instance, _)| match instance {
        Instance::Instantiate { module_index, .. } => *module_index == runtime,
        Instance::FromExports(_) => false,
    })?;
    let (program, section) = items.core_instances.get(at.checked_sub(1)?)?;
    match program {
        Instance::FromExports(exports) => Some((*section, exports)),
        Instance::Instantiate { .. } => None,
    }
}
