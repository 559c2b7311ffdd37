//! Runs of a component, each with one damaged byte, under the Python package of wasmtime.
//!
//! One process runs all of them. A run gets fuel, so that a loop ends on any machine.

use crate::interpreter::Ran;
use crate::workspace::{here, tool};
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that damages a component, which ends when dropped.
#[derive(Debug)]
pub struct Damaged {
    child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Damaged {
    /// Loads a component. Each run gets `fuel`.
    pub fn new(component: &Path, fuel: u64) -> Self {
        let mut child = Command::new(tool("venv/bin/python", "wasmtime"))
            .arg(here("engines/damage_component.py"))
            .arg(component)
            .arg(fuel.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let answers = BufReader::new(child.stdout.take().expect("piped")).lines();
        let requests = child.stdin.take().expect("piped");
        Self {
            child,
            requests,
            answers,
        }
    }

    /// Runs the component with the bits `flipped` at the offset `at`.
    pub fn run(&mut self, at: usize, flipped: u8) -> Ran {
        writeln!(self.requests, "{at} {flipped}").expect("a running process");
        let line = self.answers.next().expect("an answer").expect("text");
        let answer: Value = serde_json::from_str(&line).expect("JSON");
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        let status = answer["status"].as_i64();
        Ran {
            status: status.map_or_else(|| Err(text("trap")), |status| Ok(status as i32)),
            stdout: text("stdout"),
            fuel: answer["fuel"].as_u64().expect("a number"),
        }
    }
}

impl Drop for Damaged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
