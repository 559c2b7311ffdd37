use super::*;

/// A module that could take an image; nothing here gets so far.
fn module() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "path_open"
                (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (memory (export "memory") 1))"#,
    )
    .unwrap()
}

#[test]
fn without_mappings_there_is_nothing_to_pack() {
    let error = Packer::new(module()).pack().unwrap_err();
    assert!(matches!(error, PackError::Nothing), "{error}");
}

#[test]
fn blocks_are_powers_of_two_within_the_bounds() {
    for len in [0, 1, 2048, 5000, 1 << 21, u32::MAX] {
        let error = Packer::new(module()).block_len(len).pack().unwrap_err();
        assert!(matches!(error, PackError::BlockLen { len: l } if l == len));
    }
    for shift in MIN_BLOCK_SHIFT..=MAX_BLOCK_SHIFT {
        let packer = Packer::new(module()).block_len(1 << shift);
        assert_eq!(packer.options().unwrap().block_shift, shift);
    }
}

#[test]
fn guest_paths_are_looked_at_before_host_directories() {
    let packer = Packer::new(module())
        .map_dir("does/not/exist", "/a")
        .map_dir("does/not/exist", "/../b");
    let error = packer.pack().unwrap_err();
    assert!(matches!(error, PackError::Guest(_)), "{error}");
}

#[test]
fn the_short_form_names_the_guest_first() {
    let error = pack(&module(), vec![("/lib", "does/not/exist")]).unwrap_err();
    let text = "directory `does/not/exist` does not exist";
    assert_eq!(error.to_string(), text);
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    let error = Packer::new(*b"text").map_dir(".", "/").pack().unwrap_err();
    assert!(matches!(error, PackError::Module(_)), "{error}");
}
