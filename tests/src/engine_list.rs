//! The engines that `wasi-vfs check` names, each with its evidence.
//!
//! Owns which of them the tests run, and which are only reported to work. The command
//! has its own list, because it cannot depend on the tests. A test compares the two.

use crate::component::Engine as ComponentEngine;
use crate::component::matrix::{Kind, Packing as ComponentPacking};
use crate::engine::Engine;
use crate::matrix::{Cell, Packing, Program, plan};
use std::fmt::Write as _;

/// Why the command may name an engine.
#[derive(Clone, Copy, Debug)]
enum Evidence {
    /// The matrix runs it.
    Tested(Engine),
    /// Other sources report that it runs these modules.
    Reported(Memories),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memories {
    One,
    Many,
}

/// Names in the order of the command.
const LISTED: [(&str, Evidence); 13] = {
    use Evidence::{Reported, Tested};
    [
        ("wasmtime", Tested(Engine::Wasmtime)),
        ("Wasmer", Tested(Engine::Wasmer)),
        ("wasmi", Tested(Engine::Wasmi)),
        ("WasmEdge", Reported(Memories::Many)),
        ("Node 22 and later", Tested(Engine::Node)),
        ("Deno 1.38 and later", Reported(Memories::Many)),
        ("Chromium 120 and later", Tested(Engine::Chromium)),
        ("Firefox 125 and later", Reported(Memories::Many)),
        ("Safari of 2026 and later", Reported(Memories::Many)),
        ("Node 20", Tested(Engine::Node20)),
        ("wazero", Tested(Engine::Wazero)),
        ("WAMR", Reported(Memories::One)),
        ("pywasm", Tested(Engine::Pywasm)),
    ]
};

/// An engine that the command names for components.
struct ComponentEntry {
    /// Its name for components of WASI 0.2.
    name: &'static str,
    /// Its name for components of WASI 0.3, which needs a newer engine.
    name_0_3: &'static str,
    /// The matrix runs it.
    engine: ComponentEngine,
}

/// In the order of the command. wasmtime 45.0.2 rejects WASI 0.3, and 46.0.1 runs it.
const COMPONENTS: [ComponentEntry; 3] = [
    ComponentEntry {
        name: "wasmtime",
        name_0_3: "wasmtime 46 and later",
        engine: ComponentEngine::Wasmtime,
    },
    ComponentEntry {
        name: "jco with --multi-memory",
        name_0_3: "jco with --multi-memory on engines with JSPI",
        engine: ComponentEngine::Jco,
    },
    ComponentEntry {
        name: "jco",
        name_0_3: "jco on engines with JSPI",
        engine: ComponentEngine::JcoOneMemory,
    },
];

/// The engines that the command must name for this packing of a component.
pub fn of_components(packing: ComponentPacking) -> Vec<&'static str> {
    let entries = COMPONENTS.iter();
    let entries = entries.filter(|entry| packing.refusal(entry.engine).is_none());
    let names = entries.map(|entry| match packing.kind {
        Kind::V3 => entry.name_0_3,
        Kind::Adapter | Kind::V2 => entry.name,
    });
    names.collect()
}

impl Evidence {
    /// Whether the engine runs modules of this packing.
    fn supports(self, packing: Packing) -> bool {
        match self {
            Self::Tested(engine) => Program::ALL
                .into_iter()
                .any(|program| plan(program, packing, engine) == Cell::Runs),
            Self::Reported(memories) => packing != Packing::Separate || memories == Memories::Many,
        }
    }
}

/// The engines that the command must name for this packing.
pub fn names(packing: Packing) -> Vec<&'static str> {
    let supported = LISTED
        .iter()
        .filter(|(_, evidence)| evidence.supports(packing));
    supported.map(|(name, _)| *name).collect()
}

/// Whether the list has this engine of the matrix.
pub fn has(engine: Engine) -> bool {
    let is_it =
        |evidence: &Evidence| matches!(evidence, Evidence::Tested(tested) if *tested == engine);
    LISTED.iter().any(|(_, evidence)| is_it(evidence))
}

/// For `docs/ENGINES.md`: the engines without a test.
pub fn not_tested() -> String {
    let mut table = String::from("| | reported to run |\n|---|---|\n");
    for (name, evidence) in LISTED {
        let packings = match evidence {
            Evidence::Tested(_) => continue,
            Evidence::Reported(Memories::Many) => "linked, separate, single",
            Evidence::Reported(Memories::One) => "linked, single",
        };
        let _ = writeln!(table, "| {name} | {packings} |");
    }
    table
}
