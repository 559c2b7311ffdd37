//! Help, manual, README and documents agree.

use crate::golden::{assert_file, in_repository};
use crate::scratch::*;
use std::fmt::Write;
use std::fs;

/// The commands and their summaries, as the help lists them.
fn commands() -> Vec<(String, String)> {
    let help = help("");
    let (_, rest) = help.split_once("Commands:\n").unwrap();
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let commands = lines.map(|line| {
        let (name, summary) = line.trim().split_once(' ').unwrap();
        (name.to_owned(), summary.trim().to_owned())
    });
    commands.filter(|(name, _)| name != "help").collect()
}

/// The help of a command, 80 columns wide.
fn help(command: &str) -> String {
    let scratch = Scratch::empty();
    let mut help = scratch.command();
    help.arg("help").env("COLUMNS", "80").env_remove("LINES");
    help.args(command.split_whitespace());
    let output = help.output().unwrap();
    assert_success(&output);
    stdout(&output)
}

fn manual(command: &str) -> String {
    let output = Scratch::empty().run(format!("man {command}").trim());
    assert_success(&output);
    // A dash and a quotation mark have escapes in roff.
    stdout(&output).replace("\\-", "-").replace("\\*(Aq", "'")
}

/// The names of the long options that a help describes.
fn options(help: &str) -> Vec<&str> {
    let words = help.lines().map(str::trim_start);
    let described = words.filter(|line| line.starts_with('-'));
    let options = described.filter_map(|line| line.split_once("--"));
    options
        .map(|(_, name)| name.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'))
        .filter_map(|mut words| words.next())
        .collect()
}

#[test]
fn commands_document_equals_the_help() {
    let mut document = "\
# Commands

This file has the help of every command, as `wasi-vfs help COMMAND` prints it.
`wasi-vfs man` prints the same text as pages of a manual. A test compares this file
with the command: `UPDATE_GOLDEN=1 cargo test -p wasi-vfs --test cli` updates it.

| command | summary |
|---|---|
"
    .to_owned();
    for (name, summary) in commands() {
        writeln!(
            document,
            "| [`wasi-vfs {name}`](#wasi-vfs-{name}) | {summary} |"
        )
        .unwrap();
    }
    for (name, _) in commands() {
        let help = help(&name);
        write!(document, "\n## wasi-vfs {name}\n\n```text\n{help}```\n").unwrap();
    }
    assert_file("docs/COMMANDS.md", &document);
}

#[test]
fn examples_are_not_wrapped() {
    for (name, _) in commands() {
        let help = help(&name);
        let (_, examples) = help.split_once("\nExamples:\n").unwrap();
        let examples = examples.lines().take_while(|line| !line.is_empty());
        // The rest of a wrapped line has the same indentation.
        for line in examples {
            let names_us = line.contains("wasi-vfs ") || line.contains("libwasi_vfs");
            assert!(line.starts_with("  ") && names_us, "{name}: {line}");
        }
    }
}

/// The budgets of `tools/check-language`: words, and words a sentence.
#[test]
fn help_is_plain_english() {
    let mut check = std::process::Command::new("python3");
    check.arg(in_repository("tools/check-language"));
    // Not every machine has Python.
    if let Ok(output) = check.arg("docs/COMMANDS.md").output() {
        assert!(output.status.success(), "{}", stdout(&output));
    }
}

#[test]
fn readme_has_the_commands_in_the_order_of_the_help() {
    let readme = fs::read_to_string(in_repository("README.md")).unwrap();
    let (_, list) = readme.split_once("(docs/COMMANDS.md): ").unwrap();
    let (list, _) = list.split_once("\n- ").unwrap();
    let named: Vec<_> = list.split('`').skip(1).step_by(2).collect();
    let expected: Vec<_> = commands().into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, expected);
}

#[test]
fn every_manual_page_equals_the_help() {
    for (name, summary) in commands() {
        let (help, manual) = (help(&name), manual(&name));
        assert!(
            manual.contains(&format!("wasi-vfs-{name} - {summary}")),
            "{manual}"
        );
        for option in options(&help) {
            let described = format!("fB--{option}");
            assert!(manual.contains(&described), "{name}: --{option}");
        }
        let (_, notes) = help.split_once("\nExamples:\n").unwrap();
        for example in notes.lines().take_while(|line| !line.is_empty()) {
            assert!(manual.contains(example.trim_start()), "{name}: {example}");
        }
        assert!(manual.contains(".SH \"EXIT STATUS\"\n"), "{manual}");
    }
}

#[test]
fn the_manual_of_the_whole_names_every_command() {
    let manual = manual("");
    for (name, summary) in commands() {
        assert!(manual.contains(&format!("wasi-vfs-{name}(1)")), "{manual}");
        assert!(manual.contains(&summary), "{manual}");
    }
}

#[test]
fn all_pages_can_be_written_at_once() {
    let scratch = Scratch::empty();
    assert_success(&scratch.run("man -o share/man1"));
    let pages = fs::read_dir(scratch.path("share/man1")).unwrap();
    assert_eq!(pages.count(), commands().len() + 1);
    let page = scratch.read("share/man1/wasi-vfs-pack.1");
    assert!(page == scratch.run("man pack").stdout);
}

#[test]
fn title_has_the_name_date_and_version() {
    let version = env!("CARGO_PKG_VERSION");
    let title = |page: &str| {
        page.lines()
            .find(|line| line.starts_with(".TH"))
            .map(str::to_owned)
    };
    let expected =
        format!(".TH wasi-vfs-pack 1 2026-11-29 \"wasi-vfs {version}\" \"wasi-vfs manual\"");
    assert_eq!(title(&manual("pack")), Some(expected));
    let scratch = Scratch::empty();
    let page = |date: &str| {
        let mut command = scratch.command();
        command.args(["man", "pack"]).env("SOURCE_DATE_EPOCH", date);
        command.output().unwrap()
    };
    let dated = stdout(&page("951782400")).replace("\\-", "-");
    assert!(title(&dated).unwrap().contains(" 2000-02-29 "), "{dated}");
    assert_error(
        &page("tomorrow"),
        &["SOURCE_DATE_EPOCH", "`tomorrow`", "since 1970"],
    );
}

/// The text of a roff page without fonts.
fn synopsis(command: &str) -> String {
    let manual = manual(command);
    let (_, rest) = manual.split_once(".SH SYNOPSIS\n").unwrap();
    let line = rest.lines().next().unwrap().to_owned();
    ["\\fB", "\\fI", "\\fR"]
        .iter()
        .fold(line, |line, font| line.replace(font, ""))
}

#[test]
fn synopsis_has_the_values_of_the_options() {
    let pack = synopsis("pack");
    for part in [
        "wasi-vfs pack [--dir HOST::GUEST]... ",
        " [--compress[=LEVEL]] ",
        " [--memory KIND] ",
        " [-q] ",
    ] {
        assert!(pack.contains(part), "{part}: {pack}");
    }
    assert!(pack.ends_with(" APP.wasm"), "{pack}");
    let extract = synopsis("extract");
    assert!(extract.contains(" -o DIR "), "{extract}");
    assert!(extract.ends_with(" PACKED [PATH]..."), "{extract}");
    assert_eq!(synopsis(""), "wasi-vfs [-V] COMMAND ...");
}

#[test]
fn a_page_that_does_not_exist_is_named() {
    let output = Scratch::empty().run("man unpack");
    let words = ["`unpack`", "wasi-vfs help"];
    assert_failure(&output, 2, &words);
}
