//! Tests that the command accepts all command lines in the documents and in the help.

use super::Cli;
use clap::{CommandFactory, Parser};
use std::fs;
use std::path::{Path, PathBuf};

/// Splits a line into words as a shell does, up to a pipe, a redirection, another command
/// or a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '>' | '<' | '&' | ';' | ')') => break,
            (None, '#') if word.is_none() => break,
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The shell lines in `text` that call the command.
fn calls(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim_start);
    let lines = lines.map(|line| line.trim_start_matches("$ ").trim_start());
    let calls = lines.filter(|line| line.starts_with("wasi-vfs "));
    calls.map(str::to_owned).collect()
}

#[track_caller]
fn assert_accepted(source: &str, call: &str) {
    if let Err(error) = Cli::try_parse_from(words(call)) {
        panic!("{source}: {call}\n{error}");
    }
}

/// The console blocks of a document.
fn consoles(document: &str) -> Vec<&str> {
    let blocks = document.split("```").skip(1).step_by(2);
    // A recipe marks blocks that its test does not run. Their commands are checked here.
    let consoles = blocks.filter_map(|block| {
        let (fence, content) = block.split_once('\n')?;
        matches!(fence, "console" | "console not-run").then_some(content)
    });
    consoles.collect()
}

/// README, guide and recipes.
fn documents(root: &Path) -> Vec<PathBuf> {
    let recipes = fs::read_dir(root.join("docs/recipes")).unwrap();
    let recipes = recipes.map(|entry| entry.unwrap().path());
    ["README.md", "docs/GUIDE.md"]
        .map(|name| root.join(name))
        .into_iter()
        .chain(recipes)
        .collect()
}

#[test]
fn commands_in_the_documents_are_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for path in documents(root) {
        let document = fs::read_to_string(&path).unwrap();
        let calls: Vec<_> = consoles(&document).into_iter().flat_map(calls).collect();
        let name = path.display().to_string();
        assert!(!calls.is_empty(), "{name} calls no command");
        for call in calls {
            assert_accepted(&name, &call);
        }
    }
}

#[test]
fn examples_in_the_help_are_accepted() {
    for command in Cli::command().get_subcommands() {
        let help = command.clone().render_long_help().to_string();
        let (_, examples) = help.split_once("Examples:\n").unwrap();
        let (examples, _) = examples.split_once("\n\n").unwrap();
        for call in calls(examples) {
            assert_accepted(command.get_name(), &call);
        }
    }
}

#[test]
fn lines_are_split_as_by_a_shell() {
    let line = "wasi-vfs cat 'a b' --x=\"c|d\" e#f | sort # g";
    assert_eq!(words(line), ["wasi-vfs", "cat", "a b", "--x=c|d", "e#f"]);
}
