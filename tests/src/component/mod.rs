//! Components of guests: making them, looking into them, and running them.

use crate::command::{Outcome, mapping, run};
use crate::workspace::{here, root, tool};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempPath;
use wasi_preview1_component_adapter_provider as adapter;
use wit_component::ComponentEncoder;

/// A component with the command world: `module` and the adapter from preview 1.
pub fn of(module: &Path) -> TempPath {
    with_adapter(module, adapter::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)
}

/// A component that uses files of WASI 0.2 itself. Its program is `module` with the adapter,
/// and no core module names preview 1.
pub fn native(module: &Path) -> TempPath {
    let adapted = of(module);
    let text = wasm_tools(&["print"], &adapted);
    let text = text.replace(adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, "library");
    let path = tempfile::Builder::new().suffix(".wat").tempfile();
    let path = path.expect("a temporary file").into_temp_path();
    fs::write(&path, text).expect("our file");
    let component = tempfile::Builder::new()
        .suffix(".component.wasm")
        .tempfile();
    let component = component.expect("a temporary file").into_temp_path();
    let output = component.to_str().expect("a name of ours");
    wasm_tools(&["parse", "-o", output], &path);
    component
}

/// A component of the Python program in `tests/guests/python_component`, with CPython.
pub fn python() -> TempPath {
    let path = tempfile::Builder::new()
        .suffix(".component.wasm")
        .tempfile();
    let path = path.expect("a temporary file").into_temp_path();
    let mut command = Command::new(tool("venv/bin/python", "components"));
    command
        .current_dir(here("guests/python_component"))
        .env("PYTHONPATH", tool("componentize-py", "components"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-c", "import componentize_py; componentize_py.script()"])
        .args(["-d", "app.wit", "-w", "app", "componentize", "app", "-o"])
        .arg(&path);
    run(&mut command, "").expect_success();
    path
}

fn with_adapter(module: &Path, adapter: &[u8]) -> TempPath {
    let module = fs::read(module).expect("it was written");
    let name = adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
    let encoder = ComponentEncoder::default().module(&module);
    let encoder = encoder.and_then(|encoder| encoder.adapter(name, adapter));
    let component = encoder
        .and_then(|mut encoder| encoder.encode())
        .expect("the adapter fits the module");
    let path = tempfile::Builder::new()
        .suffix(".component.wasm")
        .tempfile();
    let path = path.expect("a temporary file").into_temp_path();
    fs::write(&path, component).expect("our file");
    path
}

/// The world of a component, as WIT text.
pub fn wit(component: &Path) -> String {
    wasm_tools(&["component", "wit"], component)
}

/// Checks that a component is valid.
///
/// # Panics
///
/// It is not.
pub fn validate(component: &Path) {
    wasm_tools(&["validate"], component);
}

fn wasm_tools(words: &[&str], component: &Path) -> String {
    let mut command = Command::new(tool("wasm-tools", "components"));
    run(command.args(words).arg(component), "").expect_success()
}

/// An engine that runs components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The command of wasmtime.
    Wasmtime,
    /// Node, after a translation by jco for engines with several memories.
    Jco,
    /// Node, after a translation by jco for engines with one memory.
    JcoOneMemory,
}

impl Engine {
    /// Those that run every packed component.
    pub const ALL: [Self; 2] = [Self::Wasmtime, Self::Jco];

    /// Runs a component with host directories, pairs of host and guest path.
    pub fn run(self, component: &Path, dirs: &[(&Path, &str)], args: &[&str]) -> Outcome {
        let mut command = self.command();
        for (host, guest) in dirs {
            command.arg("--dir").arg(mapping(host, guest));
        }
        run(command.arg(component).args(args), "")
    }

    /// Runs an export of a component, as `report("/data")`. Only wasmtime can.
    pub fn invoke(self, component: &Path, call: &str) -> Outcome {
        let mut command = self.command();
        run(command.args(["--invoke", call]).arg(component), "")
    }

    fn command(self) -> Command {
        if self == Self::Wasmtime {
            let mut command = Command::new(tool("recipes/wasmtime", "components"));
            command.arg("run");
            return command;
        }
        tool("npm-components", "components");
        let mut command = Command::new(tool("node", "node"));
        command.arg("--no-warnings").arg(here("engines/jco.mjs"));
        command.arg(root().join(".tools/npm-components/node_modules"));
        if self == Self::Jco {
            command.arg("--multi-memory");
        }
        command
    }
}
