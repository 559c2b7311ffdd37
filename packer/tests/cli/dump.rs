//! `wasi-vfs dump`

use crate::golden::assert_golden;
use crate::scratch::*;
use wasi_vfs_format::testing::Random;

#[test]
fn every_byte_is_accounted_for() {
    let scratch = Scratch::image();
    let output = scratch.run("dump tree.wvfs");
    assert_success(&output);
    let dump = stdout(&output);
    for line in dump.lines().filter(|line| line.contains("accounted")) {
        let mut words = line.split(' ');
        assert_eq!(words.next(), words.nth(1), "{line}");
    }
    assert!(!dump.contains("unknown"), "{dump}");
    assert_golden("dump.txt", &dump);
}

#[test]
fn a_module_has_the_same_dump_as_its_image() {
    let scratch = Scratch::image();
    assert_success(&scratch.run("pack app.wasm --from tree.wvfs -o packed.wasm"));
    let dumps = ["tree.wvfs", "packed.wasm"].map(|name| scratch.run(&format!("dump {name}")));
    assert_eq!(stdout(&dumps[0]), stdout(&dumps[1]));
}

#[test]
fn files_in_several_runs_have_extents() {
    let scratch = Scratch::with_tree();
    // Two large files with a long common part at different offsets.
    let noise = Random::new(1).bytes(200_000);
    scratch.write(
        "lib/one",
        &[&noise[..100_000], b"one", &noise[150_000..]].concat(),
    );
    scratch.write("lib/two", &[&noise[100_000..], &noise[..100_000]].concat());
    assert_success(&scratch.run("image --dir lib::/ -o tree.wvfs"));
    let dump = stdout(&scratch.run("dump tree.wvfs"));
    assert!(dump.contains("extent 0"), "{dump}");
    assert!(!dump.contains("unknown"), "{dump}");
}

#[test]
fn a_damaged_block_is_marked() {
    let scratch = Scratch::image();
    damage_payload(&scratch);
    let output = scratch.run("dump tree.wvfs");
    assert_success(&output);
    assert!(stdout(&output).contains("block 0 is damaged"));
}
