//! One wasmtime process that runs modules and components one after the other.

use crate::{guest, workspace};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// A directory to preopen.
#[derive(Clone, Copy, Debug)]
pub struct Preopen<'a> {
    /// On the host.
    pub host: &'a Path,
    /// As the guest sees it.
    pub guest: &'a str,
    /// Whether the guest may change it.
    pub writable: bool,
}

/// The process, and where its modules read and write.
#[derive(Debug)]
pub struct Host {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    scratch: TempDir,
}

impl Host {
    /// Starts it.
    #[expect(clippy::new_without_default, reason = "it starts a process")]
    pub fn new() -> Self {
        let mut process = Command::new(workspace::tool("venv/bin/python", "wasmtime"))
            .arg(workspace::here("engines/oracle.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        Self {
            requests: process.stdin.take().expect("piped"),
            answers: BufReader::new(process.stdout.take().expect("piped")),
            process,
            scratch: TempDir::new().expect("a temporary directory"),
        }
    }

    /// Runs a module with these variables and without a directory. Returns its output
    /// and the number of instructions, or its failure.
    pub fn run_counted(
        &mut self,
        module: &Path,
        env: &[(&str, &str)],
    ) -> Result<(String, u64), String> {
        fs::write(self.place("stdin"), "").expect("a file of ours");
        self.ask(json!({
            "module": module, "args": [], "dirs": [], "env": env, "counted": true,
        }))
    }

    fn ask(&mut self, mut request: Value) -> Result<(String, u64), String> {
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.place(name));
        request["stdin"] = json!(self.place("stdin"));
        request["stdout"] = json!(stdout);
        request["stderr"] = json!(stderr);
        writeln!(self.requests, "{request}").expect("it listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        let (status, count): (Value, u64) =
            serde_json::from_str(&answer).expect("it answers in JSON");
        let error = fs::read(&stderr).unwrap_or_default();
        let error = String::from_utf8_lossy(&error);
        match status.as_i64() {
            Some(0) => {
                let output = fs::read_to_string(&stdout).expect("the guest prints text");
                Ok((with_error_line(output, &error), count))
            }
            _ => Err(format!("{}: {status}\n{error}", request["module"])),
        }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
}

/// An engine that runs guests of an oracle on host directories.
pub trait Reference {
    /// Runs a module or a component to its end. Returns its output, or its failure.
    /// What it wrote to standard error is a last line, if there is any.
    fn run(
        &mut self,
        module: &Path,
        dirs: &[Preopen<'_>],
        args: &[String],
        input: &str,
    ) -> Result<String, String>;
}

impl Reference for Host {
    fn run(
        &mut self,
        module: &Path,
        dirs: &[Preopen<'_>],
        args: &[String],
        input: &str,
    ) -> Result<String, String> {
        fs::write(self.place("stdin"), input).expect("a file of ours");
        let dirs: Vec<_> = dirs
            .iter()
            .map(|dir| json!([dir.host, dir.guest, dir.writable]))
            .collect();
        let request = json!({
            "module": module, "args": args, "dirs": dirs, "env": [], "counted": false,
        });
        let (output, _) = self.ask(request)?;
        Ok(output)
    }
}

/// The output, and a line of the oracle for the text on standard error.
pub fn with_error_line(output: String, error: &str) -> String {
    if error.is_empty() {
        return output;
    }
    let (index, len, digest) = (output.lines().count(), error.len(), guest::digest(&error));
    format!("{output}{index} standard-error => E0 len={len} bytes={digest:x}\n")
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
