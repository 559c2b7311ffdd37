//! `wasi-vfs completions`, run by shells.

use crate::golden::in_repository;
use crate::scratch::*;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const SHELLS: [&str; 6] = ["bash", "elvish", "fish", "nushell", "powershell", "zsh"];

/// A packed file and the scripts of all shells.
fn scratch() -> Scratch {
    let scratch = Scratch::packed();
    std::fs::create_dir(scratch.path("zfunc")).unwrap();
    for shell in SHELLS {
        let output = scratch.run(&format!("completions {shell}"));
        assert_success(&output);
        scratch.write(&format!("script.{shell}"), &output.stdout);
    }
    scratch.write("zfunc/_wasi-vfs", &scratch.read("script.zsh"));
    scratch
}

/// `command` with the built `wasi-vfs` first in PATH.
fn with_path(mut command: Command, scratch: &Scratch) -> Command {
    let built = Path::new(env!("CARGO_BIN_EXE_wasi-vfs")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", built.display()));
    command.env("HOME", scratch.path(""));
    command.env("TERM", "dumb");
    command.current_dir(scratch.path(""));
    command
}

/// Whether the machine has `program`. The tests of absent shells do nothing.
fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Types `lines` at the prompt of `shell`. Returns the output of the terminal.
fn type_at_prompt(scratch: &Scratch, shell: &[&str], lines: &str) -> String {
    let mut python = Command::new("python3");
    python.arg(in_repository("packer/tests/type_at_prompt.py"));
    python.args(shell);
    let mut python = with_path(python, scratch);
    // Elvish edits no line in a dumb terminal.
    if shell.first() == Some(&"elvish") {
        python.env("TERM", "xterm");
    }
    python.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Lines with a tab in each kind of word. The completed lines write files.
const TYPED: &str = "\
wasi-vfs comp\tbash > 1
wasi-vfs ls --tr\tpac\t/us\tli\t > 2
wasi-vfs cat packed.wasm /usr/lib/hel\t > 3
wasi-vfs pack app.wasm --memory si\t--dir lib::/ -o 4
wasi-vfs cat my\t/usr/lib/run\t > 5
wasi-vfs cat packed.wasm /usr/lib/sublink/c\t > 6
exit
";

/// The same for Elvish, which types no space behind a completed word, and asks before it
/// quotes one.
const TYPED_IN_ELVISH: &str = "\
wasi-vfs comp\t bash > 1
wasi-vfs ls --tr\t pac\t /us\tli\t > 2
wasi-vfs cat packed.wasm /usr/lib/hel\t > 3
wasi-vfs pack app.wasm --memory si\t --dir lib::/ -o 4
wasi-vfs cat 'my app.wasm' /usr/lib/run\t > 5
wasi-vfs cat packed.wasm /usr/lib/sublink/c\t > 6
exit
";

/// Elvish draws a prompt again while a line is typed.
const ELVISH_SETUP: &str = "\
var line = 0
set edit:before-readline = [{ set line = (+ $line 1) }]
set edit:prompt = { print $line'READY>' }
set edit:rprompt = { }
eval (slurp < script.elvish)
";

/// Runs [`TYPED`] in `shell`, after the line `setup`.
fn assert_completes(shell: &[&str], setup: &str) {
    assert_typed(shell, &format!("{setup}\n{TYPED}"));
}

/// Each of the `lines` is completed to a command that succeeds.
fn assert_typed(shell: &[&str], lines: &str) {
    if !has(shell[0]) || !has("python3") {
        return;
    }
    let scratch = scratch();
    scratch.write("my app.wasm", &scratch.read("packed.wasm"));
    scratch.write("setup.elvish", ELVISH_SETUP.as_bytes());
    let shown = type_at_prompt(&scratch, shell, lines);
    let written = |name: &str| {
        let bytes = std::fs::read(scratch.path(name));
        let bytes = bytes.unwrap_or_else(|error| panic!("{name}: {error}\n{shown}"));
        String::from_utf8_lossy(&bytes).into_owned()
    };
    assert!(written("1").contains("wasi-vfs"), "{shown}");
    assert!(written("2").contains("├── hello.txt"), "{shown}");
    assert_eq!(written("3"), "hello\n", "{shown}");
    assert!(!written("4").is_empty(), "{shown}");
    let info = scratch.run("info --json 4");
    assert!(stdout(&info).contains("\"single\""), "{shown}");
    assert_eq!(written("5"), "#!/bin/sh\n", "{shown}");
    assert_eq!(written("6"), "hello\n", "{shown}");
}

#[test]
fn bash_completes_behind_the_command() {
    assert_completes(
        &["bash", "--norc", "--noprofile", "-i"],
        "source script.bash",
    );
}

#[test]
fn elvish_completes_behind_the_command() {
    assert_typed(&["elvish", "-rc", "setup.elvish"], TYPED_IN_ELVISH);
}

#[test]
fn zsh_completes_with_a_sourced_script() {
    let setup = "autoload -U compinit; compinit -u -D; source script.zsh";
    assert_completes(&["zsh", "-f", "-i"], setup);
}

#[test]
fn zsh_completes_with_a_script_in_fpath() {
    let setup = "fpath=($PWD/zfunc $fpath); autoload -U compinit; compinit -u -D";
    assert_completes(&["zsh", "-f", "-i"], setup);
}

/// The candidates that fish offers for a line.
fn fish(scratch: &Scratch, line: &str) -> Vec<String> {
    let mut fish = Command::new("fish");
    let complete = format!("source script.fish; complete -C '{line}'");
    fish.args(["--no-config", "-c", &complete]);
    let output = with_path(fish, scratch).output().unwrap();
    let candidates = stdout(&output);
    let names = candidates.lines().map(|line| line.split('\t').next());
    names
        .map(|name| name.unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn fish_completes_behind_the_command() {
    if !has("fish") {
        return;
    }
    let scratch = scratch();
    assert_eq!(fish(&scratch, "wasi-vfs extr"), ["extract"]);
    assert_eq!(fish(&scratch, "wasi-vfs ls --rec"), ["--recursive"]);
    assert_eq!(fish(&scratch, "wasi-vfs ls pac"), ["packed.wasm"]);
    assert_eq!(fish(&scratch, "wasi-vfs cat packed.wasm /us"), ["/usr/"]);
    let expected = ["usr/lib/sub/", "usr/lib/sublink/"];
    assert_eq!(
        fish(&scratch, "wasi-vfs ls packed.wasm usr/lib/s"),
        expected
    );
    let expected = ["separate", "single"];
    assert_eq!(fish(&scratch, "wasi-vfs pack --memory s"), expected);
    assert_eq!(fish(&scratch, "wasi-vfs pack --dir "), ["lib/", "zfunc/"]);
}

/// The answer of the command for a line that ends with the word to complete.
fn answers(scratch: &Scratch, line: &str) -> Vec<String> {
    let mut command = scratch.command();
    command.env("WASI_VFS_COMPLETE", "fish").arg("--");
    let output = command.args(line.split(' ')).output().unwrap();
    assert_success(&output);
    let lines = stdout(&output);
    let names = lines.lines().map(|line| line.split('\t').next());
    names
        .map(|name| name.unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn every_command_is_offered() {
    let help = stdout(&Scratch::empty().run("help"));
    let offered = answers(&Scratch::empty(), "wasi-vfs ");
    assert!(offered.contains(&"pack".to_owned()), "{offered:?}");
    for name in offered.iter().filter(|name| !name.starts_with('-')) {
        assert!(help.contains(&format!("\n  {name} ")), "{name}");
    }
}

#[test]
fn guest_paths_of_a_file_that_is_not_packed_are_empty() {
    let scratch = Scratch::with_tree();
    for file in ["app.wasm", "none.wasm", "lib", "-"] {
        let line = format!("wasi-vfs cat {file} /u");
        assert_eq!(answers(&scratch, &line), [""; 0], "{file}");
    }
}

#[test]
fn guest_names_that_steer_a_terminal_are_not_offered() {
    let scratch = Scratch::empty();
    std::fs::create_dir(scratch.path("lib")).unwrap();
    for name in ["lib/a\x1b[31m", "lib/a\nb", "lib/a b"] {
        scratch.write(name, b"");
    }
    assert_success(&scratch.run("image --dir lib::/ -o tree.wvfs"));
    assert_eq!(answers(&scratch, "wasi-vfs cat tree.wvfs /a"), ["/a b"]);
}

#[test]
fn shells_that_are_not_tested_get_a_script() {
    let scratch = scratch();
    let script = String::from_utf8(scratch.read("script.powershell")).unwrap();
    assert!(script.contains("WASI_VFS_COMPLETE"), "{script}");
    let script = String::from_utf8(scratch.read("script.nushell")).unwrap();
    for line in ["export extern \"wasi-vfs pack\"", "--exclude: string"] {
        assert!(script.contains(line), "{line}");
    }
}
