//! Failed writes leave a clear error, unchanged inputs and no partial output.

#![cfg(target_os = "linux")]

use crate::scratch::*;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The commands that write a file, without its name.
const WRITERS: [&str; 3] = [
    "pack app.wasm --dir lib::/lib -o",
    "image --dir lib::/lib -o",
    "lib -o",
];

/// The missing module shows that the work has not begun.
#[test]
fn an_impossible_output_is_an_error_before_the_work() {
    let scratch = Scratch::packed();
    for writer in [
        "pack none.wasm --dir lib::/lib -o",
        "image --dir none::/lib -o",
        "lib -o",
        "info none.wasm --html",
        "run none.wasm --trace",
    ] {
        let output = scratch.run(&format!("{writer} nowhere/out"));
        let words = "cannot write `nowhere/out`: directory `nowhere` does not exist";
        assert_error(&output, &[words]);
    }
    let output = scratch.run("extract packed.wasm -o nowhere/out");
    let words = ["`nowhere/out`", "cannot create a directory in `nowhere`"];
    assert_error(&output, &words);
}

#[test]
fn a_full_device_is_named() {
    let scratch = Scratch::with_tree();
    for writer in WRITERS {
        let output = scratch.run(&format!("{writer} /dev/full"));
        assert_error(&output, &["cannot write `/dev/full`", "No space left"]);
    }
}

#[test]
fn standard_output_to_a_full_device_is_an_error() {
    let scratch = Scratch::packed();
    for arguments in [
        "pack app.wasm --dir lib::/lib -o -",
        "cat packed.wasm usr/lib/hello.txt",
        "ls -R packed.wasm",
        "info packed.wasm",
        "dump packed.wasm",
        "verify packed.wasm",
        "man",
        "completions bash",
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = scratch.command();
        command.args(arguments.split(' ')).stdout(full.unwrap());
        let output = command.stderr(Stdio::piped()).output().unwrap();
        assert_error(&output, &["No space left"]);
    }
}

#[test]
fn directories_that_reject_files_are_named() {
    let scratch = Scratch::packed();
    for writer in WRITERS {
        let output = scratch.run(&format!("{writer} /proc/out"));
        assert_error(&output, &["cannot write `/proc/out`"]);
    }
    let output = scratch.run("extract packed.wasm -o /proc/out");
    assert_error(&output, &["`/proc/out`"]);
}

/// Runs the command in a shell that allows files of 1024 bytes, after
/// `prepare`.
fn limited(scratch: &Scratch, prepare: &str, arguments: &str) -> std::process::Output {
    // The signal would leave a core file.
    let script = format!("ulimit -c 0; {prepare} ulimit -f 1; exec \"$0\" {arguments}");
    in_shell(scratch, &script)
}

fn in_shell(scratch: &Scratch, script: &str) -> std::process::Output {
    scratch.shell(script).output().unwrap()
}

#[test]
fn full_disks_leave_no_partial_file() {
    let scratch = Scratch::packed();
    scratch.write("lib/large", &[7; 5000]);
    assert_success(&scratch.run("pack app.wasm --dir lib::/lib -o large.wasm"));
    scratch.write("out", b"as it was");
    let before = scratch.names();
    for writer in WRITERS {
        let output = limited(&scratch, "trap '' XFSZ;", &format!("{writer} out"));
        assert_error(&output, &["cannot write `out`", "File too large"]);
        // Without the trap, the signal ends the process during the write.
        let output = limited(&scratch, "", &format!("{writer} out"));
        assert_eq!(output.status.code(), None);
        assert_eq!(scratch.names(), before);
        assert_eq!(scratch.read("out"), b"as it was");
    }
    let output = limited(&scratch, "trap '' XFSZ;", "extract large.wasm -o target");
    assert_error(&output, &["large", "File too large"]);
    assert_eq!(scratch.names(), before);
}

#[test]
fn redirected_output_is_appended() {
    let scratch = Scratch::with_tree();
    let script = "{ echo head; \"$0\" lib -o /dev/stdout; echo tail; } >all";
    assert_success(&in_shell(&scratch, script));
    assert_success(&scratch.run("lib -o library"));
    let expected = [b"head\n", &*scratch.read("library"), b"tail\n"].concat();
    assert!(scratch.read("all") == expected);
}

#[test]
fn a_named_pipe_whose_reader_goes_is_an_error() {
    let scratch = Scratch::with_tree();
    let script = "mkfifo pipe; head -c 3 pipe >/dev/null & \"$0\" lib -o pipe";
    assert_error(
        &in_shell(&scratch, script),
        &["cannot write `pipe`", "its reader has gone"],
    );
}

#[test]
fn replaced_files_keep_their_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::packed();
    for mode in [0o600, 0o755, 0o640] {
        let path = scratch.path("packed.wasm");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_success(&scratch.run("pack packed.wasm --dir lib::/lib -o packed.wasm"));
        let permissions = std::fs::metadata(&path).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o7777, mode);
    }
}

/// No thread can start, because no stack is that large. A limit on processes has the same
/// effect.
fn without_threads(scratch: &Scratch, arguments: &str) -> std::process::Output {
    let mut command = scratch.command();
    command.env("RUST_MIN_STACK", (1_u64 << 47).to_string());
    command.args(arguments.split(' ')).output().unwrap()
}

#[test]
fn commands_work_without_threads() {
    let scratch = Scratch::packed();
    scratch.write("lib/large", &b"some text to compress, ".repeat(10_000));
    let pack = "pack app.wasm --dir lib::/usr/lib --compress -q -o";
    assert_success(&scratch.run(&format!("{pack} by-many")));
    assert_success(&without_threads(&scratch, &format!("{pack} by-one")));
    assert_eq!(scratch.read("by-one"), scratch.read("by-many"));
    for arguments in [
        "ls by-one",
        "cat by-one /usr/lib/large",
        "extract by-one -o out",
        "info by-one",
        "verify by-one",
        "diff by-one by-many",
        "dump by-one",
        "run by-one",
        "run --trace used by-one",
        "pack app.wasm --from by-one -o again",
    ] {
        assert_success(&without_threads(&scratch, arguments));
    }
}

/// Interrupts a run of the command after some time. Returns whether it was complete.
fn interrupted(scratch: &Scratch, signal: rustix::process::Signal, after: Duration) -> bool {
    let mut child = scratch
        .command()
        .args("pack app.wasm --dir lib::/lib --compress=1 -q -o out".split(' '))
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let id = rustix::process::Pid::from_child(&child);
    let _ = rustix::process::kill_process(id, signal);
    child.wait().unwrap().success()
}

#[test]
fn an_interrupted_run_leaves_nothing_or_all() {
    use rustix::process::Signal;
    let scratch = Scratch::with_tree();
    scratch.write("lib/large", &b"some text to compress, ".repeat(100_000));
    let before = scratch.names();
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        // At any load, the output is complete or missing.
        for milliseconds in (0..60).step_by(6) {
            let complete = interrupted(&scratch, signal, Duration::from_millis(milliseconds));
            let is_there = scratch.path("out").exists();
            assert!(is_there || !complete);
            if is_there {
                assert_success(&scratch.run("verify -q out"));
                std::fs::remove_file(scratch.path("out")).unwrap();
            }
            assert_eq!(scratch.names(), before);
        }
    }
}

#[test]
fn inputs_are_untouched_by_a_failure() {
    let scratch = Scratch::packed();
    let (app, packed) = (scratch.read("app.wasm"), scratch.read("packed.wasm"));
    for arguments in [
        "pack app.wasm --dir none::/lib -o app.wasm",
        "pack packed.wasm --dir lib/hello.txt::/usr -o packed.wasm",
        "pack packed.wasm --from app.wasm -o packed.wasm",
        "pack packed.wasm --only none -o packed.wasm",
    ] {
        assert_error(&scratch.run(arguments), &[]);
    }
    let arguments = "pack packed.wasm --dir lib::/lib -o packed.wasm";
    assert_error(
        &limited(&scratch, "trap '' XFSZ;", arguments),
        &["too large"],
    );
    assert_eq!(scratch.read("app.wasm"), app);
    assert_eq!(scratch.read("packed.wasm"), packed);
}

#[test]
fn killed_extractions_leave_whole_files() {
    let scratch = Scratch::with_tree();
    let text = b"some text to extract, ".repeat(20_000);
    for number in 0..20 {
        scratch.write(&format!("lib/{number}.txt"), &text);
    }
    assert_success(&scratch.run("image --dir lib::/ --compress=1 -q -o whole"));
    for milliseconds in (0..40).step_by(4) {
        std::fs::create_dir(scratch.path("target")).unwrap();
        let mut child = scratch
            .command()
            .args("extract whole -q -o target".split(' '))
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        for entry in std::fs::read_dir(scratch.path("target")).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            // Only a link under its temporary name may be left.
            if entry.file_type().unwrap().is_file() {
                assert!(!name.starts_with(".wasi-vfs"), "{name}");
                let whole = scratch.read(&format!("lib/{name}"));
                assert!(std::fs::read(entry.path()).unwrap() == whole, "{name}");
            }
        }
        std::fs::remove_dir_all(scratch.path("target")).unwrap();
    }
}

/// A user without privileges, because the tests may run as root.
const NOBODY: u32 = 65534;

/// The tree and what is packed of it, for somebody who may not do everything: the one who
/// runs the tests, or nobody where that is root.
struct Unprivileged {
    scratch: Scratch,
    /// Read-only directories, until this is dropped.
    closed: Vec<PathBuf>,
}

impl Unprivileged {
    fn new() -> Self {
        let scratch = Scratch::packed();
        // The command, where everybody may reach it. Copied by another process: while
        // this one has it open for writing, one that it starts has, too, and then nobody
        // can run it.
        let mut copy = Command::new("cp");
        copy.arg(env!("CARGO_BIN_EXE_wasi-vfs"));
        copy.arg(scratch.path("command"));
        assert!(copy.status().unwrap().success());
        // The umask may have removed permissions.
        set_mode(&scratch.path(""), 0o777);
        for name in ["command", "lib", "lib/sub", "lib/sub/empty"] {
            set_mode(&scratch.path(name), 0o755);
        }
        for name in [
            "app.wasm",
            "packed.wasm",
            "lib/hello.txt",
            "lib/sub/copy.txt",
        ] {
            set_mode(&scratch.path(name), 0o644);
        }
        let closed = Vec::new();
        Self { scratch, closed }
    }

    /// Creates the directory `name` with a file, and then sets its mode.
    fn close(&mut self, name: &str, file: &str, mode: u32) {
        let path = self.scratch.path(name);
        std::fs::create_dir_all(&path).unwrap();
        self.scratch.write(&format!("{name}/{file}"), b"as it was");
        set_mode(&path.join(file), 0o666);
        set_mode(&path, mode);
        self.closed.push(path);
    }

    fn run(&self, arguments: &str) -> std::process::Output {
        use std::os::unix::process::CommandExt;
        let mut run = Command::new(self.scratch.path("command"));
        run.args(arguments.split(' '));
        run.current_dir(self.scratch.path("")).stdin(Stdio::null());
        if rustix::process::geteuid().is_root() {
            run.uid(NOBODY).gid(NOBODY);
        }
        without_colour(&mut run);
        run.output().unwrap()
    }
}

impl Drop for Unprivileged {
    fn drop(&mut self) {
        for path in &self.closed {
            set_mode(path, 0o755);
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn unreadable_inputs_are_named_and_leave_nothing() {
    let nobody = Unprivileged::new();
    set_mode(&nobody.scratch.path("lib/run.sh"), 0o000);
    let before = nobody.scratch.names();
    for pack in [
        "pack app.wasm --dir lib::/lib -q -o out.wasm",
        "image --dir lib::/lib -q -o out",
    ] {
        assert_error(&nobody.run(pack), &["run.sh", "Permission denied"]);
        assert_eq!(nobody.scratch.names(), before);
    }
}

#[test]
fn unreadable_inputs_can_be_excluded() {
    let mut nobody = Unprivileged::new();
    // Only the names are readable.
    nobody.close("names", "file", 0o444);
    let pack = "image --dir names::/ -o out";
    let named = ["names/file", "exclude it"];
    assert_error(&nobody.run(pack), &named);
    assert_success(&nobody.run(&format!("{pack} --exclude /file")));
}

#[test]
fn directories_that_reject_files_stay_unchanged() {
    let mut nobody = Unprivileged::new();
    nobody.close("closed", "old", 0o555);
    set_mode(&nobody.scratch.path("closed/old"), 0o444);
    for writer in [
        "pack app.wasm --dir lib::/lib -o closed/out",
        "image --dir lib::/lib -o closed/old",
        "lib -o closed/old",
        "extract packed.wasm -o closed/out",
        "info --html closed/old packed.wasm",
        "run --trace closed/old packed.wasm",
    ] {
        let output = nobody.run(writer);
        assert_error(&output, &["closed/", "ermission denied"]);
        assert!(!stderr(&output).contains(".wasi-vfs-"), "{output:?}");
    }
    assert_eq!(nobody.scratch.read("closed/old"), b"as it was");
    let left = std::fs::read_dir(nobody.scratch.path("closed")).unwrap();
    assert_eq!(left.count(), 1);
}

/// The same as a single file that a container mounts.
#[test]
fn a_file_that_cannot_be_replaced_is_overwritten() {
    let mut nobody = Unprivileged::new();
    nobody.close("closed", "old", 0o555);
    for writer in [
        "pack app.wasm --dir lib::/lib -o",
        "image --dir lib::/lib -o",
        "lib -o",
        "info packed.wasm --html",
        "run packed.wasm --trace",
    ] {
        // Longer than some outputs.
        nobody.scratch.write("closed/old", &[b'x'; 100_000]);
        let output = nobody.run(&format!("{writer} closed/old"));
        assert_success(&output);
        let expected = "note: overwrote `closed/old` in place because it cannot be replaced";
        assert!(stderr(&output).contains(expected), "{output:?}");
        assert_success(&nobody.run(&format!("{writer} replaced")));
        assert!(nobody.scratch.read("closed/old") == nobody.scratch.read("replaced"));
    }
    for writer in [
        "pack app.wasm --dir lib::/lib -q -o",
        "image --dir lib::/lib -q -o",
        "info -q packed.wasm --html",
    ] {
        let output = nobody.run(&format!("{writer} closed/old"));
        assert_success(&output);
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn forbidden_extractions_leave_whole_files() {
    let mut nobody = Unprivileged::new();
    nobody.close("target/usr/lib/sub", "theirs", 0o555);
    for name in ["target", "target/usr", "target/usr/lib"] {
        set_mode(&nobody.scratch.path(name), 0o777);
    }
    let output = nobody.run("extract packed.wasm -q -o target");
    assert_error(&output, &["sub/", "Permission denied"]);
    let hello = nobody.scratch.path("target/usr/lib/hello.txt");
    assert!(!hello.exists() || std::fs::read(hello).unwrap() == b"hello\n");
}

/// A directory in which every user may create files, such as `/tmp`.
#[test]
fn extraction_into_directories_of_other_owners_works() {
    let nobody = Unprivileged::new();
    std::fs::create_dir(nobody.scratch.path("shared")).unwrap();
    set_mode(&nobody.scratch.path("shared"), 0o1777);
    assert_success(&nobody.run("extract packed.wasm -o shared"));
    assert_eq!(nobody.scratch.read("shared/usr/lib/hello.txt"), b"hello\n");
}
