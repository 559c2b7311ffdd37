//! Recipes: documents whose files and commands a test runs as they stand.
//!
//! A `console` block has a command after each `$ `, and its output below it. Any
//! other block is a file. The paragraph before it names the file in backticks and
//! ends with a colon. A block with `not-run` in its fence is skipped, and the
//! paragraph before it must say so to the reader.
//!
//! The commands of a recipe run in one shell and one scratch directory, with
//! standard output and standard error in one stream, as in a terminal. A command
//! without shown output may print anything. A shown line `...` stands for any number
//! of lines, and `[..]` at the end of a line for any text.

use crate::command;
use crate::guest;
use crate::workspace::{guests, here, root, tool};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// One action of a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Write this file.
    File { name: String, content: String },
    /// Run this command, and compare its output if the recipe shows one.
    Run { command: String, shown: String },
}

/// A recipe and the scratch directory in which it runs.
#[derive(Debug)]
pub struct Recipe {
    steps: Vec<Step>,
    scratch: TempDir,
    variables: Vec<(String, OsString)>,
}

fn read(document: &Path) -> String {
    fs::read_to_string(document).unwrap_or_else(|error| panic!("{}: {error}", document.display()))
}

impl Recipe {
    /// Reads `docs/recipes/NAME.md`, and provides `wasi-vfs`.
    pub fn read(name: &str) -> Self {
        Self::of(&root().join("docs/recipes").join(format!("{name}.md")))
    }

    /// Reads any document.
    pub fn of(document: &Path) -> Self {
        Self::of_text(&read(document))
    }

    /// Reads the section of a document with this title.
    ///
    /// # Panics
    ///
    /// The document has no such section.
    pub fn section(document: &Path, title: &str) -> Self {
        let text = read(document);
        let start = format!("\n## {title}\n");
        let (_, section) = text.split_once(&start).expect("a section of this title");
        Self::of_text(section.split("\n## ").next().unwrap_or(section))
    }

    fn of_text(text: &str) -> Self {
        let recipe = Self {
            steps: steps(text),
            scratch: tempfile::tempdir().expect("a temporary directory"),
            variables: Vec::new(),
        };
        for directory in ["bin", "home", "output", "work"] {
            fs::create_dir(recipe.scratch.path().join(directory)).expect("our directory");
        }
        recipe.program("wasi-vfs", command::binary())
    }

    /// The directory that the reader is in.
    pub fn work(&self) -> PathBuf {
        self.scratch.path().join("work")
    }

    /// Provides a program under this name.
    pub fn program(self, name: &str, path: &Path) -> Self {
        symlink(path, self.bin(name)).expect("our directory");
        self
    }

    /// Provides a program that is a shell script with this one line.
    pub fn script(self, name: &str, line: &str) -> Self {
        fs::write(self.bin(name), format!("#!/bin/sh\n{line}\n")).expect("our directory");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.bin(name), executable).expect("our file");
        self
    }

    /// Sets a variable for all commands.
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value.as_ref().to_owned();
        self.variables.push((name.to_owned(), value));
        self
    }

    /// Provides `node` and `npm`, which installs from `tools/install recipes` instead
    /// of the network.
    pub fn npm(self) -> Self {
        let cache = self.scratch.path().join("npm-cache");
        // npm writes into its cache.
        copy(&tool("recipes/npm-cache", "recipes"), &cache);
        self.program("node", &tool("node", "node"))
            .variable("npm_config_cache", &cache)
            .variable("npm_config_offline", "true")
            .variable("npm_config_loglevel", "error")
            .variable("npm_config_update_notifier", "false")
    }

    /// Provides `python3` with Zig and wasmtime, and with pip, which installs from
    /// `tools/install recipes`.
    pub fn python(self) -> Self {
        let python = tool("venv/bin/python", "zig");
        let zig_cache = guests().join("zig-cache");
        self.script("python3", &format!("exec '{}' \"$@\"", python.display()))
            .variable("ZIG_GLOBAL_CACHE_DIR", &zig_cache)
            .variable("ZIG_LOCAL_CACHE_DIR", &zig_cache)
            .variable("PIP_NO_INDEX", "1")
            .variable("PIP_FIND_LINKS", tool("recipes/wheels", "recipes"))
            .variable("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .variable("PIP_ROOT_USER_ACTION", "ignore")
    }

    /// Provides the command of componentize-py.
    pub fn componentize_py(self) -> Self {
        let python = tool("venv/bin/python", "components");
        let call = "import componentize_py; componentize_py.script()";
        let line = format!("exec '{}' -c '{call}' \"$@\"", python.display());
        self.script("componentize-py", &line)
            .variable("PYTHONPATH", tool("componentize-py", "components"))
            .variable("PYTHONDONTWRITEBYTECODE", "1")
    }

    /// Provides the command of wasmtime.
    pub fn wasmtime(self) -> Self {
        self.program("wasmtime", &tool("recipes/wasmtime", "recipes"))
    }

    /// Provides the Go compiler, which asks no network for anything.
    pub fn go(self) -> Self {
        let command = guest::go_command();
        let go = Path::new(command.get_program()).to_owned();
        let variables: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_owned())))
            .collect();
        let recipe = self.script("go", &format!("exec '{}' \"$@\"", go.display()));
        variables
            .iter()
            .fold(recipe, |recipe, (name, value)| recipe.variable(name, value))
    }

    /// Provides Cargo with the target `wasm32-wasip1`.
    pub fn cargo(self) -> Self {
        let script = root().join("tools/cargo-wasip1");
        let line = format!("exec '{}' '{}' \"$@\"", script.display(), env!("CARGO"));
        let home = std::env::home_dir().expect("a home directory");
        let of = |name: &str, default: &str| {
            std::env::var_os(name).unwrap_or_else(|| home.join(default).into())
        };
        self.script("cargo", &line)
            .variable("CARGO_HOME", of("CARGO_HOME", ".cargo"))
            .variable("RUSTUP_HOME", of("RUSTUP_HOME", ".rustup"))
    }

    /// Makes Bundler install from `tools/install recipes` instead of rubygems.org.
    pub fn bundler(self) -> Self {
        let gems = tool("recipes/gems", "recipes");
        let mirror = format!(
            "---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: \"file://{}/\"\n",
            gems.display()
        );
        let configuration = self.scratch.path().join("home/.bundle");
        fs::create_dir(&configuration).expect("our directory");
        fs::write(configuration.join("config"), mirror).expect("our directory");
        self
    }

    fn bin(&self, name: &str) -> PathBuf {
        self.scratch.path().join("bin").join(name)
    }

    /// Runs all steps.
    ///
    /// # Panics
    ///
    /// If a command fails, or prints something that the recipe does not show.
    #[track_caller]
    pub fn run(&self) {
        let outcome = command::run(&mut self.shell(), "");
        for (number, step) in self.steps.iter().enumerate() {
            if let Step::Run { command, shown } = step {
                let path = self.output(number);
                let printed = fs::read_to_string(&path)
                    .unwrap_or_else(|_| panic!("did not run: {command}\n{}", outcome.stderr));
                let as_shown = shown.is_empty() || matches(shown, &printed);
                assert!(
                    as_shown,
                    "$ {command}\nshown:\n{shown}\nprinted:\n{printed}"
                );
                let failed = outcome.status != 0 && !self.output(number + 1).exists();
                assert!(!failed, "failed: $ {command}\n{printed}");
            }
        }
        outcome.expect_success();
    }

    /// Where the output of a step goes. Each step leaves such a file.
    fn output(&self, number: usize) -> PathBuf {
        self.scratch.path().join("output").join(number.to_string())
    }

    fn shell(&self) -> Command {
        let mut script = String::from("set -euo pipefail\n");
        for (number, step) in self.steps.iter().enumerate() {
            self.write_step(&mut script, number, step);
        }
        // Tells the last step that failed from one that succeeded.
        let _ = writeln!(script, ": >'{}'", self.output(self.steps.len()).display());
        let mut shell = Command::new("bash");
        let path = std::env::var("PATH").expect("a path");
        let bin = self.scratch.path().join("bin");
        shell
            .args(["-c", &script])
            .current_dir(self.work())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("HOME", self.scratch.path().join("home"))
            .env("LC_ALL", "C.UTF-8")
            .env_remove("SOURCE_DATE_EPOCH")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        shell
    }

    fn write_step(&self, script: &mut String, number: usize, step: &Step) {
        let output = self.output(number).display().to_string();
        let _ = match step {
            Step::File { name, content } => {
                let kept = self.scratch.path().join(format!("file-{number}"));
                fs::write(&kept, content).expect("our directory");
                let kept = kept.display();
                writeln!(
                    script,
                    "install -D -m 755 '{kept}' '{name}' >'{output}' 2>&1"
                )
            }
            Step::Run { command, .. } => {
                writeln!(script, "{{ {command}\n}} >'{output}' 2>&1 </dev/null")
            }
        };
    }
}

/// The text of a document as steps.
fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut paragraph = Paragraph::default();
    let mut block: Option<(String, String)> = None;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Paragraph) => paragraph = Paragraph::default(),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(fence))) => {
                block = Some((fence.to_string(), String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((fence, content)) = block.take() {
                    steps.extend(std::mem::take(&mut paragraph).steps(&fence, content));
                }
            }
            Event::Text(words) => match &mut block {
                Some((_, content)) => content.push_str(&words),
                None => paragraph.text.push_str(&words),
            },
            Event::Code(name) => {
                paragraph.code = name.to_string();
                paragraph.text.push('`');
            }
            Event::SoftBreak => paragraph.text.push(' '),
            _ => {}
        }
    }
    steps
}

/// The paragraph before a block.
#[derive(Default)]
struct Paragraph {
    text: String,
    /// Its last words in backticks, which `text` has as one backtick.
    code: String,
}

impl Paragraph {
    fn steps(&self, fence: &str, content: String) -> Vec<Step> {
        let mut words = fence.split(' ');
        let language = words.next().unwrap_or_default();
        if words.any(|word| word == "not-run") {
            let said = self.text.contains("tests do not run");
            assert!(
                said,
                "the reader must know that this is not run:\n{content}"
            );
            return Vec::new();
        }
        if language == "console" {
            return commands(&content);
        }
        let named = self.text.trim_end().ends_with("`:");
        assert!(named, "no \"`NAME`:\" before this block:\n{content}");
        let name = self.code.clone();
        vec![Step::File { name, content }]
    }
}

/// The commands of a `console` block.
fn commands(block: &str) -> Vec<Step> {
    let mut steps: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command.to_owned(), String::new())),
            (None, Some((command, shown))) if shown.is_empty() && command.ends_with('\\') => {
                command.push('\n');
                command.push_str(line);
            }
            (None, Some((_, shown))) => {
                shown.push_str(line);
                shown.push('\n');
            }
            (None, None) => panic!("no command before this line: {line}"),
        }
    }
    let step = |(command, shown)| Step::Run { command, shown };
    steps.into_iter().map(step).collect()
}

/// Whether `printed` is `shown`, in which `...` and `[..]` stand for anything.
fn matches(shown: &str, printed: &str) -> bool {
    let lines = |text: &str| {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    let (shown, printed): (Vec<String>, Vec<String>) = (lines(shown), lines(printed));
    lines_match(&shown, &printed)
}

fn lines_match(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "..." => {
            (0..=printed.len()).any(|at| lines_match(rest, &printed[at..]))
        }
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, others)| line_matches(line, first) && lines_match(rest, others)),
    }
}

fn line_matches(shown: &str, printed: &str) -> bool {
    match shown.strip_suffix("[..]") {
        Some(start) => printed.starts_with(start),
        None => printed == shown,
    }
}

/// Copies a directory.
fn copy(from: &Path, to: &Path) {
    let mut copy = Command::new("cp");
    copy.arg("-r").args([from, to]);
    command::run(&mut copy, "").expect_success();
}

/// The text of an element of a page once it has one, in headless Chromium.
pub fn page_text(directory: &Path, selector: &str) -> String {
    let mut node = Command::new(tool("node", "node"));
    node.arg(here("engines/open_page.mjs"))
        .arg(directory)
        .arg(selector);
    command::run(&mut node, "").expect_success()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, content: &str) -> Step {
        Step::File {
            name: name.to_owned(),
            content: content.to_owned(),
        }
    }

    fn run(command: &str, shown: &str) -> Step {
        Step::Run {
            command: command.to_owned(),
            shown: shown.to_owned(),
        }
    }

    #[test]
    fn paragraphs_name_files() {
        let text = "Write `a/b.c`:\n\n```c\nint a;\n```\n\nand\n`x.toml`:\n\n```toml\n```\n";
        assert_eq!(steps(text), [file("a/b.c", "int a;\n"), file("x.toml", "")]);
    }

    #[test]
    fn commands_have_continuation_lines_and_output() {
        let text = "```console\n$ a \\\n    b\n$ c\none\ntwo\n```\n";
        assert_eq!(
            steps(text),
            [run("a \\\n    b", ""), run("c", "one\ntwo\n")]
        );
    }

    #[test]
    fn exempt_blocks_are_skipped() {
        let text = "The tests do not run this:\n\n```console not-run\n$ push\n```\n";
        assert_eq!(steps(text), []);
    }

    #[test]
    #[should_panic(expected = "the reader must know")]
    fn silent_exemptions_are_rejected() {
        steps("Push it:\n\n```console not-run\n$ push\n```\n");
    }

    #[test]
    #[should_panic(expected = "no \"`NAME`:\"")]
    fn blocks_without_a_name_are_rejected() {
        steps("A file:\n\n```c\nint a;\n```\n");
    }

    #[test]
    fn shown_output_is_compared() {
        assert!(matches("a\n...\nd\n", "a\nb\nc\nd\n"));
        assert!(matches("a\n...\n", "a\n"));
        assert!(matches("a in [..]\nb\n", "a in 3 s\nb\n"));
        assert!(!matches("a in [..]\n", "b in 3 s\n"));
        assert!(!matches("a\n", "a\nb\n"));
        assert!(!matches("a\nb\n", "a\n"));
    }

    fn recipe(text: &str) -> Recipe {
        let document = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(document.path(), text).expect("our file");
        Recipe::of(document.path())
    }

    #[test]
    fn steps_run_in_order_in_one_shell() {
        recipe(
            "`d/f`:\n\n```text\nx\n```\n\n```console\n$ cd d\n$ cat f\nx\n$ echo out; echo err >&2\nout\nerr\n```\n",
        )
        .run();
    }

    #[test]
    #[should_panic(expected = "failed: $ false")]
    fn failures_are_named() {
        recipe("```console\n$ false\n$ true\n```\n").run();
    }

    #[test]
    #[should_panic(expected = "failed: $ false")]
    fn failure_of_the_last_command_is_named() {
        recipe("```console\n$ true\n$ false\n```\n").run();
    }

    #[test]
    #[should_panic(expected = "printed:\nb\n")]
    fn other_output_is_named() {
        recipe("```console\n$ echo b\na\n```\n").run();
    }
}
