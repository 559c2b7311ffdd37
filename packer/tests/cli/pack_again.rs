//! Options that `wasi-vfs pack` keeps when it packs a packed module.

use crate::scratch::*;
use serde_json::Value;

/// Compression level and block size of an image, as `info` shows them.
#[track_caller]
fn storage(scratch: &Scratch, packed: &str) -> (Value, Value) {
    let output = scratch.run(&format!("info --json {packed}"));
    assert_success(&output);
    let info: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let options = &info["options"];
    (options["level"].clone(), options["block_len"].clone())
}

/// Packs, and returns the messages.
#[track_caller]
fn pack(scratch: &Scratch, arguments: &str) -> String {
    let output = scratch.run(&format!("pack {arguments}"));
    assert_success(&output);
    stderr(&output)
}

fn compressed() -> Scratch {
    let scratch = Scratch::with_tree();
    pack(
        &scratch,
        "app.wasm --dir lib::/usr --compress=7 --block-size 16K -o packed.wasm",
    );
    scratch
}

#[test]
fn level_and_block_size_are_kept() {
    let scratch = compressed();
    let expected = storage(&scratch, "packed.wasm");
    assert_eq!(expected, (7.into(), 16384.into()));
    let said = pack(&scratch, "packed.wasm --dir lib/sub::/opt -o again.wasm");
    assert!(!said.contains("warning"), "{said}");
    assert_eq!(storage(&scratch, "again.wasm"), expected);
    pack(&scratch, "packed.wasm -o same.wasm");
    assert!(scratch.read("same.wasm") == scratch.read("packed.wasm"));
}

#[test]
fn named_options_replace_kept_ones() {
    let scratch = compressed();
    for (options, level, block_size) in [
        ("--compress=3", 3.into(), 16384),
        ("--compress --block-size 4K", 19.into(), 4096),
        ("--block-size 1M", 7.into(), 1 << 20),
        ("--no-compress", Value::Null, 16384),
    ] {
        let said = pack(&scratch, &format!("packed.wasm {options} -o out.wasm"));
        assert!(!said.contains("warning"), "{said}");
        assert_eq!(
            storage(&scratch, "out.wasm"),
            (level, block_size.into()),
            "{options}"
        );
    }
}

#[test]
fn options_of_images_are_kept_without_a_packed_module() {
    let scratch = compressed();
    pack(
        &scratch,
        "app.wasm --dir lib/sub::/opt --from packed.wasm -o out.wasm",
    );
    assert_eq!(storage(&scratch, "out.wasm"), (7.into(), 16384.into()));
    assert_success(&scratch.run("image --from packed.wasm --no-compress -o stored.wvfs"));
    let said = pack(
        &scratch,
        "app.wasm --dir lib/sub::/opt --from stored.wvfs -o stored.wasm",
    );
    assert!(!said.contains("warning"), "{said}");
    // The module's counts.
    let said = pack(&scratch, "stored.wasm --from packed.wasm -o out.wasm");
    assert!(
        said.contains("warning: the files of a compressed image"),
        "{said}"
    );
    assert_eq!(storage(&scratch, "out.wasm"), (Value::Null, 16384.into()));
    let said = pack(
        &scratch,
        "stored.wasm --from packed.wasm --no-compress -o out.wasm",
    );
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn an_image_without_manifest_stays_compressed() {
    let scratch = compressed();
    scratch.write("lib/long.txt", LINE.repeat(400).as_bytes());
    pack(&scratch, "packed.wasm --dir lib::/usr -o packed.wasm");
    let mut wasm = scratch.read("packed.wasm");
    // The last section has the manifest.
    let name = b"\x08wasi_vfs";
    let at = wasm
        .windows(name.len())
        .rposition(|bytes| bytes == name)
        .unwrap();
    wasm[at + 1..at + name.len()].copy_from_slice(b"xxxx_xxx");
    scratch.write("packed.wasm", &wasm);
    pack(&scratch, "packed.wasm -o out.wasm");
    assert_eq!(storage(&scratch, "out.wasm"), (19.into(), 16384.into()));
}
