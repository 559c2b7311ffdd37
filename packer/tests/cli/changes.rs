//! Images of changes: how commands show and apply them.

use crate::scratch::*;
use wasi_vfs_format::testing::{Change, changed, changes};

/// `packed.wasm`, and `changes.wvfs` of a program in it: it removed `run.sh` and `sub`,
/// changed `hello.txt`, and made `new` and a link to that file.
fn scratch() -> Scratch {
    let scratch = Scratch::packed();
    let lib = changed([
        ("hello.txt", Change::File(b"changed\n".to_vec())),
        ("new", Change::File(b"new\n".to_vec())),
        ("newer", Change::Link("/usr/lib/new".to_owned())),
        ("run.sh", Change::Removed),
        ("sub", Change::Removed),
    ]);
    let bytes = changes([("usr", changed([("lib", lib)]))]);
    scratch.write("changes.wvfs", &bytes);
    scratch
}

const DIFFERENCES: &str = "\
added    /usr/lib/new
added    /usr/lib/newer
removed  /usr/lib/run.sh
removed  /usr/lib/sub
removed  /usr/lib/sub/copy.txt
removed  /usr/lib/sub/empty
changed  /usr/lib/hello.txt (content)
";

#[test]
fn ls_marks_removed_names() {
    let output = scratch().run("ls changes.wvfs /usr/lib");
    assert_success(&output);
    let expected = "hello.txt\nnew\nnewer\nrun.sh (removed)\nsub (removed)\n";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn json_names_the_kind_and_the_file_of_a_link() {
    let output = scratch().run("ls -R --json changes.wvfs");
    assert_success(&output);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let entry = |path: &str| {
        let entries = json.as_array().unwrap();
        let found = entries.iter().find(|entry| entry["path"] == path);
        found.unwrap().clone()
    };
    assert_eq!(entry("/usr/lib/sub")["kind"], "removed");
    assert_eq!(entry("/usr/lib/newer")["kind"], "file");
    assert_eq!(entry("/usr/lib/newer")["link"], "/usr/lib/new");
}

#[test]
fn cat_reads_changed_files_and_explains_removed_ones() {
    let scratch = scratch();
    let output = scratch.run("cat changes.wvfs /usr/lib/newer /usr/lib/hello.txt");
    assert_success(&output);
    assert_eq!(stdout(&output), "new\nchanged\n");
    let output = scratch.run("cat changes.wvfs /usr/lib/run.sh");
    assert_failure(&output, 1, &["the program removed it"]);
}

#[test]
fn verify_finds_a_whole_image() {
    let output = scratch().run("verify changes.wvfs");
    assert_success(&output);
    let expected = "\
not checked: the digests, since an image of changes has none
changes.wvfs: whole: 8 objects, 1 block
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn info_counts_removed_names() {
    let output = scratch().run("info --json changes.wvfs");
    assert_success(&output);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["tree"]["removed"], 2);
    assert_eq!(json["tree"]["symlinks"], 0);
}

#[test]
fn extract_leaves_out_removed_names_and_says_so() {
    let scratch = scratch();
    let output = scratch.run("extract changes.wvfs -o out");
    assert_success(&output);
    assert!(stderr(&output).contains("not extracted: 2 removed names"));
    assert_eq!(scratch.read("out/usr/lib/newer"), b"new\n");
    assert!(!scratch.path("out/usr/lib/sub").exists());
}

#[test]
fn diff_applies_changes_first() {
    let output = scratch().run("diff packed.wasm changes.wvfs");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(stdout(&output), DIFFERENCES);
}

#[test]
fn pack_applies_changes_to_the_packed_module() {
    let scratch = scratch();
    let output = scratch.run("pack packed.wasm --from changes.wvfs -o updated.wasm");
    assert_success(&output);
    let applied = scratch.run("diff packed.wasm changes.wvfs");
    let packed = scratch.run("diff packed.wasm updated.wasm");
    assert_eq!(stdout(&packed), stdout(&applied));
    let output = scratch.run("diff --times updated.wasm changes.wvfs");
    assert_success(&output);
    let output = scratch.run("cat updated.wasm /usr/lib/newer /usr/lib/hello.txt");
    assert_eq!(stdout(&output), "new\nchanged\n");
}

#[test]
fn changes_apply_to_the_image_before_them() {
    let scratch = scratch();
    let output = scratch.run("image --from packed.wasm --from changes.wvfs -o new.wvfs");
    assert_success(&output);
    let output = scratch.run("diff --times new.wvfs changes.wvfs");
    assert_success(&output);
}

#[test]
fn changes_need_an_image_to_change() {
    let scratch = scratch();
    let text = "`changes.wvfs` has only the changes of a program";
    for arguments in [
        "pack app.wasm --from changes.wvfs -o out.wasm",
        "image --from changes.wvfs -o out.wvfs",
    ] {
        let output = scratch.run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(text), "{}", stderr(&output));
    }
}

#[test]
fn removed_paths_that_are_missing_are_a_warning() {
    let scratch = scratch();
    scratch.write("none.wvfs", &changes([("none", Change::Removed)]));
    let output = scratch.run("pack packed.wasm --from none.wvfs -o updated.wasm");
    assert_success(&output);
    let text = "they remove paths that it does not have: /none";
    assert!(stderr(&output).contains(text), "{}", stderr(&output));
}

#[test]
fn changes_of_a_mounted_directory_are_an_error() {
    let scratch = scratch();
    let bytes = changes([("usr", changed([("lib", Change::Removed)]))]);
    scratch.write("wrong.wvfs", &bytes);
    let output = scratch.run("pack packed.wasm --from wrong.wvfs -o updated.wasm");
    assert_failure(&output, 1, &["the changes remove a mounted directory"]);
}
