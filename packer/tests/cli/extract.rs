//! `wasi-vfs extract`

use crate::scratch::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

#[test]
fn extraction_keeps_files_links_times_and_bits() {
    let scratch = Scratch::image();
    let output = scratch.run("extract tree.wvfs -o out");
    assert_success(&output);
    let said = "out: 4 files, 5 directories, 2 symbolic links, 14.0 kB\n";
    assert_eq!(stderr(&output), said);
    for name in [
        "hello.txt",
        "run.sh",
        "link",
        "sub",
        "sub/copy.txt",
        "sublink",
        "long.txt",
    ] {
        let before = fs::symlink_metadata(scratch.path(&format!("lib/{name}"))).unwrap();
        let after = fs::symlink_metadata(scratch.path(&format!("out/usr/lib/{name}"))).unwrap();
        assert_eq!(before.file_type(), after.file_type(), "{name}");
        // The umask may remove the bits of others.
        let is_executable = |metadata: &fs::Metadata| metadata.mode() & 0o100 != 0;
        assert_eq!(is_executable(&before), is_executable(&after), "{name}");
        let times = [&before, &after].map(|m| (m.mtime(), m.mtime_nsec()));
        assert_eq!(times[0], times[1], "{name}");
        if before.is_file() {
            let copy = scratch.read(&format!("out/usr/lib/{name}"));
            assert!(scratch.read(&format!("lib/{name}")) == copy, "{name}");
        }
    }
    let link = fs::read_link(scratch.path("out/usr/lib/sublink")).unwrap();
    assert_eq!(link.to_str(), Some("sub"));
    assert!(scratch.path("out/usr/lib/sub/empty").is_dir());
}

#[test]
fn times_before_1970_are_kept() {
    let scratch = Scratch::with_tree();
    set_mtime(&scratch.path("lib/hello.txt"), -1, 999_999_999);
    assert_success(&scratch.run("image --dir lib::/ -o tree.wvfs"));
    assert_success(&scratch.run("extract -q tree.wvfs -o out"));
    let metadata = fs::metadata(scratch.path("out/hello.txt")).unwrap();
    assert_eq!((metadata.mtime(), metadata.mtime_nsec()), (-1, 999_999_999));
}

#[test]
fn paths_and_patterns_select_files() {
    let scratch = Scratch::packed();
    assert_success(&scratch.run("extract packed.wasm -o out /usr/lib/sub /usr/lib/*.sh"));
    let output = scratch.run("image --dir out::/ -o out.wvfs");
    assert_success(&output);
    let output = scratch.run("ls --tree out.wvfs");
    let expected = "\
/
└── usr
    └── lib
        ├── run.sh
        └── sub
            ├── copy.txt
            └── empty
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn extracted_files_pack_to_the_same_image() {
    let scratch = Scratch::image();
    assert_success(&scratch.run("extract tree.wvfs -o out"));
    let arguments = "image --dir out/usr/lib::/usr/lib --compress --block-size 4K -o again.wvfs";
    assert_success(&scratch.run(arguments));
    assert!(scratch.read("tree.wvfs") == scratch.read("again.wvfs"));
}

#[test]
fn missing_paths_fail_before_the_first_write() {
    let scratch = Scratch::packed();
    let output = scratch.run("extract packed.wasm -o out usr none");
    assert_error(&output, &["`none`", "no such file"]);
    assert_eq!(stderr(&output).matches("no such file").count(), 1);
    assert!(!scratch.path("out").exists());
}

#[test]
fn nothing_is_overwritten_without_force() {
    let scratch = Scratch::packed();
    fs::create_dir_all(scratch.path("out/usr/lib")).unwrap();
    scratch.write("out/usr/lib/run.sh", b"mine");
    let output = scratch.run("extract packed.wasm -o out");
    assert_error(&output, &["`usr/lib/run.sh` exists", "--force"]);
    assert_eq!(
        fs::read_dir(scratch.path("out/usr/lib")).unwrap().count(),
        1
    );
    assert_success(&scratch.run("extract packed.wasm -o out --force"));
    assert_eq!(scratch.read("out/usr/lib/run.sh"), b"#!/bin/sh\n");
    let mode = fs::metadata(scratch.path("out/usr/lib/run.sh")).unwrap();
    assert_ne!(mode.permissions().mode() & 0o111, 0);
}

#[test]
fn existing_directories_keep_their_time() {
    let scratch = Scratch::image();
    fs::create_dir(scratch.path("out")).unwrap();
    assert_success(&scratch.run("extract tree.wvfs -o out"));
    let mtime = |name: &str| fs::metadata(scratch.path(name)).unwrap().mtime();
    // The time of the root is 0, because no directory was mapped to it.
    assert!(mtime("out") > 951_782_400, "{}", mtime("out"));
    assert_eq!(mtime("out/usr/lib"), 951_782_400);
}

#[test]
fn a_target_that_is_no_directory_is_named() {
    let scratch = Scratch::packed();
    let output = scratch.run("extract packed.wasm -o app.wasm");
    assert_error(&output, &["`app.wasm`", "ot a directory"]);
    let output = scratch.run("extract packed.wasm -o no/out");
    assert_error(&output, &["`no/out`", "cannot create a directory in `no`"]);
}

#[test]
fn a_damaged_block_leaves_no_target() {
    let scratch = Scratch::image();
    damage_payload(&scratch);
    let before = scratch.names();
    let output = scratch.run("extract tree.wvfs -o out");
    assert_error(&output, &["cannot read `usr/lib/", "damaged"]);
    assert_eq!(scratch.names(), before);
}

#[test]
fn undamaged_files_are_extracted() {
    let scratch = Scratch::image();
    damage_payload(&scratch);
    assert_success(&scratch.run("extract tree.wvfs -o out usr/lib/link usr/lib/sub/empty"));
    assert!(scratch.path("out/usr/lib/link").is_symlink());
}
