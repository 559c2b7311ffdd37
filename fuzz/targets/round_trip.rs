#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wasi_vfs_format::fuzz::round_trip(data));
