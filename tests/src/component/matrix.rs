//! The plan of engines, kinds of components, memories and hosts, which a test runs and
//! `docs/ENGINES.md` shows.
//!
//! For example, the cell of Node 20 and `WASI 0.3, single` is *no 0.3*. The test packs the
//! component with `--memory single`, runs it, and expects the error in [`Refusal::words`].

use super::{Engine, of};
use crate::guest::{self, Form};
use crate::matrix::version;
use std::fmt::Write as _;
use tempfile::TempPath;

/// How a program uses files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Through the preview 1 adapter: `guests/c/tree.c`.
    Adapter,
    /// WASI 0.2 through wasi-libc: `guests/c/tree.c`.
    V2,
    /// WASI 0.3: `guests/rust_component3`.
    V3,
}

/// The value of `--memory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// The runtime has a memory of its own.
    Separate,
    /// The runtime shares the program's memory.
    Single,
}

/// A component, and a packing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// The component.
    pub kind: Kind,
    /// The memory of the runtime.
    pub memory: Memory,
    /// `--no-host-files` for [`Files::Packed`].
    pub files: Files,
}

/// The files that the program sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// Packed files and those of the host.
    All,
    /// Packed files only.
    Packed,
}

/// The error of an engine that cannot run a packing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The cell of the table.
    cell: &'static str,
    /// A part of the engine's message.
    pub words: &'static str,
}

/// jco without `--multi-memory` rejects a core module with two memories.
const JCO_MEMORIES: Refusal = Refusal {
    cell: "refused",
    words: "unsupported section found in module using multiple memories",
};

/// wasmtime without multi-memory rejects one. It also rejects a component within another, as
/// `--no-host-files` makes, because its own code between the two has two memories.
const WASMTIME_MEMORIES: Refusal = Refusal {
    cell: "refused",
    words: "multiple memories",
};

/// The Python package of wasmtime links no functions of WASI 0.3.
const PYTHON_V3: Refusal = Refusal {
    cell: "no 0.3",
    words: "@0.3.2`, but a matching implementation was not found",
};

/// It also calls no async export.
const PYTHON_ASYNC: Refusal = Refusal {
    cell: "no 0.3",
    words: "cannot synchronously call an async-lifted export",
};

/// The translation by jco needs JSPI for async functions.
const NO_JSPI: Refusal = Refusal {
    cell: "no 0.3",
    words: "WebAssembly.Suspending is not a constructor",
};

impl Kind {
    /// All.
    pub const ALL: [Self; 3] = [Self::Adapter, Self::V2, Self::V3];

    fn name(self) -> &'static str {
        match self {
            Self::Adapter => "adapter",
            Self::V2 => "WASI 0.2",
            Self::V3 => "WASI 0.3",
        }
    }

    /// A component that prints each path below its argument, or below `/data`.
    pub fn component(self) -> TempPath {
        let module = |form| guest::c("tree", form);
        match self {
            Self::Adapter => of(&module(Form::COMMAND)),
            Self::V2 => super::copy(&guest::c_component("tree")),
            Self::V3 => super::copy(&guest::rust_component3()),
        }
    }

    /// The arguments of the component for the directory `/data`.
    pub fn args(self) -> &'static [&'static str] {
        match self {
            Self::Adapter | Self::V2 => &[],
            Self::V3 => &["walk", "/data"],
        }
    }
}

impl Memory {
    /// The value of the option.
    pub fn name(self) -> &'static str {
        match self {
            Self::Separate => "separate",
            Self::Single => "single",
        }
    }
}

impl Packing {
    /// All with these files, in the order of the table.
    fn all(files: Files) -> impl Iterator<Item = Self> {
        let memories = [Memory::Separate, Memory::Single];
        let kinds = Kind::ALL.into_iter();
        kinds.flat_map(move |kind| {
            memories.map(|memory| Self {
                kind,
                memory,
                files,
            })
        })
    }

    /// The error of the engine, if the engine cannot run this packing.
    pub fn refusal(self, engine: Engine) -> Option<Refusal> {
        let (is_separate, is_v3) = (self.memory == Memory::Separate, self.kind == Kind::V3);
        let is_nested = self.files == Files::Packed;
        match engine {
            Engine::JcoOneMemory | Engine::Node20 if is_separate => Some(JCO_MEMORIES),
            Engine::WasmtimeOneMemory if is_separate || is_nested => Some(WASMTIME_MEMORIES),
            Engine::Node20 if is_v3 => Some(NO_JSPI),
            // The imports of WASI 0.3 in this component are those of files.
            Engine::WasmtimePython if is_v3 && is_nested => Some(PYTHON_ASYNC),
            Engine::WasmtimePython if is_v3 => Some(PYTHON_V3),
            _ => None,
        }
    }
}

impl Engine {
    /// All that the matrix has.
    pub const MATRIX: [Self; 8] = [
        Self::Wasmtime,
        Self::WasmtimeOneMemory,
        Self::Winch,
        Self::WasmtimePython,
        Self::Jco,
        Self::JcoOneMemory,
        Self::Node20,
        Self::Chromium,
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
            Self::Chromium => "Chromium, `jco transpile --multi-memory`".to_owned(),
        }
    }
}

/// For `docs/ENGINES.md`: the packings with these files.
pub fn table(files: Files) -> String {
    let names = Packing::all(files);
    let names = names.map(|packing| {
        let (kind, memory) = (packing.kind.name(), packing.memory.name());
        format!(" {kind}, {memory} |")
    });
    let mut table = format!("| |{}\n|---|", names.collect::<String>());
    let _ = writeln!(table, "{}", "---|".repeat(Packing::all(files).count()));
    for engine in Engine::MATRIX {
        let cells = Packing::all(files).map(|packing| match packing.refusal(engine) {
            Some(refusal) => format!(" {} |", refusal.cell),
            None => " runs |".to_owned(),
        });
        let _ = writeln!(table, "| {} |{}", engine.name(), cells.collect::<String>());
    }
    table
}
