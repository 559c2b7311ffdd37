//! A component of a Python program, with the CPython of componentize-py.
//!
//! The tests compile it once, with the baseline compiler of wasmtime. All calls and the
//! server start from the compiled file.

use super::engine::winch;
use super::temporary;
use crate::command::{Outcome, run};
use crate::workspace::{here, tool};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
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

    /// Serves HTTP from a free port of the loopback device.
    pub fn serve(&self) -> Served {
        let mut child = winch("serve")
            .args(["--allow-precompiled", "-S", "cli", "--addr", "127.0.0.1:0"])
            .arg(&*self.0)
            .stderr(Stdio::piped())
            .spawn()
            .expect("wasmtime starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("text");
        let address = line.trim().split_once("http://").expect(&line).1;
        Served {
            address: address.trim_end_matches('/').to_owned(),
            child,
        }
    }
}

/// A running `wasmtime serve`, which ends when dropped.
#[derive(Debug)]
pub struct Served {
    address: String,
    child: Child,
}

impl Served {
    /// Returns the status line and the body of the answer to a request.
    pub fn get(&self, path: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).expect("a server");
        // Answers of HTTP 1.0 end with the connection, and have no chunks.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: test\r\n\r\n").expect("a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let body = answer.split_off(end.expect("a head") + 4);
        let head = String::from_utf8(answer).expect("text");
        (head.lines().next().unwrap_or_default().to_owned(), body)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
