//! What fails while a file is written leaves a clear error, the inputs as they
//! were, and nothing half-done.

#![cfg(target_os = "linux")]

use crate::scratch::*;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The commands that write a file, but for its name.
const WRITERS: [&str; 3] = [
    "pack app.wasm --dir lib::/lib -o",
    "pack --dir lib::/lib --image",
    "lib -o",
];

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
fn a_directory_that_takes_no_file_is_named() {
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
    // The signal that ends the process would leave a core file besides.
    let script = format!("ulimit -c 0; {prepare} ulimit -f 1; exec \"$0\" {arguments}");
    in_shell(scratch, &script)
}

fn in_shell(scratch: &Scratch, script: &str) -> std::process::Output {
    scratch.shell(script).output().unwrap()
}

#[test]
fn a_disk_that_is_full_half_way_leaves_nothing() {
    let scratch = Scratch::packed();
    scratch.write("lib/large", &[7; 5000]);
    assert_success(&scratch.run("pack app.wasm --dir lib::/lib -o large.wasm"));
    scratch.write("out", b"as it was");
    let before = scratch.names();
    for writer in WRITERS {
        let output = limited(&scratch, "trap '' XFSZ;", &format!("{writer} out"));
        assert_error(&output, &["cannot write `out`", "File too large"]);
        // Without the trap the system ends the process in the middle of it.
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
fn what_standard_output_is_redirected_to_is_written_on() {
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
fn the_permissions_of_what_is_replaced_stay() {
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

/// As in a container that has its number of processes: no stack is that large.
fn without_threads(scratch: &Scratch, arguments: &str) -> std::process::Output {
    let mut command = scratch.command();
    command.env("RUST_MIN_STACK", (1_u64 << 47).to_string());
    command.args(arguments.split(' ')).output().unwrap()
}

#[test]
fn where_no_thread_can_be_started_one_does_all() {
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

/// Ends a run of the command after longer and longer; true if it was complete.
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
        // However the machine is loaded, what is left is one or the other.
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
        "pack packed.wasm --dir lib/hello.txt::/lib -o packed.wasm",
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
fn an_extraction_into_a_directory_that_is_killed_leaves_whole_files() {
    let scratch = Scratch::with_tree();
    let text = b"some text to extract, ".repeat(20_000);
    for number in 0..20 {
        scratch.write(&format!("lib/{number}.txt"), &text);
    }
    assert_success(&scratch.run("pack --dir lib::/ --compress=1 -q --image whole"));
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
            // A link that was not yet renamed is all that may be left.
            if entry.file_type().unwrap().is_file() {
                assert!(!name.starts_with(".wasi-vfs"), "{name}");
                let whole = scratch.read(&format!("lib/{name}"));
                assert!(std::fs::read(entry.path()).unwrap() == whole, "{name}");
            }
        }
        std::fs::remove_dir_all(scratch.path("target")).unwrap();
    }
}

/// What the tests run as may do everything; this user may not.
const NOBODY: u32 = 65534;

#[test]
fn what_may_not_be_read_or_written_is_named_and_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let scratch = Scratch::packed();
    // The command, where everybody may reach it.
    let command = scratch.path("command");
    // By another process: while this one has it open for writing, one that it starts
    // has, too, and then nobody can run it.
    let mut copy = Command::new("cp");
    copy.arg(env!("CARGO_BIN_EXE_wasi-vfs")).arg(&command);
    assert!(copy.status().unwrap().success());
    mode(&command, 0o755);
    mode(&scratch.path(""), 0o777);
    // Whatever the umask left of it.
    for name in ["lib", "lib/sub", "lib/sub/empty"] {
        mode(&scratch.path(name), 0o755);
    }
    for name in [
        "app.wasm",
        "packed.wasm",
        "lib/hello.txt",
        "lib/sub/copy.txt",
    ] {
        mode(&scratch.path(name), 0o644);
    }
    mode(&scratch.path("lib/run.sh"), 0o000);
    std::fs::create_dir_all(scratch.path("target/usr/lib/sub")).unwrap();
    for name in ["target", "target/usr", "target/usr/lib"] {
        mode(&scratch.path(name), 0o777);
    }
    mode(&scratch.path("target/usr/lib/sub"), 0o555);
    // Where everybody may make files, and which is not everybody's.
    std::fs::create_dir(scratch.path("shared")).unwrap();
    mode(&scratch.path("shared"), 0o1777);
    // Names can be read, and nothing else.
    std::fs::create_dir(scratch.path("names")).unwrap();
    scratch.write("names/file", b"");
    mode(&scratch.path("names"), 0o744);
    let before = scratch.names();
    let as_nobody = |arguments: &str| {
        let mut run = Command::new(&command);
        run.args(arguments.split(' ')).current_dir(scratch.path(""));
        run.stdin(Stdio::null()).uid(NOBODY).gid(NOBODY);
        without_colour(&mut run);
        run.output().unwrap()
    };
    for (arguments, words) in [
        (
            "pack app.wasm --dir lib::/lib -q -o out.wasm",
            ["run.sh", "Permission denied"],
        ),
        (
            "pack --dir lib::/lib -q --image out",
            ["run.sh", "Permission denied"],
        ),
        (
            "extract packed.wasm -q -o target",
            ["sub/", "Permission denied"],
        ),
    ] {
        assert_error(&as_nobody(arguments), &words);
        assert_eq!(scratch.names(), before);
    }
    std::fs::create_dir(scratch.path("closed")).unwrap();
    mode(&scratch.path("closed"), 0o755);
    scratch.write("closed/old", b"as it was");
    mode(&scratch.path("closed/old"), 0o666);
    for writer in [
        "pack app.wasm --dir names::/n --exclude file -o closed/out",
        "pack --dir names::/n --exclude file --image closed/old",
        "lib -o closed/old",
        "extract packed.wasm -o closed/out",
        "info --html closed/old packed.wasm",
        "run --trace closed/old packed.wasm",
    ] {
        assert_error(&as_nobody(writer), &["closed/", "Permission denied"]);
    }
    assert_eq!(scratch.read("closed/old"), b"as it was");
    assert_eq!(
        std::fs::read_dir(scratch.path("closed")).unwrap().count(),
        1
    );
    let pack = "pack --dir .::/ --exclude /lib --exclude /target --image out";
    let names = as_nobody(pack);
    assert_error(&names, &["names/file", "leave it out with --exclude"]);
    assert_success(&as_nobody(&format!("{pack} --exclude /names/file")));
    assert_success(&as_nobody("extract packed.wasm -o shared"));
    // No file is there in part.
    let hello = scratch.path("target/usr/lib/hello.txt");
    assert!(!hello.exists() || std::fs::read(hello).unwrap() == b"hello\n");
}
