//! The plan of programs, packings and engines, which the tests run and the documents
//! show. `tests/engines.rs` packs and runs.

use crate::engine::Engine;
use crate::workspace::root;
use std::fmt::Write as _;
use std::fs;

/// A program to pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// `guests/c/tree.c`.
    C,
    /// The same as a reactor.
    CReactor,
    /// `guests/rust`.
    Rust,
    /// `guests/go`.
    Go,
    /// The interpreter and its library: a reactor.
    Ruby,
    /// The interpreter and its library: a command.
    CPython,
}

/// A way to pack it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packing {
    /// Linked with `libwasi_vfs.a`.
    Linked,
    /// Merged, with a separate memory for the runtime.
    Separate,
    /// Merged, into the program's memory.
    Single,
}

/// The planned result of a program, a packing and an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It runs, and sees its tree.
    Runs,
    /// The engine rejects the module with this message.
    Refused(&'static str),
    /// It is not tried, for this reason.
    NotTried(&'static str),
}

const FINISHED: &str = "It is published as a finished module, which cannot be linked again.";
const NOT_C: &str = "Its linker takes no static library.";
const COMMANDS: &str = "It is a reactor, and this program around the engine runs commands.";
const JAVASCRIPT: &str = "It has imports of its own, which its npm package answers in JavaScript.";
const HOST_CALL: &str =
    "It imports `host.call`, which the program around this engine does not offer.";
const NEWER: &str =
    "The engine rejects the published module, because its types are newer than the engine.";
const COMPILING: &str = "It has 99 MB, and this engine compiles all of it before the start. That takes longer than the rest of this table.";
const SLOW: &str = "An interpreter written in Python is too slow for it.";
const INSTANTIATED: &str =
    "Its npm package instantiates it, and the tests drive that package in Node and Chromium only.";
const NO_CLOCK: &str = "The host has no monotonic clock, without which Go does not start.";

impl Program {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::C,
        Self::CReactor,
        Self::Rust,
        Self::Go,
        Self::Ruby,
        Self::CPython,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::CReactor => "C reactor",
            Self::Rust => "Rust",
            Self::Go => "Go",
            Self::Ruby => "Ruby",
            Self::CPython => "CPython",
        }
    }

    /// Whatever the engine.
    fn not_tried_in(self, packing: Packing) -> Option<&'static str> {
        match (packing, self) {
            (Packing::Linked, Self::Ruby | Self::CPython) => Some(FINISHED),
            (Packing::Linked, Self::Go) => Some(NOT_C),
            _ => None,
        }
    }
}

impl Packing {
    /// All.
    pub const ALL: [Self; 3] = [Self::Linked, Self::Separate, Self::Single];

    fn name(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Separate => "separate",
            Self::Single => "single",
        }
    }
}

impl Engine {
    /// All that the matrix has.
    pub const MATRIX: [Self; 15] = [
        Self::Wasmtime,
        Self::Node,
        Self::Node20,
        Self::Chromium,
        Self::Wasmer,
        Self::Wasmi,
        Self::Wazero,
        Self::Pywasm,
        Self::Package("@bjorn3/browser_wasi_shim"),
        Self::Package("@cloudflare/workers-wasi"),
        Self::Package("@runno/wasi"),
        Self::Package("@tybys/wasm-util"),
        Self::Package("@wasmer/wasi"),
        Self::Package("uwasi"),
        Self::Package("wasi-js"),
    ];

    /// With the version that the tests install.
    fn name(self) -> String {
        match self {
            Self::Wasmtime => format!("wasmtime {}", version("WASMTIME")),
            Self::Node => format!("Node {}", version("NODE")),
            Self::Node20 => format!("Node {}", version("NODE_20")),
            Self::Chromium => "Chromium".to_owned(),
            Self::Wasmer => format!("Wasmer (SDK {})", version("WASMER_SDK")),
            Self::Wasmi => "wasmi 2".to_owned(),
            Self::WasiVfs => "wasi-vfs run".to_owned(),
            Self::Wazero => format!("wazero (buf {})", version("BUF")),
            Self::Pywasm => format!("pywasm {}", version("PYWASM")),
            Self::Package(name) => format!("{name} {}", package_version(name)),
        }
    }

    /// The message by which the engine rejects a module with two memories, if it does.
    fn refuses_two_memories(self) -> Option<&'static str> {
        match self {
            Self::Node20 => Some("memory count of 2 exceeds internal limit of 1"),
            Self::Wazero => Some("at most one memory allowed in module, but read 2"),
            // About the byte that selects a memory.
            Self::Pywasm => Some("assert ord(r.read(1)) == 0x00"),
            _ => None,
        }
    }

    /// However it is packed.
    fn not_tried_with(self, program: Program) -> Option<&'static str> {
        match (self, program) {
            (Self::Wasmer | Self::Wasmi | Self::Wazero, Program::CReactor) => Some(COMMANDS),
            (Self::Package(_), Program::Ruby) => Some(INSTANTIATED),
            (Self::Package(_), Program::CPython) => Some(HOST_CALL),
            (Self::Package(name), program) => package_lacks(name, program).map(|(why, _)| why),
            (Self::Node20, Program::CPython) => Some(NEWER),
            (Self::Node | Self::Node20 | Self::Chromium, _) => None,
            (_, Program::Ruby) => Some(JAVASCRIPT),
            (Self::Pywasm, Program::Go | Program::CPython) => Some(SLOW),
            (Self::Wasmtime, Program::CPython) => Some(COMPILING),
            (_, Program::CPython) => Some(HOST_CALL),
            _ => None,
        }
    }
}

/// Why this package cannot run a program, packed or not, and the words with which the
/// unpacked program fails.
pub fn package_lacks(package: &str, program: Program) -> Option<(&'static str, &'static str)> {
    match (package, program) {
        ("@cloudflare/workers-wasi", Program::CReactor) => {
            Some((COMMANDS, "wasi.initialize is not a function"))
        }
        ("@wasmer/wasi", Program::CReactor) => {
            Some((COMMANDS, "The _start function is not present"))
        }
        ("uwasi", Program::Go) => Some((NO_CLOCK, "clock_time_get failed")),
        _ => None,
    }
}

fn package_version(name: &str) -> String {
    if name == "@bjorn3/browser_wasi_shim" {
        return version("BROWSER_WASI_SHIM");
    }
    let text = fs::read(root().join("tests/npm/hosts/package.json")).expect("in the repository");
    let packages: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let version = packages["dependencies"][name].as_str();
    version
        .unwrap_or_else(|| panic!("tests/npm/hosts has no {name}"))
        .to_owned()
}

/// The version of a tool that the tests install, from `tools/versions`.
pub(crate) fn version(name: &str) -> String {
    let versions = fs::read_to_string(root().join("tools/versions")).expect("in the repository");
    let value = |line: &str| {
        let value = line.strip_prefix(name)?.strip_prefix('=')?;
        Some(value.split(' ').next()?.to_owned())
    };
    versions
        .lines()
        .find_map(value)
        .unwrap_or_else(|| panic!("tools/versions has no {name}"))
}

/// The result that the tests expect.
pub fn plan(program: Program, packing: Packing, engine: Engine) -> Cell {
    let not_tried = program
        .not_tried_in(packing)
        .or_else(|| engine.not_tried_with(program));
    match (not_tried, engine.refuses_two_memories()) {
        (Some(reason), _) => Cell::NotTried(reason),
        (None, Some(words)) if packing == Packing::Separate => Cell::Refused(words),
        (None, _) => Cell::Runs,
    }
}

/// The programs that run, a line for each engine.
pub fn summary() -> String {
    let mut table = String::from("| | linked | separate | single |\n|---|---|---|---|\n");
    for engine in Engine::MATRIX {
        let cells = Packing::ALL.map(|packing| summary_cell(packing, engine));
        let _ = writeln!(table, "| {} | {} |", engine.name(), cells.join(" | "));
    }
    table
}

fn summary_cell(packing: Packing, engine: Engine) -> String {
    let cells = Program::ALL.map(|program| (program, plan(program, packing, engine)));
    let run = cells.iter().filter(|(_, cell)| *cell == Cell::Runs);
    let names: Vec<_> = run.map(|(program, _)| program.name()).collect();
    match names.len() {
        0 => "refused".to_owned(),
        len if len == Program::ALL.len() => "all six".to_owned(),
        _ => names.join(", "),
    }
}

/// For `docs/ENGINES.md`: a table for each packing, and the reasons.
pub fn tables() -> String {
    let mut reasons = Vec::new();
    let mut text = String::new();
    for packing in Packing::ALL {
        let _ = writeln!(text, "### {}\n", packing.name());
        text.push_str(&table(packing, &mut reasons));
        text.push('\n');
    }
    for (number, reason) in (1..).zip(reasons) {
        let _ = writeln!(text, "{number}. {reason}");
    }
    text
}

fn table(packing: Packing, reasons: &mut Vec<&'static str>) -> String {
    let names = Program::ALL.map(Program::name);
    let mut table = format!(
        "| | {} |\n|{}\n",
        names.join(" | "),
        "---|".repeat(names.len() + 1)
    );
    for engine in Engine::MATRIX {
        let cells = Program::ALL.map(|program| match plan(program, packing, engine) {
            Cell::Runs => "runs".to_owned(),
            Cell::Refused(_) => "refused".to_owned(),
            Cell::NotTried(reason) => format!("({})", number(reason, reasons)),
        });
        let _ = writeln!(table, "| {} | {} |", engine.name(), cells.join(" | "));
    }
    table
}

/// Reasons are numbered in the order in which they are first given.
fn number(reason: &'static str, reasons: &mut Vec<&'static str>) -> usize {
    let known = reasons.iter().position(|known| *known == reason);
    known.unwrap_or_else(|| {
        reasons.push(reason);
        reasons.len() - 1
    }) + 1
}

/// For `docs/ENGINES.md`: the messages of engines that reject two memories.
pub fn refusals() -> String {
    let refused = |engine: Engine| Some((engine.name(), engine.refuses_two_memories()?));
    let mut table = String::from("| | says |\n|---|---|\n");
    for (name, words) in Engine::MATRIX.into_iter().filter_map(refused) {
        let _ = writeln!(table, "| {name} | `{words}` |");
    }
    table
}
