#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    wasi_vfs::fuzz::components(data);
});
