//! Patterns of `pack`: exclusion, selection and order.

use crate::app;
use crate::scratch::*;
use std::fs;

/// The paths in `module` relative to `/usr/lib`.
#[track_caller]
fn packed_paths(scratch: &Scratch, module: &str) -> Vec<String> {
    let output = scratch.run(&format!("ls -R --json {module} /usr/lib"));
    assert_success(&output);
    let entries: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let entries = entries.as_array().unwrap().iter();
    let paths = entries.filter_map(|entry| entry["path"].as_str()?.strip_prefix("/usr/lib/"));
    let mut paths: Vec<_> = paths.map(str::to_owned).collect();
    paths.sort();
    paths
}

/// Packs `lib` at `/usr/lib` with `options`, whose patterns all match, and lists it.
#[track_caller]
fn pack(scratch: &Scratch, options: &str) -> Vec<String> {
    let pack = format!("pack --quiet app.wasm --dir lib::/usr/lib -o out.wasm {options}");
    let output = scratch.run(pack.trim());
    assert_success(&output);
    let said = stderr(&output);
    assert!(
        !said.contains("excluded nothing") && !said.contains("not in"),
        "{said}"
    );
    packed_paths(scratch, "out.wasm")
}

const ALL: [&str; 7] = [
    "hello.txt",
    "link",
    "run.sh",
    "sub",
    "sub/copy.txt",
    "sub/empty",
    "sublink",
];

#[test]
fn excluded_paths_are_guest_paths_or_names() {
    let scratch = Scratch::with_tree();
    for (pattern, excluded) in [
        ("/usr/lib/sub", &ALL[3..6]),
        ("sub/copy.txt", &ALL[4..5]),
        ("/usr/*/{run,sub}*", &ALL[2..7]),
        ("lib/run.sh", &ALL[2..3]),
    ] {
        let mut expected = ALL.to_vec();
        expected.retain(|path| !excluded.contains(path));
        let mut packed = pack(&scratch, &format!("--exclude {pattern} --exclude link"));
        packed.push("link".to_owned());
        packed.sort();
        assert_eq!(packed, expected, "{pattern}");
    }
}

#[test]
fn patterns_of_a_file_come_before_those_of_options() {
    let scratch = Scratch::with_tree();
    scratch.write("list", b"\xef\xbb\xbf# not needed\r\n*.txt\r\n\r\nlink\r\n");
    let packed = pack(&scratch, "--exclude !copy.txt --exclude-from list");
    assert_eq!(
        packed,
        ["run.sh", "sub", "sub/copy.txt", "sub/empty", "sublink"]
    );
}

#[test]
fn unusable_pattern_files_are_named() {
    let scratch = Scratch::with_tree();
    let pack = "pack app.wasm --dir lib::/ --exclude-from list -o out.wasm";
    assert_error(&scratch.run(pack), &["`list`"]);
    scratch.write("list", b"caf\xe9");
    assert_error(&scratch.run(pack), &["`list` is not UTF-8"]);
    scratch.write("list", b"[a");
    assert_failure(&scratch.run(pack), 2, &["pattern `[a`"]);
}

#[test]
fn ignored_files_are_excluded_on_request() {
    let scratch = Scratch::with_tree();
    scratch.write("lib/.gitignore", b"*.sh\n/sub/\nlink\n");
    fs::create_dir(scratch.path("lib/.git")).unwrap();
    assert_eq!(pack(&scratch, "").len(), ALL.len() + 2);
    let packed = pack(&scratch, "--gitignore");
    assert_eq!(packed, [".gitignore", "hello.txt", "sublink"]);
    let packed = pack(
        &scratch,
        "--gitignore --exclude !run.sh --exclude .gitignore",
    );
    assert_eq!(packed, ["hello.txt", "run.sh", "sublink"]);
}

#[test]
fn listed_directories_and_patterns_are_kept() {
    let scratch = Scratch::with_tree();
    for (list, expected) in [
        ("/usr/lib/sub\n", &ALL[3..6]),
        ("usr/lib/*.{txt,sh}\n", &["hello.txt", "run.sh"]),
        ("**/copy.txt\n", &ALL[3..5]),
        ("/usr/lib/su*/\n/usr/lib/run.sh\n", &ALL[2..6]),
    ] {
        scratch.write("list", list.as_bytes());
        assert_eq!(pack(&scratch, "--only list"), expected, "{list}");
    }
    scratch.write("list", b"/usr/lib/*.txt\n/usr/none/*\n");
    let output = scratch.run("pack app.wasm --dir lib::/usr/lib --only list -o out.wasm");
    assert!(stderr(&output).contains("1 listed path not in the tree: /usr/none/*"));
    scratch.write("list", b"/usr/[\n");
    let output = scratch.run("pack app.wasm --dir lib::/usr/lib --only list -o out.wasm");
    assert_failure(&output, 2, &["pattern `/usr/[`"]);
}

#[test]
fn ordered_directories_and_patterns_come_first() {
    let scratch = Scratch::with_tree();
    scratch.write("lib/sub/last.txt", b"the last file\n");
    for list in ["/usr/lib/sub\n", "**/la*\n"] {
        scratch.write("list", list.as_bytes());
        pack(&scratch, "--order-by list");
        let dump = stdout(&scratch.run("dump out.wasm"));
        let last = dump.find("\"last.txt\" in").unwrap();
        let line = dump[last..].lines().next().unwrap().to_owned();
        let first =
            line.contains(" at 0 of") || list.starts_with("/usr") && line.contains(" at 6 of");
        assert!(first, "{list}{line}");
    }
}

#[test]
fn traced_directories_do_not_keep_their_content() {
    let scratch = Scratch::with_tree();
    scratch.write("app.wasm", &app::opens_directory("sublink"));
    pack(&scratch, "");
    assert_success(&scratch.run("run --trace used out.wasm"));
    let used = String::from_utf8(scratch.read("used")).unwrap();
    assert!(used.contains("\n/usr/lib/sublink/.\n"), "{used}");
    assert_success(&scratch.run("pack out.wasm --only used -o small.wasm"));
    assert_eq!(packed_paths(&scratch, "small.wasm"), ["sub", "sublink"]);
    assert_success(&scratch.run("run small.wasm"));
}

#[test]
fn every_command_reads_patterns_alike() {
    let scratch = Scratch::packed();
    scratch.write("list", b"/usr/*/{run,none}.sh\n");
    let listed = stdout(&scratch.run("ls packed.wasm /usr/*/{run,none}.sh"));
    assert_eq!(listed, "/usr/lib/run.sh\n");
    let read = stdout(&scratch.run("cat packed.wasm /usr/*/{run,none}.sh"));
    assert_eq!(read, "#!/bin/sh\n");
    assert_success(&scratch.run("extract packed.wasm -o tree /usr/*/{run,none}.sh"));
    assert!(scratch.path("tree/usr/lib/run.sh").exists());
    assert_eq!(pack(&scratch, "--only list"), ["run.sh"]);
    assert!(!pack(&scratch, "--exclude-from list").contains(&"run.sh".to_owned()));
}
