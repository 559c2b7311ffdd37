//! Hosts of a few lines, in `engines/stub_hosts.mjs`: how a program ends under each of
//! them, and which of them cannot run it at all.

use crate::engine::Engine;
use crate::matrix::Program;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Commands that the hosts run.
pub const PROGRAMS: [Program; 3] = [Program::C, Program::Rust, Program::Go];

/// The end of a program under one host.
#[derive(Debug)]
pub struct Ending {
    /// The name of the host.
    pub host: String,
    /// The exit status; 134 if an exception ended the program.
    pub status: i64,
    /// The output of the program.
    pub stdout: String,
    /// The complaints of the program, then the message of the exception.
    pub stderr: String,
    /// The first calls about files that the host received before any output.
    pub calls: Vec<String>,
}

/// Runs the modules under each host in one process. The result has an ending for each
/// host, module after module.
pub fn run(engine: Engine, modules: &[PathBuf]) -> Vec<Ending> {
    lines(&engine.stub_hosts(modules).expect_success())
        .map(|line| Ending::from_json(&line))
        .collect()
}

fn lines(output: &str) -> impl Iterator<Item = Value> {
    output
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

impl Ending {
    fn from_json(line: &Value) -> Self {
        let calls = line["calls"].as_array().expect("a list");
        Self {
            host: text(&line["host"]),
            status: line["status"].as_i64().expect("a number"),
            stdout: text(&line["stdout"]),
            stderr: text(&line["stderr"]),
            calls: calls.iter().map(text).collect(),
        }
    }

    /// The calls that look for descriptors: all but those that programs make about
    /// standard input and output.
    pub fn probes(&self) -> impl Iterator<Item = &String> {
        let is_stdio = |call: &&String| {
            let stdio = ["(0)", "(1)", "(2)"];
            call.starts_with("fd_fdstat_") && stdio.iter().any(|end| call.ends_with(end))
        };
        self.calls.iter().filter(move |call| !is_stdio(call))
    }
}

/// The words with which the unpacked program fails under a host that cannot run it,
/// packed or not.
pub fn cannot_run(host: &str, program: Program) -> Option<&'static str> {
    match (host, program) {
        ("throws", Program::Go) => Some("the host has no fd_fdstat_get"),
        ("throws", _) => Some("the host has no fd_prestat_get"),
        ("dummy", Program::Go) => Some("the host has no fd_fdstat_set_flags"),
        _ => None,
    }
}

/// For `docs/ENGINES.md`: a line for each host.
pub fn table() -> String {
    let listed = Engine::list_stub_hosts().expect_success();
    let mut table = String::from("| host | | C | Rust | Go |\n|---|---|---|---|---|\n");
    for line in lines(&listed) {
        let host = text(&line["host"]);
        let cells = PROGRAMS.map(|program| match cannot_run(&host, program) {
            Some(_) => "cannot",
            None => "runs",
        });
        let says = text(&line["says"]);
        let _ = writeln!(table, "| {host} | {says} | {} |", cells.join(" | "));
    }
    table
}
