#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wasi_vfs_runtime::fuzz::changes::applied(data));
