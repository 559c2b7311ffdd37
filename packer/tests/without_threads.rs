//! The library in a process that cannot start threads.
//!
//! The test runs itself again with an impossible stack size for threads. Each function has
//! a process of its own, because the first parallel call decides for all later ones.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

use std::process::Command;
use wasi_vfs::{Compare, Contents, Packer, module, verify};
use wasi_vfs_format::check;

type Function = fn(&[u8]) -> Vec<u8>;

/// Functions that process a packed module, and return bytes to compare.
const FUNCTIONS: [(&str, Function); 9] = [
    ("pack", |_| packed()),
    ("image", |_| {
        let packer = Packer::without_module().map_dir("src", "/src");
        packer.compress(1).image().unwrap().bytes
    }),
    ("pack again", |module| {
        let packer = Packer::new(module).map_dir("src", "/again");
        packer.pack().unwrap().module
    }),
    ("form", |module| {
        format!("{:?}", module::form(module, None).unwrap()).into()
    }),
    ("without_image", |module| {
        module::without_image(module).unwrap().into_owned()
    }),
    ("unmounted", |module| {
        module::unmounted(module).unwrap().into_owned()
    }),
    ("verify", |module| {
        let found = verify(&Contents::find(module).unwrap());
        format!("{:?}", found.findings).into()
    }),
    ("check_blocks", |module| {
        let contents = Contents::find(module).unwrap();
        format!("{:?}", check::check_blocks(&contents.reader().unwrap())).into()
    }),
    ("compare", |module| {
        let contents = Contents::find(module).unwrap();
        let image = contents.reader().unwrap();
        let comparison = Compare::new().images(&image, &image);
        format!("{:?}", comparison.unwrap()).into()
    }),
];

fn app() -> Vec<u8> {
    let app = r#"(module
        (import "wasi_snapshot_preview1" "path_open"
            (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 1))"#;
    wat::parse_str(app).unwrap()
}

fn packed() -> Vec<u8> {
    let packer = Packer::new(app()).map_dir("src", "/src").compress(1);
    packer.pack().unwrap().module
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    match &*arguments {
        [_, alone, name, directory] if alone == "--alone" => run_alone(name, directory),
        _ => run_each(),
    }
}

fn run_each() {
    let directory = tempfile::tempdir().unwrap();
    let module = packed();
    std::fs::write(directory.path().join("module"), &module).unwrap();
    for (name, function) in FUNCTIONS {
        let mut alone = Command::new(std::env::current_exe().unwrap());
        alone.args(["--alone", name]).arg(directory.path());
        let output = alone.env("RUST_MIN_STACK", (1_u64 << 47).to_string());
        let output = output.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
        let found = std::fs::read(directory.path().join("result")).unwrap();
        assert!(found == function(&module), "{name}");
        println!("test {name} ... ok");
    }
}

fn run_alone(name: &str, directory: &str) {
    let thread = std::thread::Builder::new().spawn(|| ());
    assert!(thread.is_err(), "a thread can be started");
    let directory = std::path::Path::new(directory);
    let module = std::fs::read(directory.join("module")).unwrap();
    let (_, function) = FUNCTIONS.iter().find(|(other, _)| *other == name).unwrap();
    std::fs::write(directory.join("result"), function(&module)).unwrap();
}
