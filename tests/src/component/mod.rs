//! Components of guests: making them, looking into them, and running them.

mod damaged;
mod engine;
pub mod matrix;
mod page;
mod python;
mod ruby;
mod served;

pub use damaged::Damaged;
pub use engine::{Engine, wasmtime};
pub use python::{Compiled, python, python_of_both};
pub use ruby::ruby;
pub use served::Served;

use crate::command::{Pack, run};
use crate::tree::Tree;
use crate::workspace::tool;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempPath;
use wasi_preview1_component_adapter_provider as adapter;
use wit_component::ComponentEncoder;

/// A component with the command world: `module` and the adapter from preview 1.
pub fn of(module: &Path) -> TempPath {
    with_adapter(module, adapter::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)
}

/// A component that uses files of WASI 0.2 itself. Its program is `module` with the adapter,
/// and no core module names preview 1.
pub fn native(module: &Path) -> TempPath {
    let adapted = of(module);
    let text = wasm_tools(&["print"], &adapted);
    let text = text.replace(adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, "library");
    let path = temporary(".wat");
    fs::write(&path, text).expect("our file");
    let component = temporary(".component.wasm");
    let output = component.to_str().expect("a name of ours");
    wasm_tools(&["parse", "-o", output], &path);
    component
}

/// A copy of a component, which is deleted when dropped.
fn copy(component: &Path) -> TempPath {
    let path = temporary(".component.wasm");
    fs::copy(component, &path).expect("our file");
    path
}

/// Checks that packing twice equals packing once with both trees. `app` is a component of
/// the guest `cat`.
///
/// # Panics
///
/// If it does not.
pub fn check_packing_again(app: &Path) {
    let (one, two) = (Tree::new(), Tree::new());
    one.file("one", "1\n").set_times();
    two.file("two", "2\n").set_times();
    let once = Pack::new(app).dir(one.path(), "/first").run();
    let twice = Pack::new(&*once).dir(two.path(), "/second").run();
    let both = Pack::new(app).dir(one.path(), "/first");
    let both = both.dir(two.path(), "/second").run();
    let bytes = |path: &Path| fs::read(path).expect("it was packed");
    assert!(bytes(&twice) == bytes(&both), "packing twice differs");
    let said = Engine::Wasmtime.run(&twice, &[], &["/first/one", "/second/two"]);
    assert_eq!(said.expect_success(), "1\n2\n");
}

/// An empty file, which is deleted when dropped.
fn temporary(suffix: &str) -> TempPath {
    let file = tempfile::Builder::new().suffix(suffix).tempfile();
    file.expect("a temporary file").into_temp_path()
}

fn with_adapter(module: &Path, adapter: &[u8]) -> TempPath {
    let module = fs::read(module).expect("it was written");
    let name = adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
    let encoder = ComponentEncoder::default().module(&module);
    let encoder = encoder.and_then(|encoder| encoder.adapter(name, adapter));
    let component = encoder
        .and_then(|mut encoder| encoder.encode())
        .expect("the adapter fits the module");
    let path = temporary(".component.wasm");
    fs::write(&path, component).expect("our file");
    path
}

/// The world of a component, as WIT text.
pub fn wit(component: &Path) -> String {
    wasm_tools(&["component", "wit"], component)
}

/// Checks that a component is valid.
///
/// # Panics
///
/// It is not.
pub fn validate(component: &Path) {
    wasm_tools(&["validate"], component);
}

fn wasm_tools(words: &[&str], component: &Path) -> String {
    let mut command = Command::new(tool("wasm-tools", "components"));
    run(command.args(words).arg(component), "").expect_success()
}
