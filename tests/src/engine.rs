//! Engines, each behind one small adapter. An adapter is a program that takes `[--dir
//! HOST::GUEST] [--env K=V] MODULE ARGS...`, or those of these arguments that its engine
//! supports.

use crate::command::{self, Outcome, mapping};
use crate::workspace::{built, here, root, tool};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Something that runs WASI preview 1 modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The reference: the PyPI wheel.
    Wasmtime,
    /// V8, the newest.
    Node,
    /// V8 without multi-memory.
    Node20,
    /// A page, with the WASI that pages use. Takes no directory.
    Chromium,
    /// Its SDK for Python. Takes commands, and no directory or variable.
    Wasmer,
    /// The interpreter of `wasi-vfs run`, with the runtime inside the module. Takes
    /// commands.
    Wasmi,
    /// `wasi-vfs run`, which serves the files natively. Takes commands.
    WasiVfs,
    /// The engine of buf. Takes commands only.
    Wazero,
    /// An interpreter in Python. Takes no directory or variable.
    Pywasm,
    /// Node with the WASI of this package of npm. Takes no directory, argument or variable.
    Package(&'static str),
}

/// A module to run, with its arguments and input.
#[derive(Debug)]
pub struct Run<'a> {
    engine: Engine,
    module: &'a Path,
    options: Vec<String>,
    args: Vec<String>,
    input: String,
}

impl Engine {
    /// Those that every suite of commands runs on; [`crate::matrix`] has all.
    pub const ALL: [Self; 4] = [Self::Wasmtime, Self::Node, Self::Wasmi, Self::WasiVfs];

    /// Prepares to run this module with no directory, argument or variable.
    pub fn module(self, module: &Path) -> Run<'_> {
        Run {
            engine: self,
            module,
            options: Vec::new(),
            args: Vec::new(),
            input: String::new(),
        }
    }

    /// Runs a program in a packed ruby.wasm, which its npm package drives.
    ///
    /// # Panics
    ///
    /// If the engine has no JavaScript.
    pub fn ruby(self, module: &Path, program: &str) -> Outcome {
        let mut command = match self {
            Self::Node => node("node", "ruby.mjs"),
            Self::Node20 => node("node20", "ruby.mjs"),
            Self::Chromium => {
                let mut command = node("node", "run_chromium.mjs");
                command.arg("--ruby");
                command
            }
            _ => panic!("{self:?} has no JavaScript"),
        };
        command.arg(root().join(".tools")).arg(module);
        command::run(&mut command, program)
    }

    /// Runs `behaviour.*` on pairs of modules. It prints a line for each pair.
    ///
    /// # Panics
    ///
    /// If the engine has no such script.
    pub fn compare(self, pairs: &str) -> Outcome {
        let mut command = match self {
            Self::Node => node("node", "behaviour.mjs"),
            Self::Node20 => node("node20", "behaviour.mjs"),
            Self::Wasmtime => python("behaviour.py", "wasmtime"),
            _ => panic!("{self:?} compares nothing"),
        };
        command::run(&mut command, pairs)
    }

    /// Runs a module under the host in this script of `engines/`, which takes `words`
    /// before the module.
    ///
    /// # Panics
    ///
    /// If the engine has no JavaScript.
    pub fn host(self, script: &str, words: &[&str], module: &Path, args: &[&str]) -> Outcome {
        tool("npm-shim", "shim");
        let mut command = match self {
            Self::Node => node("node", script),
            Self::Node20 => node("node20", script),
            _ => panic!("{self:?} has no JavaScript"),
        };
        command.arg(root().join(".tools")).args(words);
        command::run(command.arg(module).args(args), "")
    }

    /// A line of JSON for each module and host of a few lines, from `stub_hosts.mjs`.
    ///
    /// # Panics
    ///
    /// If the engine has no JavaScript.
    pub fn stub_hosts(self, modules: &[PathBuf]) -> Outcome {
        let mut command = match self {
            Self::Node => node("node", "stub_hosts.mjs"),
            Self::Node20 => node("node20", "stub_hosts.mjs"),
            _ => panic!("{self:?} runs no stub hosts"),
        };
        command::run(command.args(modules), "")
    }

    /// A line of JSON for each host of a few lines.
    pub fn list_stub_hosts() -> Outcome {
        command::run(node("node", "stub_hosts.mjs").arg("--list"), "")
    }

    /// The adapter. The command under test has none.
    fn adapter(self) -> Command {
        match self {
            Self::Wasmtime => python("run_wasmtime.py", "wasmtime"),
            Self::Node => node("node", "node.mjs"),
            Self::Node20 => node("node20", "node.mjs"),
            Self::Wasmer => python("run_wasmer.py", "wasmer"),
            Self::Pywasm => python("run_pywasm.py", "pywasm"),
            Self::Chromium => {
                tool("npm-shim", "shim");
                let mut command = node("node", "run_chromium.mjs");
                command.arg(root().join(".tools"));
                command
            }
            Self::Wazero => {
                let mut command = python("run_wazero.py", "python");
                command.arg(tool("buf", "wazero"));
                command
            }
            Self::Package(name) => {
                tool("npm-hosts/node_modules/uwasi", "hosts");
                tool("npm-shim", "shim");
                let mut command = node("node", "js_hosts.mjs");
                command.arg(root().join(".tools")).arg(name);
                command
            }
            Self::Wasmi => Command::new(built("run_wasmi")),
            Self::WasiVfs => unreachable!("the command under test"),
        }
    }
}

fn node(binary: &str, script: &str) -> Command {
    let mut command = Command::new(tool(binary, binary));
    command
        .arg("--no-warnings")
        .arg(here("engines").join(script));
    command
}

fn python(script: &str, name: &str) -> Command {
    let mut command = Command::new(tool("venv/bin/python", name));
    command.arg(here("engines").join(script));
    command
}

impl Run<'_> {
    /// Preopens a host directory.
    pub fn dir(self, host: &Path, guest: &str) -> Self {
        self.option("--dir", &mapping(host, guest))
    }

    /// Preopens a host directory that may change; under wasmtime.
    pub fn dir_writable(self, host: &Path, guest: &str) -> Self {
        self.option("--writable", &mapping(host, guest))
    }

    /// Sets an environment variable.
    pub fn env(self, name: &str, value: &str) -> Self {
        self.option("--env", &format!("{name}={value}"))
    }

    /// Lets its memory grow by no more than this; under wasmtime.
    pub fn growth(self, pages: u32) -> Self {
        self.option("--growth", &pages.to_string())
    }

    fn option(mut self, option: &str, value: &str) -> Self {
        self.options.extend([option.to_owned(), value.to_owned()]);
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// Sets the standard input.
    pub fn input(mut self, input: &str) -> Self {
        self.input = input.to_owned();
        self
    }

    /// Runs it.
    pub fn outcome(self) -> Outcome {
        if self.engine == Engine::WasiVfs {
            return self.run_by_wasi_vfs();
        }
        let mut command = self.engine.adapter();
        command
            .args(&self.options)
            .arg(self.module)
            .args(&self.args);
        command::run(&mut command, &self.input)
    }

    fn run_by_wasi_vfs(self) -> Outcome {
        let mut args = vec!["run".to_owned(), self.module.display().to_string()];
        args.extend(self.options);
        args.push("--".to_owned());
        args.extend(self.args);
        command::wasi_vfs_with_input(args, &self.input)
    }

    /// Runs the module and returns its output. Panics unless the module succeeds.
    #[track_caller]
    pub fn stdout(self) -> String {
        self.outcome().expect_success()
    }
}
