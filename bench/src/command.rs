//! Commands: what is run is what is printed. All of them run in the root of the
//! repository, so that every path in them is relative to it.

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use std::fmt;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

/// A command line.
#[derive(Clone, Debug)]
pub(crate) struct Command(Vec<String>);

impl Command {
    /// From words divided by blanks.
    pub(crate) fn new(words: &str) -> Self {
        Self(words.split_whitespace().map(str::to_owned).collect())
    }

    /// With more such words.
    pub(crate) fn with(mut self, words: &str) -> Self {
        self.0.extend(Self::new(words).0);
        self
    }

    /// With the words of another command.
    pub(crate) fn with_command(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// A line for the shell.
    pub(crate) fn shell(line: impl Into<String>) -> Self {
        Self(vec!["sh".into(), "-c".into(), line.into()])
    }

    /// Runs it to its end; an error unless it succeeds.
    pub(crate) fn run(&self) -> Result<Vec<u8>> {
        let output = self.process().stdin(Stdio::null()).output();
        let output = output.with_context(|| self.to_string())?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{self}` failed:\n{complaint}");
        Ok(output.stdout)
    }

    /// Starts it with pipes to its input and output.
    pub(crate) fn start(&self) -> Result<Child> {
        let mut process = self.process();
        process.stdin(Stdio::piped()).stdout(Stdio::piped());
        process.spawn().with_context(|| self.to_string())
    }

    /// Runs it and reads the JSON that it prints.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let output = self.run()?;
        serde_json::from_slice(&output).with_context(|| format!("what `{self}` printed"))
    }

    /// Runs it and reads the number that it prints.
    pub(crate) fn number(&self) -> Result<u64> {
        let output = String::from_utf8(self.run()?)?;
        let number = output.trim().parse();
        number.with_context(|| format!("`{self}` printed `{output}`"))
    }

    fn process(&self) -> Process {
        let (program, args) = self.0.split_first().expect("a command has a program");
        let mut process = Process::new(program);
        process.args(args).current_dir(root());
        process
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [shell, option, line] if shell == "sh" && option == "-c" => f.write_str(line),
            words => f.write_str(&words.join(" ")),
        }
    }
}

/// Whether a program is installed.
pub(crate) fn is_installed(program: &str) -> bool {
    Command::shell(format!("command -v {program}"))
        .run()
        .is_ok()
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in the workspace")
}
