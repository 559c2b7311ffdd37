//! The command under test, and the outcome of a run of any program.

use crate::workspace;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use tempfile::TempPath;

/// The outcome of a program.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status; -1 if a signal ended it.
    pub status: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Outcome {
    /// Returns the output. Panics with the complaint unless the program succeeded.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert_eq!(self.status, 0, "failed:\n{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Returns the complaint. Panics if the program succeeded.
    #[track_caller]
    pub fn expect_failure(self) -> String {
        assert_ne!(self.status, 0, "succeeded:\n{}", self.stdout);
        self.stderr
    }
}

/// Runs a program to its end with `input` as its stdin.
pub fn run(command: &mut Command, input: &str) -> Outcome {
    // Tests look for text without colours.
    command.env_remove("CLICOLOR_FORCE");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // A program that ends without reading its input is no error here.
    let _ = child
        .stdin
        .take()
        .expect("piped")
        .write_all(input.as_bytes());
    let output = child.wait_with_output().expect("a child can be waited for");
    Outcome {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The binary under test: `WASI_VFS`, or the output of `cargo build`. A test never runs
/// against a stale one.
pub fn binary() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(path) = std::env::var_os("WASI_VFS") {
            return workspace::root().join(path);
        }
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "wasi-vfs"])
            .current_dir(workspace::root())
            .status()
            .expect("cargo runs");
        assert!(status.success(), "wasi-vfs does not build");
        workspace::root().join("target/debug/wasi-vfs")
    });
    &BINARY
}

/// `wasi-vfs ARGS...`
pub fn wasi_vfs<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Outcome {
    wasi_vfs_with_input(args, "")
}

/// `wasi-vfs ARGS... < input`
pub fn wasi_vfs_with_input<A: AsRef<OsStr>>(
    args: impl IntoIterator<Item = A>,
    input: &str,
) -> Outcome {
    run(Command::new(binary()).args(args), input)
}

/// `HOST::GUEST`, as `--dir` takes it.
pub fn mapping(host: &Path, guest: &str) -> String {
    format!("{}::{guest}", host.display())
}

/// A `wasi-vfs pack` to be run.
#[derive(Clone, Debug)]
pub struct Pack {
    module: PathBuf,
    options: Vec<String>,
}

impl Pack {
    /// Packs into this module.
    pub fn new(module: impl Into<PathBuf>) -> Self {
        Self {
            module: module.into(),
            options: Vec::new(),
        }
    }

    /// With `--dir host::guest`.
    pub fn dir(self, host: &Path, guest: &str) -> Self {
        self.option("--dir").option(&mapping(host, guest))
    }

    /// With any option, or the value of one.
    pub fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }

    /// Runs the command with the output file `output`.
    pub fn outcome(&self, output: &Path) -> Outcome {
        let mut command = Command::new(binary());
        command
            .arg("pack")
            .arg(&self.module)
            .args(&self.options)
            .arg("-o")
            .arg(output);
        run(&mut command, "")
    }

    /// The packed module, which is deleted when dropped.
    #[track_caller]
    pub fn run(&self) -> TempPath {
        let output = tempfile::Builder::new()
            .suffix(".wasm")
            .tempfile()
            .expect("a temporary file");
        let output = output.into_temp_path();
        self.outcome(&output).expect_success();
        output
    }
}
