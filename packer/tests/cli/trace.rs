//! `wasi-vfs run --trace`

use crate::inner;
use crate::probes::{self, CREATE, DIRECTORY, Probe, READ, WRITE};
use crate::scratch::*;

const BADF: u32 = 8;
const EXIST: u32 = 20;
const INVAL: u32 = 28;
const ISDIR: u32 = 31;
const LOOP: u32 = 32;
const NOENT: u32 = 44;
const NOTDIR: u32 = 54;
const PERM: u32 = 63;
const ROFS: u32 = 69;

/// Calls on the packed tree, each with the error code that `docs/RUNTIME.md` documents.
const CALLS: [(Probe, u32); 33] = [
    (Probe::Open("hello.txt", 0, READ), 0),
    (Probe::Open("hello.txt", CREATE, READ), 0),
    (Probe::Open("hello.txt", 0, WRITE), ROFS),
    (Probe::Open("hello.txt", DIRECTORY, READ), NOTDIR),
    (Probe::Open("hello.txt/", 0, READ), NOTDIR),
    (Probe::Open("run.sh/../hello.txt", 0, READ), NOTDIR),
    (Probe::Open("new", CREATE, READ), ROFS),
    (Probe::Open("sub/empty/new", CREATE, READ), ROFS),
    (Probe::Open("sub/none", 0, READ), NOENT),
    (Probe::Open("sub", CREATE, READ), ISDIR),
    (Probe::Open("../lib/hello.txt", 0, READ), PERM),
    (Probe::Open("/usr/lib/hello.txt", 0, READ), PERM),
    (Probe::Open("sublink/copy.txt", 0, READ), 0),
    (Probe::Open("sub/../sublink/../link", 0, READ), 0),
    (Probe::Stat("sub/empty"), 0),
    (Probe::Stat("none"), NOENT),
    (Probe::LinkStat("link"), 0),
    (Probe::ReadLink("link"), 0),
    (Probe::ReadLink("hello.txt"), INVAL),
    (Probe::ReadLink("dangling"), 0),
    (Probe::LinkStat("dangling"), 0),
    (Probe::Stat("dangling"), NOENT),
    (Probe::LinkStat("loop"), 0),
    (Probe::Stat("loop"), LOOP),
    (Probe::CreateDirectory("sub"), EXIST),
    (Probe::CreateDirectory("sub/new"), ROFS),
    (Probe::CreateDirectory("none/new"), NOENT),
    (Probe::Unlink("none"), NOENT),
    (Probe::Unlink("hello.txt"), ROFS),
    (Probe::RemoveDirectory("sub"), ROFS),
    (Probe::RemoveDirectory("none"), NOENT),
    (Probe::Rename("none"), NOENT),
    (Probe::Rename("hello.txt"), ROFS),
];

/// A tree packed with a program that makes `calls` from its export `start`.
fn packed_with(start: &str, calls: &[Probe], options: &str) -> Scratch {
    let scratch = Scratch::with_tree();
    scratch.link("none", "lib/dangling");
    scratch.link("loop", "lib/loop");
    scratch.write("app.wasm", &probes::program(start, calls));
    let pack = format!("pack app.wasm --dir lib::/usr/lib {options} -o packed.wasm");
    assert_success(&scratch.run(&pack));
    scratch
}

#[track_caller]
fn codes(scratch: &Scratch, arguments: &str) -> Vec<u32> {
    let output = scratch.run(arguments);
    assert_success(&output);
    probes::codes(&output.stdout)
}

fn trace(scratch: &Scratch) -> String {
    String::from_utf8(scratch.read("used.txt")).unwrap()
}

#[test]
fn a_traced_program_behaves_as_the_packed_one() {
    let calls = CALLS.map(|(call, _)| call);
    let expected = CALLS.map(|(_, code)| code);
    for options in ["--compress", "--memory single"] {
        let scratch = packed_with("_start", &calls, options);
        let inner = inner::run(&scratch.read("packed.wasm"), "_start");
        assert_eq!(probes::codes(&inner), expected, "{options}");
        assert_eq!(codes(&scratch, "run packed.wasm"), expected);
        assert_eq!(
            codes(&scratch, "run --trace used.txt packed.wasm"),
            expected
        );
    }
}

#[test]
fn a_program_behaves_alike_with_the_files_of_its_trace() {
    let scratch = packed_with("_start", &CALLS.map(|(call, _)| call), "--compress");
    let expected = codes(&scratch, "run --trace used.txt packed.wasm");
    let output = scratch.run("pack packed.wasm --only used.txt -o small.wasm");
    assert_success(&output);
    assert!(!stderr(&output).contains("warning"), "{}", stderr(&output));
    assert_eq!(codes(&scratch, "run small.wasm"), expected);
}

#[test]
fn a_trace_of_broken_links_keeps_them() {
    for link in ["dangling", "loop"] {
        let scratch = packed_with("_start", &[Probe::ReadLink(link)], "-q");
        assert_eq!(codes(&scratch, "run --trace used.txt packed.wasm"), [0]);
        let output = scratch.run("pack packed.wasm --only used.txt -o small.wasm");
        assert_success(&output);
        assert!(!stderr(&output).contains("not in the tree"), "{link}");
        assert_eq!(codes(&scratch, "run small.wasm"), [0], "{link}");
    }
}

#[test]
fn a_trace_without_files_keeps_the_mounts() {
    let scratch = packed_with("_start", &[Probe::Stat(".")], "-q");
    assert_eq!(codes(&scratch, "run --trace used.txt packed.wasm"), [0]);
    let output = scratch.run("pack packed.wasm --only used.txt --order-by used.txt -o small.wasm");
    assert_success(&output);
    assert!(stderr(&output).contains("keep no file"));
    assert_eq!(codes(&scratch, "run small.wasm"), [0]);
    let output = scratch.run("pack packed.wasm --only used.txt --strict -o strict.wasm");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--strict"));
}

#[test]
fn a_trace_never_overwrites_the_module() {
    let scratch = Scratch::packed();
    std::fs::hard_link(scratch.path("packed.wasm"), scratch.path("hard.wasm")).unwrap();
    scratch.link("packed.wasm", "link.wasm");
    let before = scratch.read("packed.wasm");
    for trace in ["packed.wasm", "./packed.wasm", "hard.wasm", "link.wasm"] {
        let output = scratch.run(&format!("run --trace {trace} packed.wasm"));
        assert_failure(&output, 2, &["`packed.wasm`", trace, "another file"]);
        assert!(scratch.read("packed.wasm") == before);
    }
}

#[test]
fn each_path_is_listed_once_and_resolved() {
    let calls = [
        Probe::Stat("sub/copy.txt"),
        Probe::Open("sublink/../sub/./copy.txt", 0, READ),
        Probe::Open("sub//copy.txt", 0, READ),
        Probe::Open("link", 0, READ),
        Probe::Open("hello.txt", 0, READ),
        Probe::Stat("run.sh"),
        Probe::Stat("run.sh"),
        Probe::Stat("sub/empty/none"),
    ];
    let scratch = packed_with("_start", &calls, "-q");
    codes(&scratch, "run --trace used.txt packed.wasm");
    let expected = "\
# wasi-vfs trace: opened, in order
/usr/lib/sub/copy.txt
/usr/lib/hello.txt
# found and not opened, in order
/usr/lib/sublink/.
/usr/lib/link
/usr/lib/run.sh
/usr/lib/sub/empty/.
";
    assert_eq!(trace(&scratch), expected);
}

#[test]
fn an_opened_directory_is_listed_without_its_content() {
    let calls = [
        Probe::Open("sub", DIRECTORY, READ),
        Probe::Open(".", DIRECTORY, READ),
    ];
    let scratch = packed_with("_start", &calls, "-q");
    codes(&scratch, "run --trace used.txt packed.wasm");
    let text = trace(&scratch);
    assert!(text.contains("order\n/usr/lib/sub/.\n#"), "{text}");
}

#[test]
fn a_reactor_is_traced() {
    let calls = [Probe::Open("link", 0, READ), Probe::Unlink("none")];
    let scratch = packed_with("work", &calls, "-q");
    let run = "run --trace used.txt packed.wasm --invoke work";
    assert_eq!(codes(&scratch, run), [0, NOENT]);
    let text = trace(&scratch);
    assert!(text.contains("/usr/lib/hello.txt\n# "), "{text}");
    assert!(text.ends_with("\n/usr/lib/link\n"), "{text}");
}

/// The interpreter itself has no preopen then.
#[test]
fn a_program_without_its_image_finds_no_directory() {
    let scratch = packed_with("_start", &[Probe::Stat(".")], "-q");
    assert_eq!(codes(&scratch, "run app.wasm"), [BADF]);
}

#[test]
fn a_trace_lists_what_was_opened() {
    let scratch = Scratch::packed();
    let output = scratch.run("run --trace used.txt packed.wasm");
    assert_success(&output);
    assert_eq!(stdout(&output), "hello\n");
    let expected = "\
# wasi-vfs trace: opened, in order
/usr/lib/hello.txt
# found and not opened, in order
";
    assert_eq!(
        String::from_utf8(scratch.read("used.txt")).unwrap(),
        expected
    );
}

#[test]
fn a_trace_is_written_however_the_program_ends() {
    let scratch = Scratch::with_tree();
    // The program exits with the errno of what fails.
    assert_success(&scratch.run("pack app.wasm --dir lib/sub::/ -o packed.wasm"));
    let output = scratch.run("run --trace used.txt packed.wasm");
    assert_eq!(output.status.code(), Some(44), "{}", stderr(&output));
    assert!(!scratch.read("used.txt").is_empty());
    // Whether there is a trace, too.
    let output = scratch.run("run --trace /dev/full packed.wasm");
    assert_failure(&output, 44, &["/dev/full", "No space left"]);
}

#[test]
fn what_cannot_be_traced_leaves_no_trace() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("run --trace used.txt app.wasm");
    assert_error(&output, &["`app.wasm`", "holds no image"]);
    assert!(!scratch.path("used.txt").exists());
}
