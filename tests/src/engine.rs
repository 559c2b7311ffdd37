//! Engines, each behind one small adapter: a program that takes
//! `[--dir HOST::GUEST] [--env K=V] MODULE ARGS...`.

use crate::command::{self, Outcome, mapping};
use crate::workspace;
use std::path::Path;
use std::process::Command;

/// Something that runs WASI preview 1 modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The reference: the PyPI wheel, by `engines/run_wasmtime.py`.
    Wasmtime,
    /// V8, by `engines/node.mjs`.
    Node,
    /// What `wasi-vfs run` has inside. Takes commands, not reactors.
    Wasmi,
}

/// A module to be run, and with what.
#[derive(Debug)]
pub struct Run<'a> {
    engine: Engine,
    module: &'a Path,
    options: Vec<String>,
    args: Vec<String>,
    input: String,
}

impl Engine {
    /// Every engine that takes commands.
    pub const ALL: [Self; 3] = [Self::Wasmtime, Self::Node, Self::Wasmi];

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
}

impl Run<'_> {
    /// Preopens a host directory.
    pub fn dir(self, host: &Path, guest: &str) -> Self {
        self.option("--dir", &mapping(host, guest))
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

    /// Gives it arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// Gives it something to read from stdin.
    pub fn input(mut self, input: &str) -> Self {
        self.input = input.to_owned();
        self
    }

    /// Runs it.
    pub fn outcome(self) -> Outcome {
        if self.engine == Engine::Wasmi {
            return self.run_by_wasi_vfs();
        }
        let mut command = match self.engine {
            Engine::Node => {
                let mut command = Command::new(workspace::tool("node", "node"));
                command
                    .arg("--no-warnings")
                    .arg(workspace::here("engines/node.mjs"));
                command
            }
            _ => {
                let mut command = Command::new(workspace::tool("venv/bin/python", "wasmtime"));
                command.arg(workspace::here("engines/run_wasmtime.py"));
                command
            }
        };
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

    /// Runs it and gives back its output; panics unless it succeeds.
    #[track_caller]
    pub fn stdout(self) -> String {
        self.outcome().expect_success()
    }
}
