//! The memory of commands for a module with a large payload.

use crate::scratch::*;
use std::io::Read;
use std::process::Stdio;
use wasi_vfs_format::testing::Random;

/// Much more than a command needs otherwise.
const LEN: usize = 100_000_000;

/// Packs an incompressible file of `LEN` bytes into `large.wasm`.
fn large() -> Scratch {
    let scratch = Scratch::with_tree();
    let noise = Random::new(1).bytes(LEN);
    scratch.write("lib/noise", &noise);
    let pack = "pack app.wasm --dir lib::/usr/lib -q -o large.wasm";
    assert_success(&scratch.run(pack));
    scratch
}

/// Runs the command with a memory limit, in fifths of the module.
fn with_fifths(count: usize, scratch: &Scratch, arguments: &str) -> std::process::Output {
    let data_kb = count * LEN / 5 / 1024;
    let script = format!("ulimit -d {data_kb}; exec \"$0\" {arguments}");
    let mut command = scratch.shell(&script);
    // A thread has 2 MB of stack, whatever it does with them.
    command.env("RAYON_NUM_THREADS", "2");
    command.output().unwrap()
}

/// The peak memory of a process in bytes.
fn peak_of(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kb: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kb * 1024
}

#[test]
fn commands_leave_the_payload_in_the_file() {
    let scratch = large();
    // `verify` and `diff` need threads and the last read blocks.
    for (fifths, reader) in [
        (1, "ls -lR large.wasm"),
        (1, "info large.wasm"),
        (1, "info --json large.wasm"),
        (1, "cat large.wasm /usr/lib/hello.txt"),
        (1, "cat large.wasm /usr/lib/noise >/dev/null"),
        (1, "extract large.wasm -o out /usr/lib/hello.txt"),
        (2, "verify large.wasm"),
        (2, "diff large.wasm large.wasm"),
    ] {
        let output = with_fifths(fifths, &scratch, reader);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{reader}: {said}");
    }
    // Without an effective limit, the test proves nothing.
    let whole = with_fifths(2, &scratch, "ls - <large.wasm");
    assert!(!whole.status.success());
}

#[test]
fn packing_again_holds_the_payload_twice() {
    let scratch = large();
    let mut command = scratch.command();
    command.args("pack large.wasm --dir lib/sub::/more -q -o -".split(' '));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    // It waits with the whole output in memory until the rest is read.
    stdout.read_exact(&mut [0; 8]).unwrap();
    let peak = peak_of(child.id());
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().success());
    // The program itself and a read buffer come on top of both.
    assert!(peak < 2 * LEN + 64_000_000, "{peak} bytes");
}

#[test]
fn an_image_file_that_is_cut_off_is_an_error() {
    let scratch = Scratch::with_tree();
    scratch.write("lib/long", &vec![7; 1_000_000]);
    assert_success(&scratch.run("image --dir lib::/ --compress=1 -o whole"));
    let bytes = scratch.read("whole");
    for len in [bytes.len() - 1, 200, 100, 10, 0] {
        scratch.write("cut", &bytes[..len]);
        let output = scratch.run("cat cut long");
        assert_error(&output, &["cannot open `cut`"]);
    }
}
