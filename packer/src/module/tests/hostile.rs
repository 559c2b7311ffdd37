//! No input causes a panic, an endless loop or a large allocation.

use super::fake::linked_text;
use super::merged::program;
use super::{VERSION, each_packed, find, pack, packed, wasm, writable};
use crate::module::{ModuleError, unmounted, without_image};

/// Calls every function that reads a module.
fn read_all(wasm: &[u8]) {
    let _ = find(wasm);
    let _ = without_image(wasm);
}

fn samples() -> [Vec<u8>; 4] {
    let rich = program(
        r#"(table 4 funcref) (elem (i32.const 0) func $helper $open)
          (global funcref (ref.func $open)) (data "p") (tag)
          (@custom "target_features" "\01+\0bbulk-memory")"#,
    );
    let linked = pack(&wasm(&linked_text(VERSION, "")))
        .expect("packs")
        .module;
    let [separate, single] = each_packed(&rich);
    [separate, single, linked, writable::packed()]
}

#[test]
fn cut_off_modules() {
    for sample in samples() {
        for len in 0..sample.len() {
            read_all(&sample[..len]);
        }
        assert!(pack(&sample[..sample.len() / 2]).is_err());
    }
}

#[test]
fn flipped_bytes() {
    for sample in samples() {
        let mut module = sample.clone();
        for at in 0..sample.len() {
            for flip in [0x01, 0x80, 0xff] {
                module[at] ^= flip;
                read_all(&module);
                module[at] = sample[at];
            }
        }
    }
}

#[test]
fn flipped_bytes_while_packing() {
    for sample in samples() {
        let mut module = sample.clone();
        for at in (8..sample.len()).step_by(5) {
            module[at] ^= 0x01;
            if let Err(ModuleError::Output(error)) = pack(&module) {
                panic!("byte {at}: {error}");
            }
            module[at] = sample[at];
        }
    }
}

/// The anchor of a packed module, by hand.
fn with_anchor(form: u32, index: (u32, u32), payload: (u32, u32)) -> Vec<u8> {
    use wasi_vfs_embedding::{Anchor, version_bytes};
    use zerocopy::IntoBytes;
    let mut anchor = Anchor::empty(form, version_bytes(VERSION));
    anchor.address = 256.into();
    (anchor.index_address, anchor.index_len) = (index.0.into(), index.1.into());
    anchor.index_stored_len = index.1.into();
    (anchor.payload_address, anchor.payload_len) = (payload.0.into(), payload.1.into());
    let bytes = anchor.as_bytes().iter().map(|byte| format!("\\{byte:02x}"));
    let bytes: String = bytes.collect();
    wasm(&format!(
        r#"(module (memory (export "memory") 65536)
          (data (i32.const 256) "{bytes}") (data (i32.const -1) "z"))"#
    ))
}

#[test]
fn an_anchor_that_asks_for_four_gigabytes() {
    for (form, index, payload) in [
        (1, (0, u32::MAX), (0, 0)),
        (1, (u32::MAX, u32::MAX), (0, 0)),
        (1, (256, 16), (0, 4_000_000_000)),
        (2, (256, 16), (u32::MAX, 7)),
        (3, (256, 16), (u32::MAX, 7)),
        (3, (u32::MAX, 16), (0, 0)),
        (4, (256, 16), (u32::MAX, 7)),
        (4, (u32::MAX, 16), (0, 0)),
        (5, (256, 16), (u32::MAX, 7)),
    ] {
        let error = find(&with_anchor(form, index, payload)).expect_err("refused");
        assert!(matches!(error, ModuleError::ImageRange { .. }), "{error}");
    }
    let error = find(&with_anchor(6, (256, 16), (0, 0))).expect_err("refused");
    assert!(error.to_string().contains("unknown form 6"), "{error}");
    let module = with_anchor(1, (256, 16), (256, 1));
    let image = find(&module).expect("readable");
    assert_eq!(*image.expect("an image").payload, *b"\x89");
}

#[test]
fn counts_that_do_not_fit_the_module() {
    for form in [2, 3] {
        let module = with_anchor(form, (256, 16), (0, 0));
        let error = without_image(&module).expect_err("refused").to_string();
        assert!(error.contains("changed by another tool"), "{error}");
    }
}

#[test]
fn runtime_of_a_component_names_the_component() {
    let module = with_anchor(4, (256, 16), (0, 0));
    let errors = [
        pack(&module).err(),
        without_image(&module).err(),
        unmounted(&module).err(),
    ];
    for error in errors {
        let error = error.expect("refused");
        assert!(matches!(error, ModuleError::RuntimeOfComponent), "{error}");
    }
}

#[test]
fn copies_of_an_anchor_are_no_image() {
    let module = packed(&program("")).module;
    let bytes: String = module.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let holder = wasm(&program(&format!(r#"(data (i32.const 3) "{bytes}")"#)));
    assert_eq!(find(&holder).expect("readable"), None);
    pack(&holder).expect("packs");
}
