//! A component of a Python program, with the CPython of componentize-py.
//!
//! The tests compile it once, with the baseline compiler of wasmtime. All calls and the
//! server start from the compiled file.

use super::engine::winch;
use super::served::Served;
use super::temporary;
use crate::command::{Outcome, run};
use crate::workspace::{here, tool};
use std::path::Path;
use std::process::Command;
use tempfile::TempPath;

/// A component of the Python program in `tests/guests/python_component`.
pub fn python() -> TempPath {
    componentize("guests/python_component", "app")
}

/// A component of the Python program in `tests/guests/python_component3`, which uses files
/// of WASI 0.2 and 0.3.
pub fn python_of_both() -> TempPath {
    componentize("guests/python_component3", "app3")
}

fn componentize(folder: &str, world: &str) -> TempPath {
    let path = temporary(".component.wasm");
    let mut command = Command::new(tool("venv/bin/python", "components"));
    command
        .current_dir(here(folder))
        .env("PYTHONPATH", tool("componentize-py", "components"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-c", "import componentize_py; componentize_py.script()"])
        .args(["-d", "wit", "-w", world, "componentize", "app", "-o"])
        .arg(&path);
    run(&mut command, "").expect_success();
    path
}

/// A component that the command of wasmtime has compiled.
#[derive(Debug)]
pub struct Compiled(TempPath);

impl Compiled {
    /// Compiles a component.
    pub fn new(component: &Path) -> Self {
        let path = temporary(".cwasm");
        let mut command = winch("compile");
        command.arg(component).arg("-o").arg(&path);
        run(&mut command, "").expect_success();
        Self(path)
    }

    /// Calls an export, as `report("/data")`.
    pub fn invoke(&self, call: &str) -> Outcome {
        let mut command = winch("run");
        command.args(["--allow-precompiled", "-S", "http", "--invoke", call]);
        run(command.arg(&*self.0), "")
    }

    /// Serves HTTP.
    pub fn serve(&self) -> Served {
        let mut command = winch("serve");
        command.arg("--allow-precompiled");
        Served::start(command, &self.0)
    }
}
