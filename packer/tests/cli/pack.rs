//! `wasi-vfs pack`

use crate::scratch::*;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;

fn listing(scratch: &Scratch, module: &str) -> String {
    let output = scratch.run(&format!("ls -R {module}"));
    assert_success(&output);
    stdout(&output)
}

/// Packing `lib` fails with `words` and leaves nothing behind.
#[track_caller]
fn assert_refused(scratch: &Scratch, words: &[&str]) {
    let before = scratch.names();
    let output = scratch.run("pack app.wasm --dir lib::/ -o out.wasm");
    assert_error(&output, words);
    assert_eq!(scratch.names(), before);
}

#[test]
fn summary_is_one_line() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("pack app.wasm --dir lib::/ -o out.wasm");
    assert_success(&output);
    let said = stderr(&output);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with("out.wasm: 3 files, 22 B stored in 16 B "),
        "{said}"
    );
    assert!(said.contains("6 B saved by deduplication"), "{said}");
}

#[test]
fn kind_of_memory_is_chosen_kept_and_printed() {
    let scratch = Scratch::with_tree();
    let pack = |arguments: &str| {
        let output = scratch.run(&format!("pack {arguments}"));
        assert_success(&output);
        stderr(&output)
    };
    let kind = |module: &str| {
        let output = scratch.run(&format!("info {module}"));
        assert_success(&output);
        stdout(&output).lines().next().unwrap_or("").to_owned()
    };
    let said = pack("app.wasm --dir lib::/ --memory single -o single.wasm");
    assert!(said.contains("merged, single memory"), "{said}");
    pack("single.wasm --dir lib::/b -o kept.wasm");
    assert_eq!(kind("kept.wasm"), "kept.wasm: merged, single memory");
    pack("kept.wasm --memory=separate -o other.wasm");
    assert_eq!(kind("other.wasm"), "other.wasm: merged, separate memory");
    let output = scratch.run("run kept.wasm");
    assert_eq!(stdout(&output), stdout(&scratch.run("run other.wasm")));
    let output = scratch.run("pack app.wasm --dir lib::/ --memory two -o out.wasm");
    assert_failure(&output, 2, &["two", "separate", "single"]);
}

#[test]
fn quiet_says_nothing() {
    let output = Scratch::with_tree().run("pack -q app.wasm --dir lib::/ -o out.wasm");
    assert_success(&output);
    assert_eq!(stderr(&output), "");
}

#[test]
fn both_spellings_of_a_mapping_may_be_mixed() {
    let scratch = Scratch::with_tree();
    let arguments = "pack app.wasm --mapdir /a::lib/sub --dir lib/sub::/b -o out.wasm";
    assert_success(&scratch.run(arguments));
    assert_eq!(stdout(&scratch.run("ls out.wasm")), "a\nb\n");
}

#[test]
fn a_mapping_without_separator_is_wrong_usage() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("pack app.wasm --dir lib -o out.wasm");
    assert_failure(&output, 2, &["HOST::GUEST", "`lib::/lib`"]);
    let output = scratch.run("pack app.wasm --mapdir lib -o out.wasm");
    assert_failure(&output, 2, &["GUEST::HOST", "`/lib::lib`"]);
}

#[test]
fn a_guest_path_with_dot_dot_is_wrong_usage() {
    let output = Scratch::with_tree().run("pack app.wasm --dir lib::/a/../b -o out.wasm");
    assert_failure(&output, 2, &["`/a/../b`", "`..`"]);
}

#[test]
fn levels_and_block_sizes_out_of_range_are_rejected() {
    let scratch = Scratch::with_tree();
    let pack =
        |option: &str| scratch.run(&format!("pack app.wasm --dir lib::/ {option} -o out.wasm"));
    for level in ["0", "23", "abc"] {
        let output = pack(&format!("--compress={level}"));
        assert_failure(&output, 2, &[level, "from 1 to 22"]);
    }
    assert_failure(&pack("--compress --no-compress"), 2, &["--no-compress"]);
    assert_failure(&pack("--block-size=64KB"), 2, &["64KiB"]);
    assert_failure(&pack("--block-size=3K"), 2, &["'3K'", "power of two"]);
    assert_failure(&pack("--block-size=2M"), 2, &["'2M'", "from 4K to 1M"]);
    assert_success(&pack("--compress=1 --block-size=4K"));
}

#[test]
fn without_a_directory_there_is_nothing_to_pack() {
    let output = Scratch::with_tree().run("pack app.wasm -o out.wasm");
    assert_failure(&output, 2, &["nothing to pack", "--dir HOST::GUEST"]);
}

#[test]
fn a_mapped_directory_must_exist() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("pack app.wasm --dir none::/ -o out.wasm");
    assert_error(&output, &["`none` does not exist"]);
    assert!(!scratch.path("out.wasm").exists());
}

#[test]
fn mapped_loops_of_links_are_errors() {
    let scratch = Scratch::with_tree();
    scratch.link("loop", "loop");
    let output = scratch.run("pack app.wasm --dir loop::/ -o out.wasm");
    assert_error(&output, &["`loop`"]);
}

#[test]
fn special_files_are_rejected_with_their_kind() {
    let scratch = Scratch::with_tree();
    let path = scratch.path("lib/pipe");
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    assert_refused(&scratch, &["`lib/pipe` is a FIFO", "exclude it"]);
    let arguments = "pack app.wasm --dir lib::/ --exclude pipe -o out.wasm";
    assert_success(&scratch.run(arguments));
}

#[test]
fn names_that_are_not_utf8_are_rejected() {
    let scratch = Scratch::with_tree();
    let name = OsString::from_vec(b"caf\xe9".to_vec());
    fs::write(scratch.path("lib").join(name), "").unwrap();
    assert_refused(&scratch, &["lib/caf", "not UTF-8", "exclude it"]);
}

#[test]
fn excluded_files_are_left_out() {
    let scratch = Scratch::with_tree();
    let arguments = "pack app.wasm --dir lib::/ --exclude *.txt --exclude !copy.txt -o out.wasm";
    assert_success(&scratch.run(arguments));
    let listed = listing(&scratch, "out.wasm");
    assert!(listed.contains("copy.txt"), "{listed}");
    assert!(!listed.contains("hello.txt"), "{listed}");
}

#[test]
fn a_broken_pattern_is_named() {
    let output = Scratch::with_tree().run("pack app.wasm --dir lib::/ --exclude [a -o out.wasm");
    assert_failure(&output, 2, &["`[a`"]);
}

#[test]
fn a_failure_leaves_the_old_output_as_it_was() {
    let scratch = Scratch::with_tree();
    scratch.write("out.wasm", b"old");
    scratch.run("pack app.wasm --dir none::/ -o out.wasm");
    assert_eq!(scratch.read("out.wasm"), b"old");
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("pack app.wasm --dir lib::/ -o none/out.wasm");
    assert_error(&output, &["`none/out.wasm`", "`none` does not exist"]);
    let output = scratch.run("pack app.wasm --dir lib::/ -o lib");
    assert_error(&output, &["`lib`", "it is a directory"]);
}

#[test]
fn the_output_may_be_the_input() {
    let scratch = Scratch::with_tree();
    assert_success(&scratch.run("pack app.wasm --dir lib::/ -o other.wasm"));
    assert_success(&scratch.run("pack app.wasm --dir lib::/ -o app.wasm"));
    assert_eq!(scratch.read("app.wasm"), scratch.read("other.wasm"));
    assert_eq!(scratch.names(), ["app.wasm", "lib", "other.wasm"]);
}

#[test]
fn packing_again_adds_no_byte() {
    let scratch = Scratch::packed();
    assert_success(&scratch.run("pack packed.wasm --dir lib::/usr/lib -o again.wasm"));
    assert_eq!(scratch.read("again.wasm"), scratch.read("packed.wasm"));
    assert_success(&scratch.run("pack packed.wasm -o again.wasm"));
    assert_eq!(scratch.read("again.wasm"), scratch.read("packed.wasm"));
}

#[test]
fn packing_again_writes_one_image_with_both_trees() {
    let scratch = Scratch::packed();
    assert_success(&scratch.run("pack packed.wasm --dir lib/sub::/etc -o both.wasm"));
    let arguments = "pack app.wasm --dir lib::/usr/lib --dir lib/sub::/etc -o at_once.wasm";
    assert_success(&scratch.run(arguments));
    assert_eq!(
        listing(&scratch, "both.wasm"),
        listing(&scratch, "at_once.wasm")
    );
    assert_eq!(scratch.read("both.wasm"), scratch.read("at_once.wasm"));
}

#[test]
fn a_directory_mapped_again_is_replaced() {
    let scratch = Scratch::packed();
    assert_success(&scratch.run("pack packed.wasm --dir lib/sub::/usr/lib -o out.wasm"));
    let output = scratch.run("ls out.wasm /usr/lib");
    assert_eq!(stdout(&output), "copy.txt\nempty\n");
}

#[test]
fn modules_pass_through_pipes() {
    let scratch = Scratch::with_tree();
    let app = scratch.read("app.wasm");
    let output = scratch.run_on(&app, "pack - --dir lib::/usr/lib -o -");
    assert_success(&output);
    let packed = Scratch::packed();
    assert_eq!(output.stdout.len(), packed.read("packed.wasm").len());
    assert_eq!(scratch.names(), ["app.wasm", "lib"]);
}

#[test]
fn an_image_by_itself_needs_no_module() {
    let scratch = Scratch::with_tree();
    let output = scratch.run("image --dir lib::/usr/lib -o tree.wvfs");
    assert_success(&output);
    assert!(
        stderr(&output).contains("an image by itself"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        listing(&scratch, "tree.wvfs"),
        listing(&Scratch::packed(), "packed.wasm")
    );
}

#[test]
fn images_and_modules_have_commands_of_their_own() {
    let scratch = Scratch::with_tree();
    for arguments in [
        "image app.wasm --dir lib::/ -o tree.wvfs",
        "image --dir lib::/ -o tree.wvfs -o out.wasm",
        "image --dir lib::/",
        "pack --dir lib::/ -o out.wasm",
        "pack app.wasm --dir lib::/",
        "image --dir lib::/ --memory single -o tree.wvfs",
    ] {
        assert_failure(&scratch.run(arguments), 2, &[]);
    }
}

#[test]
fn single_images_are_embedded_unchanged() {
    let scratch = Scratch::image();
    assert_success(&scratch.run("pack app.wasm --from tree.wvfs -o out.wasm"));
    assert_success(&scratch.run("image --from out.wasm -o again.wvfs"));
    assert!(scratch.read("tree.wvfs") == scratch.read("again.wvfs"));
    let arguments = "pack app.wasm --dir lib::/usr/lib --compress --block-size 4K -o direct.wasm";
    assert_success(&scratch.run(arguments));
    assert!(scratch.read("out.wasm") == scratch.read("direct.wasm"));
}

#[test]
fn images_and_directories_form_one_tree() {
    let scratch = Scratch::image();
    let arguments = "pack app.wasm --from tree.wvfs --dir lib/sub::/etc -o out.wasm";
    assert_success(&scratch.run(arguments));
    assert_eq!(stdout(&scratch.run("ls out.wasm")), "etc\nusr\n");
    // The directories in the module stay.
    assert_success(&scratch.run("image --dir lib/sub::/opt -o opt.wvfs"));
    assert_success(&scratch.run("pack out.wasm --from opt.wvfs -o out.wasm"));
    assert_eq!(stdout(&scratch.run("ls out.wasm")), "etc\nopt\nusr\n");
}

#[test]
fn files_that_are_no_image_are_rejected() {
    let scratch = Scratch::with_tree();
    let before = scratch.names();
    let output = scratch.run("pack app.wasm --from app.wasm -o out.wasm");
    assert_error(&output, &["the files of `app.wasm`", "holds no image"]);
    assert_eq!(scratch.names(), before);
}

#[test]
fn hidden_files_and_directories_are_named() {
    let scratch = Scratch::image();
    assert_success(&scratch.run("image --dir lib/sub::/usr/lib -o other.wvfs"));
    let output = scratch.run("image --from tree.wvfs --from other.wvfs -o out.wvfs");
    assert_success(&output);
    let said = stderr(&output);
    assert!(said.contains("hides them: /usr/lib\n"), "{said}");
    // A link, and a file.
    let dirs = "--dir lib::/ --dir lib/sub::/sublink/a --dir lib/sub::/hello.txt --dir lib::/sub";
    let output = scratch.run(&format!("image {dirs} -o out.wvfs"));
    let said = stderr(&output);
    assert!(
        said.contains("hides them: /hello.txt, /sub, /sublink\n"),
        "{said}"
    );
    let output = scratch.run("image --from tree.wvfs -o out.wvfs");
    assert!(!stderr(&output).contains("warning"), "{}", stderr(&output));
}

#[test]
fn patterns_without_a_directory_are_rejected() {
    let scratch = Scratch::packed();
    let pack = "pack packed.wasm --exclude hello.txt -o out.wasm";
    assert_failure(&scratch.run(pack), 2, &["nothing to exclude", "--only"]);
    let pack = "image --from packed.wasm --exclude [ -o out";
    assert_failure(&scratch.run(pack), 2, &["pattern `[`"]);
}

#[test]
fn images_passed_as_a_module_are_rejected() {
    let scratch = Scratch::image();
    for arguments in [
        "pack tree.wvfs --dir lib::/lib -o out.wasm",
        "pack tree.wvfs -o out.wasm",
    ] {
        assert_error(
            &scratch.run(arguments),
            &["is an image, expected a module", "--from"],
        );
    }
}

#[test]
fn damaged_images_are_not_embedded() {
    let scratch = Scratch::image();
    let mut bytes = scratch.read("tree.wvfs");
    let payload = wasi_vfs_format::Parts::split(&bytes).unwrap().index.len();
    bytes[payload + 9] ^= 1;
    scratch.write("bad.wvfs", &bytes);
    let output = scratch.run("image --from bad.wvfs -o out.wvfs");
    assert_error(&output, &["block 0 is damaged"]);
    assert!(!scratch.path("out.wvfs").exists());
}

#[test]
fn only_listed_files_and_links_to_them_are_kept() {
    let scratch = Scratch::packed();
    scratch.write("list", b"# by hand\n/usr/lib/sublink/copy.txt\n/usr/none\n");
    let output = scratch.run("pack packed.wasm --only list -o small.wasm");
    assert_success(&output);
    let said = stderr(&output);
    assert!(said.starts_with("warning: 1 listed path not in the tree: /usr/none\n"));
    assert!(said.contains("2 files (16 B) left out"), "{said}");
    let listed = stdout(&scratch.run("ls --tree small.wasm /usr/lib"));
    let expected = "/usr/lib\n├── sub\n│   └── copy.txt\n└── sublink\n";
    assert_eq!(listed, expected);
    let info = stdout(&scratch.run("info small.wasm"));
    assert!(info.contains("left out by --only: 2 files, 16 B"), "{info}");
    let info = stdout(&scratch.run("info --json small.wasm"));
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(
        info["left_out"],
        serde_json::json!({ "files": 2, "raw": 16 })
    );
    assert_success(&scratch.run("verify small.wasm"));
}

#[test]
fn traced_files_are_enough_for_the_program() {
    let scratch = Scratch::packed();
    assert_success(&scratch.run("run --trace used packed.wasm"));
    assert_success(&scratch.run("pack packed.wasm --only used -o small.wasm"));
    let output = scratch.run("run small.wasm");
    assert_success(&output);
    assert_eq!(stdout(&output), "hello\n");
}

#[test]
fn lists_that_keep_nothing_are_rejected() {
    let scratch = Scratch::with_tree();
    scratch.write("list", b"lib/hello.txt\n");
    let output = scratch.run("pack app.wasm --dir lib::/usr --only list -o out.wasm");
    assert_error(
        &output,
        &["none of the 1 paths", "`lib/hello.txt`", "guest paths"],
    );
    assert!(!scratch.path("out.wasm").exists());
}

#[test]
fn listed_files_are_stored_first_and_in_order() {
    let scratch = Scratch::with_tree();
    scratch.write("list", b"/sublink/../run.sh\n/link\n");
    scratch.write("lib/a.a", b"first otherwise");
    assert_success(&scratch.run("image --dir lib::/ --order-by list -o tree.wvfs"));
    let dump = stdout(&scratch.run("dump tree.wvfs"));
    for found in [
        "\"run.sh\" in 0, program of 10 bytes at 0 of the content",
        "\"hello.txt\" in 0, file of 6 bytes at 10 of the content",
        "\"a.a\" in 0, file of 15 bytes at 16 of the content",
    ] {
        assert!(dump.contains(found), "{found}\n{dump}");
    }
    assert_success(&scratch.run("verify tree.wvfs"));
    // The order does not change the digest.
    assert_success(&scratch.run("image --dir lib::/ -o plain.wvfs"));
    assert_success(&scratch.run("diff --times tree.wvfs plain.wvfs"));
}

#[test]
fn empty_lists_keep_no_file() {
    let scratch = Scratch::with_tree();
    scratch.write("list", b"# nothing\n");
    let output = scratch.run("pack app.wasm --dir lib::/ --only list -o out.wasm");
    assert_success(&output);
    assert!(stderr(&output).contains("keep no file"));
    let output = scratch.run("pack app.wasm --dir lib::/ --order-by list -o out.wasm --strict");
    assert_success(&output);
}

#[test]
fn an_unreadable_list_names_its_option() {
    let scratch = Scratch::with_tree();
    for option in ["--only", "--order-by", "--exclude-from"] {
        let output = scratch.run(&format!(
            "pack app.wasm --dir lib::/ {option} none -o out.wasm"
        ));
        assert_error(&output, &["`none`", option]);
    }
}

#[test]
fn no_output_replaces_a_list_or_archive() {
    let scratch = Scratch::with_tree();
    scratch.write("list", b"/hello.txt\n");
    for command in ["pack app.wasm", "image"] {
        for option in ["--only", "--order-by", "--exclude-from", "--tar"] {
            let list = if option == "--tar" {
                "list::/tar"
            } else {
                "list"
            };
            let output = scratch.run(&format!("{command} --dir lib::/ {option} {list} -o ./list"));
            assert_failure(&output, 2, &["`./list`", "another file"]);
            assert_eq!(scratch.read("list"), b"/hello.txt\n");
        }
    }
}

#[test]
fn verbose_prints_statistics() {
    let output = Scratch::with_tree().run("pack --verbose app.wasm --dir lib::/ -o out.wasm");
    assert_success(&output);
    let said = stderr(&output);
    let value = |name: &str| {
        let line = said
            .lines()
            .find(|line| line.trim_start().starts_with(name));
        line.and_then(|line| line.split(' ').next_back()?.parse::<u64>().ok())
    };
    assert_eq!(value("files"), Some(3), "{said}");
    assert_eq!(value("same as another"), Some(1), "{said}");
    assert_eq!(value("symbolic links"), Some(2), "{said}");
}
