//! Engines that run components.

use crate::command::{Outcome, mapping, run};
use crate::workspace::{here, root, tool};
use std::path::Path;
use std::process::Command;

/// An engine that runs components with the command world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The command of wasmtime.
    Wasmtime,
    /// The same without multi-memory.
    WasmtimeOneMemory,
    /// The same with its baseline compiler, which compiles an interpreter ten times faster.
    Winch,
    /// The Python package of wasmtime.
    WasmtimePython,
    /// Node, after a translation by jco for engines with several memories.
    Jco,
    /// Node, after a translation by jco for engines with one memory.
    JcoOneMemory,
    /// Node 20, which has one memory, after the same translation.
    Node20,
}

impl Engine {
    /// Those that run every packed component and take host directories.
    pub const ALL: [Self; 2] = [Self::Wasmtime, Self::Jco];

    /// Runs a component with host directories, pairs of host and guest path.
    pub fn run(self, component: &Path, dirs: &[(&Path, &str)], args: &[&str]) -> Outcome {
        let mut command = self.command();
        for (host, guest) in dirs {
            command.arg("--dir").arg(mapping(host, guest));
        }
        run(command.arg(component).args(args), "")
    }

    /// Runs a component under jco and a host without `wasi:filesystem`.
    pub fn run_without_files(component: &Path, args: &[&str]) -> Outcome {
        let mut command = Self::Jco.command();
        run(command.arg("--no-files").arg(component).args(args), "")
    }

    /// Runs a component with `input` as its standard input.
    pub fn run_with(self, component: &Path, args: &[String], input: &str) -> Outcome {
        run(self.command().arg(component).args(args), input)
    }

    /// Runs a component under jco in headless Chromium, on a page without
    /// `wasi:filesystem`. Returns the text of the page: the output, and `exit 0` or the
    /// error.
    pub fn run_on_page(component: &Path, args: &[&str]) -> String {
        let page = tempfile::tempdir().expect("a temporary directory");
        let mut write = Command::new(tool("node", "node"));
        write.arg("--no-warnings").arg(here("engines/jco_page.mjs"));
        write.arg(tool("npm-components", "components").join("node_modules"));
        run(write.arg(page.path()).arg(component).args(args), "").expect_success();
        let mut open = Command::new(tool("node", "node"));
        open.arg(here("engines/open_page.mjs"));
        run(open.arg(page.path()).arg("#out"), "").expect_success()
    }

    fn command(self) -> Command {
        match self {
            Self::Wasmtime => wasmtime("run"),
            Self::WasmtimeOneMemory => {
                let mut command = wasmtime("run");
                command.args(["-W", "multi-memory=n"]);
                command
            }
            Self::Winch => winch("run"),
            Self::WasmtimePython => {
                let mut command = Command::new(tool("venv/bin/python", "wasmtime"));
                command.arg(here("engines/run_component.py"));
                command
            }
            Self::Jco => {
                let mut command = jco("node");
                command.arg("--multi-memory");
                command
            }
            Self::JcoOneMemory => jco("node"),
            Self::Node20 => jco("node20"),
        }
    }
}

/// A command of wasmtime with its baseline compiler.
pub(super) fn winch(subcommand: &str) -> Command {
    let mut command = wasmtime(subcommand);
    command.args(["-C", "compiler=winch"]);
    command
}

/// A command of wasmtime.
pub fn wasmtime(subcommand: &str) -> Command {
    let mut command = Command::new(tool("recipes/wasmtime", "components"));
    command.arg(subcommand);
    command
}

fn jco(node: &str) -> Command {
    tool("npm-components", "components");
    let mut command = Command::new(tool(node, node));
    command.arg("--no-warnings").arg(here("engines/jco.mjs"));
    command.arg(root().join(".tools/npm-components/node_modules"));
    command
}
