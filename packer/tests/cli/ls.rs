//! `wasi-vfs ls`

use crate::scratch::*;
use std::fs::{File, FileTimes};
use std::time::{Duration, UNIX_EPOCH};

fn lines(scratch: &Scratch, arguments: &str) -> Vec<String> {
    let output = scratch.run(arguments);
    assert_success(&output);
    stdout(&output).lines().map(str::to_owned).collect()
}

#[test]
fn without_a_path_the_root_is_listed() {
    assert_eq!(lines(&Scratch::packed(), "ls packed.wasm"), ["usr"]);
}

#[test]
fn a_directory_is_listed_by_name() {
    let scratch = Scratch::packed();
    let expected = ["hello.txt", "link", "run.sh", "sub", "sublink"];
    for path in ["/usr/lib", "usr/lib", "/usr/lib/", "./usr//lib"] {
        let arguments = format!("ls packed.wasm {path}");
        assert_eq!(lines(&scratch, &arguments), expected, "{path}");
    }
}

#[test]
fn files_are_listed_by_the_given_path() {
    let listed = lines(&Scratch::packed(), "ls packed.wasm ./usr/lib/hello.txt");
    assert_eq!(listed, ["./usr/lib/hello.txt"]);
}

#[test]
fn links_to_directories_are_followed() {
    let listed = lines(&Scratch::packed(), "ls packed.wasm usr/lib/sublink");
    assert_eq!(listed, ["copy.txt", "empty"]);
}

#[test]
fn several_paths_get_headings_and_files_come_first() {
    let arguments = "ls packed.wasm usr/lib/sub usr usr/lib/link";
    let expected = [
        "usr/lib/link",
        "",
        "usr/lib/sub:",
        "copy.txt",
        "empty",
        "",
        "usr:",
        "lib",
    ];
    assert_eq!(lines(&Scratch::packed(), arguments), expected);
}

#[test]
fn recursion_lists_every_directory_under_its_path() {
    let expected = [
        "usr:",
        "lib",
        "", //
        "usr/lib:",
        "hello.txt",
        "link",
        "run.sh",
        "sub",
        "sublink",
        "", //
        "usr/lib/sub:",
        "copy.txt",
        "empty",
        "", //
        "usr/lib/sub/empty:",
    ];
    assert_eq!(lines(&Scratch::packed(), "ls -R packed.wasm usr"), expected);
}

#[test]
fn long_lines_show_kind_size_time_and_target() {
    let scratch = Scratch::with_tree();
    let time = FileTimes::new().set_modified(UNIX_EPOCH + Duration::new(951_782_400, 5));
    for name in ["lib/hello.txt", "lib/run.sh"] {
        File::open(scratch.path(name))
            .unwrap()
            .set_times(time)
            .unwrap();
    }
    assert_success(&scratch.run("pack app.wasm --dir lib::/ -o packed.wasm"));
    let listed = lines(&scratch, "ls -l packed.wasm");
    assert_eq!(listed[0], "-r--  6  3 2000-02-29T00:00:00Z hello.txt");
    assert!(listed[1].starts_with("lr-x  -  - "), "{}", listed[1]);
    assert!(listed[1].ends_with("Z link -> hello.txt"), "{}", listed[1]);
    assert_eq!(listed[2], "-r-x 10 10 2000-02-29T00:00:00Z run.sh");
    assert!(listed[3].starts_with("dr-x  -  - "), "{}", listed[3]);
}

#[test]
fn long_lines_have_units_on_request() {
    let scratch = Scratch::image();
    let listed = lines(&scratch, "ls -l --human-readable tree.wvfs usr/lib");
    let long = listed
        .iter()
        .find(|line| line.ends_with("long.txt"))
        .unwrap();
    assert!(long.contains(" 14.0 kB "), "{long}");
    let output = scratch.run("ls --human-readable tree.wvfs");
    assert_failure(&output, 2, &["--long"]);
}

#[test]
fn json_has_the_documented_fields() {
    let scratch = Scratch::with_tree();
    let time = FileTimes::new().set_modified(UNIX_EPOCH + Duration::new(951_782_400, 5));
    let file = File::open(scratch.path("lib/hello.txt")).unwrap();
    file.set_times(time).unwrap();
    assert_success(&scratch.run("pack app.wasm --dir lib::/lib -o packed.wasm"));
    let output = scratch.run("ls --json packed.wasm lib/hello.txt lib");
    assert_success(&output);
    let listed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = serde_json::json!({
        "path": "/lib/hello.txt",
        "kind": "file",
        "size": 6,
        "stored": 3,
        "executable": false,
        "mtime": "2000-02-29T00:00:00.000000005Z",
    });
    assert_eq!(listed[0], file);
    assert_eq!(listed[1], file);
    assert_eq!(listed[2]["kind"], "symlink");
    assert_eq!(listed[2]["target"], "hello.txt");
    assert_eq!(listed[4]["kind"], "directory");
    assert_eq!(listed[4]["path"], "/lib/sub");
    assert_eq!(listed.as_array().unwrap().len(), 6);
}

#[test]
fn json_of_an_empty_directory_is_an_empty_array() {
    let scratch = Scratch::packed();
    let listed = lines(&scratch, "ls --json packed.wasm usr/lib/sub/empty");
    assert_eq!(listed, ["[]"]);
}

#[test]
fn missing_paths_are_named_and_others_listed() {
    let output = Scratch::packed().run("ls packed.wasm none usr");
    assert_error(&output, &["`none`", "no such file or directory"]);
    assert_eq!(stdout(&output), "usr:\nlib\n");
}

#[test]
fn the_module_may_come_from_standard_input() {
    let scratch = Scratch::packed();
    let output = scratch.run_on(&scratch.read("packed.wasm"), "ls - usr");
    assert_success(&output);
    assert_eq!(stdout(&output), "lib\n");
}

#[test]
fn a_file_that_shares_its_bytes_shares_their_cost() {
    let scratch = Scratch::image();
    let stored = |path: &str| {
        let output = scratch.run(&format!("ls --json tree.wvfs {path}"));
        let listed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        listed[0]["stored"].as_u64().unwrap()
    };
    assert_eq!(stored("usr/lib/hello.txt"), stored("usr/lib/sub/copy.txt"));
    assert!(stored("usr/lib/long.txt") < 400 * 35 / 4);
}

#[test]
fn patterns_list_their_matches() {
    let scratch = Scratch::packed();
    let listed = lines(&scratch, "ls packed.wasm /usr/lib/*.{txt,sh}");
    assert_eq!(listed, ["/usr/lib/hello.txt", "/usr/lib/run.sh"]);
    let listed = lines(&scratch, "ls packed.wasm **/copy.txt");
    assert_eq!(listed, ["/usr/lib/sub/copy.txt"]);
    let output = scratch.run("ls packed.wasm *.none");
    assert_error(&output, &["`*.none`", "no such file"]);
    let output = scratch.run("ls packed.wasm [");
    assert_failure(&output, 2, &["pattern `[`"]);
}

#[test]
fn existing_names_are_no_patterns() {
    let scratch = Scratch::with_tree();
    scratch.write("lib/[a]", b"");
    scratch.write("lib/a", b"");
    assert_success(&scratch.run("pack app.wasm --dir lib::/ -o packed.wasm"));
    assert_eq!(lines(&scratch, "ls packed.wasm [a]"), ["[a]"]);
}

#[test]
fn a_tree_is_drawn_with_branches() {
    let listed = lines(&Scratch::packed(), "ls --tree packed.wasm usr/lib");
    let expected = [
        "usr/lib",
        "├── hello.txt",
        "├── link",
        "├── run.sh",
        "├── sub",
        "│   ├── copy.txt",
        "│   └── empty",
        "└── sublink",
    ];
    assert_eq!(listed, expected);
}

#[test]
fn a_long_tree_has_columns_before_the_branches() {
    let scratch = Scratch::with_tree();
    scratch.fix_times("lib");
    assert_success(&scratch.run("image --dir lib::/usr/lib -o tree.wvfs"));
    let listed = lines(&scratch, "ls -lt tree.wvfs usr/lib");
    assert_eq!(listed[1], "-r--  6  3 2000-02-29T00:00:00Z ├── hello.txt");
    assert_eq!(
        listed[2],
        "lr-x  -  - 2000-02-29T00:00:00Z ├── link -> hello.txt"
    );
}
