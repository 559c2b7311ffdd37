//! Every command on packed components.

use crate::app;
use crate::scratch::*;
use serde_json::Value;

/// The tree packed at `/usr/lib` into `packed.wasm`, a component.
fn scratch() -> Scratch {
    let scratch = Scratch::with_tree();
    scratch.write("app.wasm", &app::component());
    let line = "pack app.wasm --dir lib::/usr/lib --compress -o packed.wasm";
    assert_success(&scratch.run(line));
    scratch
}

fn output(scratch: &Scratch, line: &str) -> String {
    let output = scratch.run(line);
    assert_success(&output);
    stdout(&output)
}

#[test]
fn commands_that_read_accept_components() {
    let scratch = scratch();
    assert_success(&scratch.run("pack app.wasm --dir lib::/usr/lib --compress -o other.wasm"));
    for (line, words) in [
        ("ls packed.wasm /usr/lib", "hello.txt\n"),
        ("cat packed.wasm /usr/lib/hello.txt", "hello\n"),
        ("verify packed.wasm", ": whole: "),
        ("diff packed.wasm other.wasm", ""),
        ("run packed.wasm", "hello\n"),
        ("run app.wasm --dir lib::/usr/lib", ""),
        ("dump packed.wasm", "core module  number 0\n"),
        (
            "info packed.wasm",
            "packed in place: core module 0 at offset 0x",
        ),
        (
            "info packed.wasm",
            "  imports    wasi:cli@0.2.3, wasi:io@0.2.3\n",
        ),
    ] {
        let said = output(&scratch, line);
        assert!(said.contains(words), "{line}: {said}");
    }
    assert_success(&scratch.run("extract packed.wasm -o out"));
    assert_eq!(scratch.read("out/usr/lib/hello.txt"), b"hello\n");
}

#[test]
fn the_place_in_the_component_is_that_of_the_module() {
    let scratch = scratch();
    let info: Value = serde_json::from_str(&output(&scratch, "info --json packed.wasm")).unwrap();
    let module = &info["component"]["core_module"];
    let [offset, len] = ["offset", "len"].map(|name| module[name].as_u64().unwrap() as usize);
    scratch.write(
        "module.wasm",
        &scratch.read("packed.wasm")[offset..offset + len],
    );
    let line = "diff packed.wasm module.wasm";
    assert_eq!(output(&scratch, line), "");
    let app_len = scratch.read("app.wasm").len();
    assert_eq!(info["file"]["application"], app_len);
}

#[test]
fn components_are_packed_again() {
    let scratch = scratch();
    std::fs::create_dir(scratch.path("more")).unwrap();
    scratch.write("more/b.txt", b"b\n");
    let again = "pack packed.wasm --dir more::/more -o again.wasm";
    let both = "pack app.wasm --dir lib::/usr/lib --dir more::/more --compress -o both.wasm";
    for line in [again, both] {
        assert_success(&scratch.run(line));
    }
    assert!(scratch.read("again.wasm") == scratch.read("both.wasm"));
}

#[test]
fn check_describes_a_component() {
    let scratch = scratch();
    let expected = "\
packed.wasm: can be packed
  form       merged, separate memory
  packed     yes; packing again keeps the other directories
  imports    wasi:cli@0.2.3: 2 interfaces
  imports    wasi:io@0.2.3: 1 interface
  needs      sign extension, bulk memory, multi-memory, component model
  engines    wasmtime, jco with --multi-memory
             with --memory single also jco
";
    assert_eq!(output(&scratch, "check packed.wasm"), expected);
}

#[test]
fn components_that_cannot_be_packed_are_explained() {
    let scratch = Scratch::with_tree();
    let native = r#"(component (core module
        (import "wasi:filesystem/types@0.2.0" "[method]descriptor.sync" (func))))"#;
    for (text, words) in [
        ("(component)", "opens no files"),
        (native, "opens no files"),
    ] {
        scratch.write("app.wasm", &wat::parse_str(text).unwrap());
        let output = scratch.run("pack app.wasm --dir lib::/lib -o packed.wasm");
        assert_error(&output, &["cannot pack `app.wasm`", words, "wasm32-wasip1"]);
        assert_error(&scratch.run("ls app.wasm"), &["holds no image"]);
        assert_error(&scratch.run("run app.wasm"), &["wasmtime run"]);
    }
}
