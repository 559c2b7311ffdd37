//! Writes the wired component.

use crate::component::error::ComponentError;
use crate::component::parse::layout;
use crate::component::wire::host::{HostLowering, Origin};
use crate::component::wire::names::{
    HOST_PREFIX, LOWERED_PREFIX, MEMORY, PROGRAM, REALLOC_PREFIX, RUNTIME, SHIM, numbered,
};
use crate::component::wire::plan::Plan;
use crate::component::wire::renumber::{HEADER_LEN, Renumber};
use crate::component::wire::sections::{self, id};
use crate::component::wire::{modules, nested};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection,
    ComponentExportKind, ComponentSection, ExportKind, InstanceSection, ModuleArg, RawSection,
};

/// The content of `component` in `wasm` with the insertions of `plan` and the merged
/// `runtime`.
pub(super) fn wired(
    wasm: &[u8],
    component: &layout::Component,
    plan: &Plan,
    runtime: &[u8],
) -> Result<Vec<u8>, ComponentError> {
    let first_trampoline = plan.shifts.core_functions.0[0].at;
    let originals = plan.originals.iter().copied();
    let redirects = originals.zip(first_trampoline..).collect();
    let mut renumber = Renumber::wire(plan.shifts, redirects);
    let mut out = Vec::with_capacity(wasm.len() + runtime.len());
    out.extend(nested::header(wasm, component));
    let [first, second] = plan.places;
    let sections = &component.sections;
    for number in 0..=sections.len() {
        if number == first {
            push_modules(&mut out, plan, runtime);
            out.extend(early(plan));
        }
        if number == second {
            out.extend(late(plan));
        }
        match sections.get(number) {
            Some(section) if number < first && section.id != id::CUSTOM => {
                out.extend(sections::whole(wasm, section));
            }
            Some(section) if section.id == id::COMPONENT => {
                nested::reject_outer_modules(wasm, section, plan.shifts.core_modules.0[0].at)?;
                out.extend(sections::whole(wasm, section));
            }
            Some(section) => renumber.append(&mut out, wasm, section)?,
            None => {}
        }
    }
    Ok(out)
}

/// The three core modules. The payload in the runtime may be large, so it is copied once.
fn push_modules(out: &mut Vec<u8>, plan: &Plan, runtime: &[u8]) {
    let shim = modules::shim(&plan.functions);
    let fixup = modules::fixup(&plan.functions);
    for data in [&shim, runtime, &fixup] {
        let id = id::CORE_MODULE;
        RawSection { id, data }.append_to_component(out);
    }
}

/// The instance of the shim, and its functions.
fn early(plan: &Plan) -> Vec<u8> {
    let mut component = Component::new();
    let shim = plan.shifts.core_modules.0[0].at;
    let none: [(&str, ModuleArg); 0] = [];
    let mut instances = InstanceSection::new();
    instances.instantiate(shim, none);
    component.section(&instances);
    let mut aliases = ComponentAliasSection::new();
    for number in 0..plan.functions.len() {
        aliases.alias(Alias::CoreInstanceExport {
            instance: plan.shifts.core_instances.0[0].at,
            kind: ExportKind::Func,
            name: &number.to_string(),
        });
    }
    component.section(&aliases);
    without_header(component)
}

/// The sections in the second place: functions of the host, and the instances of the
/// runtime and the fixup.
fn late(plan: &Plan) -> Vec<u8> {
    let mut component = Component::new();
    if !plan.host.is_empty() {
        let first = plan.shifts.functions.0[1].at;
        let (aliases, lowered) = host_functions(plan, first);
        component.section(&aliases).section(&lowered);
    }
    component.section(&instances(plan));
    without_header(component)
}

/// Lowers the functions of the host. Component functions are numbered from `first`.
fn host_functions(plan: &Plan, first: u32) -> (ComponentAliasSection, CanonicalFunctionSection) {
    let mut aliases = ComponentAliasSection::new();
    let mut lowered = CanonicalFunctionSection::new();
    let mut function = first;
    for HostLowering {
        function: host,
        origin,
    } in &plan.host
    {
        match *origin {
            Origin::Export { instance, realloc } => {
                aliases.alias(Alias::InstanceExport {
                    instance,
                    kind: ComponentExportKind::Func,
                    name: host.name,
                });
                lowered.lower(function, options(plan, realloc));
                function += 1;
            }
            Origin::Builtin { ty } => built_in(&mut lowered, plan, host.name, ty),
        }
    }
    (aliases, lowered)
}

/// Adds a built-in of the canonical ABI by its name in the list of functions of the host.
fn built_in(canon: &mut CanonicalFunctionSection, plan: &Plan, name: &str, ty: u32) {
    match name {
        "[stream-new]u8" => canon.stream_new(ty),
        "[stream-write]u8" => {
            let options = [CanonicalOption::Memory(plan.memory), CanonicalOption::Async];
            canon.stream_write(ty, options)
        }
        "[stream-drop-writable]u8" => canon.stream_drop_writable(ty),
        "[waitable-join]" => canon.waitable_join(),
        "[waitable-set-new]" => canon.waitable_set_new(),
        "[waitable-set-wait]" => canon.waitable_set_wait(false, plan.memory),
        "[waitable-set-poll]" => canon.waitable_set_poll(false, plan.memory),
        "[waitable-set-drop]" => canon.waitable_set_drop(),
        _ => canon.stream_drop_readable(ty),
    };
}

fn options(plan: &Plan, realloc: Option<u32>) -> Vec<CanonicalOption> {
    let mut options = vec![CanonicalOption::Memory(plan.memory)];
    if let Some(realloc) = realloc {
        let realloc = plan.shifts.core_functions.wired(realloc);
        options.extend([CanonicalOption::Realloc(realloc), CanonicalOption::UTF8]);
    }
    options
}

fn instances(plan: &Plan) -> InstanceSection {
    let mut instances = InstanceSection::new();
    let exports = program(plan);
    instances.export_items(
        exports
            .iter()
            .map(|(name, kind, number)| (&**name, *kind, *number)),
    );
    let [early, late] = plan.shifts.core_instances.0;
    // The instance of the shim is before these.
    let program = late.at + early.count;
    let modules = plan.shifts.core_modules.0[0].at;
    instances.instantiate(modules + 1, [(PROGRAM, ModuleArg::Instance(program))]);
    instances.instantiate(
        modules + 2,
        [
            (SHIM, ModuleArg::Instance(early.at)),
            (RUNTIME, ModuleArg::Instance(program + 1)),
        ],
    );
    instances
}

/// Everything that the stub imports, with its number in the wired component.
fn program(plan: &Plan) -> Vec<(String, ExportKind, u32)> {
    let functions = plan.shifts.core_functions;
    let [early, late] = functions.0;
    let lowered = plan.originals.iter().map(|number| functions.wired(*number));
    let reallocs = plan.reallocs.iter().map(|number| functions.wired(*number));
    let first_host = late.at + early.count;
    let host = (first_host..).take(plan.host.len());
    let mut exports = vec![(MEMORY.to_owned(), ExportKind::Memory, plan.memory)];
    exports.extend(named(LOWERED_PREFIX, lowered));
    exports.extend(named(REALLOC_PREFIX, reallocs));
    exports.extend(named(HOST_PREFIX, host));
    exports
}

fn named(
    prefix: &'static str,
    functions: impl Iterator<Item = u32>,
) -> impl Iterator<Item = (String, ExportKind, u32)> {
    let functions = functions.enumerate();
    functions.map(move |(at, number)| (numbered(prefix, at), ExportKind::Func, number))
}

fn without_header(component: Component) -> Vec<u8> {
    component.finish().split_off(HEADER_LEN)
}

/// The stub of `plan`.
pub(super) fn stub(plan: &Plan) -> Vec<u8> {
    let host: Vec<_> = plan.host.iter().map(|host| host.function).collect();
    let stub = modules::Stub {
        lowered: &plan.functions,
        realloc_count: plan.reallocs.len(),
        host: &host,
    };
    stub.encode()
}
