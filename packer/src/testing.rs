//! Modules of unit tests.

/// The smallest module that can be packed.
pub(crate) fn app() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "path_open"
                (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (memory (export "memory") 1))"#,
    )
    .unwrap()
}
