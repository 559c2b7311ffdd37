//! Images without a module, undamaged and damaged.

use crate::scratch::*;
use wasi_vfs_format::testing::{file, tree};
use wasi_vfs_format::writer::{Options, write};

/// An image with the file `a`, and the offset of its payload.
fn image() -> (Vec<u8>, usize) {
    let tree = tree([("a", file("the content of a"))]);
    let options = Options {
        compression: None,
        ..Options::default()
    };
    let image = write(&tree, &options, &()).unwrap();
    (image.to_bytes(), image.index.len())
}

#[test]
fn a_bare_image_is_read_like_a_packed_module() {
    let scratch = Scratch::empty();
    scratch.write("tree.wvfs", &image().0);
    let output = scratch.run("ls -l tree.wvfs");
    assert_success(&output);
    assert_eq!(stdout(&output), "-r-- 16 16 2023-11-14T22:13:20Z a\n");
    let output = scratch.run("cat tree.wvfs a");
    assert_success(&output);
    assert_eq!(stdout(&output), "the content of a");
}

#[test]
fn a_damaged_block_is_an_error_of_the_file_in_it() {
    let scratch = Scratch::empty();
    let (mut bytes, payload) = image();
    bytes[payload] ^= 1;
    scratch.write("tree.wvfs", &bytes);
    assert_success(&scratch.run("ls tree.wvfs"));
    let output = scratch.run("cat tree.wvfs a");
    assert_error(&output, &["`a`", "block 0 is damaged"]);
    assert_eq!(output.stdout, b"");
}

#[test]
fn damaged_images_cause_errors_only() {
    let scratch = Scratch::empty();
    let (bytes, _) = image();
    for at in (0..bytes.len()).step_by(11) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        scratch.write("damaged", &damaged);
        scratch.write("cut", &bytes[..at]);
        for name in ["damaged", "cut"] {
            for command in ["ls -lR", "ls -t", "info", "dump", "extract -o out -f"] {
                let output = scratch.run(&format!("{command} {name}"));
                assert!(
                    matches!(output.status.code(), Some(0 | 1)),
                    "{command} {name} at {at}"
                );
            }
        }
    }
}
