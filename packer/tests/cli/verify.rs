//! `wasi-vfs verify`

use crate::scratch::*;
use wasi_vfs_format::Parts;

#[test]
fn undamaged_images_are_whole() {
    let scratch = Scratch::packed();
    let output = scratch.run("verify packed.wasm");
    assert_success(&output);
    let said = stdout(&output);
    let expected = "packed.wasm: whole: 10 objects, 1 block, digest ";
    assert!(said.starts_with(expected), "{said}");
    let output = scratch.run("verify --quiet packed.wasm");
    assert_success(&output);
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_damaged_block_is_named_with_the_files_in_it() {
    let scratch = Scratch::image();
    damage_payload(&scratch);
    let output = scratch.run("verify tree.wvfs");
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output);
    let mut lines = said.lines();
    let first = lines.next().unwrap();
    assert!(first.starts_with("damaged: block 0 is damaged"), "{said}");
    assert_eq!(lines.next(), Some("  /usr/lib/hello.txt"), "{said}");
    assert!(said.contains("  /usr/lib/sub/copy.txt\n"), "{said}");
    // It is in another block, whose compression depends on this one.
    assert!(said.contains("  /usr/lib/run.sh\n"), "{said}");
    assert!(!said.contains("link"), "{said}");
    assert!(!said.contains("whole"), "{said}");
}

#[test]
fn stripped_images_list_unchecked_parts() {
    let scratch = Scratch::image();
    let bytes = scratch.read("tree.wvfs");
    let metadata = Parts::split(&bytes).unwrap().metadata.unwrap().len();
    scratch.write("stripped.wvfs", &bytes[..bytes.len() - metadata]);
    let output = scratch.run("verify stripped.wvfs");
    assert_success(&output);
    let said = stdout(&output);
    assert!(
        said.starts_with("not checked: the digests, since"),
        "{said}"
    );
    assert!(said.contains("whole: "), "{said}");
}

#[test]
fn every_damaged_byte_is_found() {
    let scratch = Scratch::image();
    let bytes = scratch.read("tree.wvfs");
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        scratch.write("damaged", &damaged);
        let output = scratch.run("verify damaged");
        assert_eq!(output.status.code(), Some(1), "at {at}");
        let said = stdout(&output) + &stderr(&output);
        assert!(
            said.contains("damaged") || said.contains("cannot open"),
            "{said}"
        );
    }
}

#[test]
fn every_truncation_is_found() {
    let scratch = Scratch::image();
    let bytes = scratch.read("tree.wvfs");
    let metadata = Parts::split(&bytes).unwrap().metadata.unwrap().len();
    for len in (0..bytes.len())
        .step_by(13)
        .filter(|&len| len != bytes.len() - metadata)
    {
        scratch.write("cut", &bytes[..len]);
        assert_eq!(scratch.run("verify cut").status.code(), Some(1), "at {len}");
    }
}

/// The same as `verify | head -1 && deploy` with `pipefail`.
#[test]
fn the_exit_code_stays_if_nobody_reads() {
    let scratch = Scratch::image();
    assert_success(&scratch.run("image --dir lib::/ -o whole -q"));
    let mut bytes = scratch.read("whole");
    let index_len = wasi_vfs_format::Parts::split(&bytes).unwrap().index.len();
    bytes[index_len + 3] ^= 1;
    scratch.write("damaged", &bytes);
    scratch.write("lib/more", b"");
    assert_success(&scratch.run("image --dir lib::/ -o other -q"));
    for (arguments, code) in [
        ("verify whole", 0),
        ("verify damaged", 1),
        ("diff whole other", 1),
        ("ls whole /none /", 1),
        ("cat whole /none /hello.txt", 1),
        ("info whole", 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = scratch.command();
        command.args(arguments.split(' ')).stdout(writer);
        let status = command
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{arguments}");
    }
}
