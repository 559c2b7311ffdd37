//! A component of the published Ruby, which the preview 1 adapter made, and its library.

use std::sync::LazyLock;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::component::{self, Engine, validate, wit};
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::{here, tool};

static COMPONENT: LazyLock<TempPath> = LazyLock::new(component::ruby);

fn packed(memory: &str) -> TempPath {
    let app = Tree::new();
    let program = std::fs::read_to_string(here("guests/ruby/ten.rb")).expect("a program");
    app.file("main.rb", program).set_times();
    Pack::new(&**COMPONENT)
        .dir(app.path(), "/app")
        .dir(&tool("ruby-lib", "ruby"), "/usr/local/lib")
        .option("--compress=1")
        .option("--memory")
        .option(memory)
        .run()
}

static SEPARATE: LazyLock<TempPath> = LazyLock::new(|| packed("separate"));
static SINGLE: LazyLock<TempPath> = LazyLock::new(|| packed("single"));

fn requires_its_library(engine: Engine, component: &TempPath) {
    let said = engine.run(component, &[], &[]).expect_success();
    for words in [
        "{\"a\":[1,2.5]}",
        "2024-12-25T10:20:30Z",
        "[{\"x\" => \"1\", \"y\" => \"2\"}]",
        "/usr/local/lib/ruby/3.4.0/optparse.rb",
    ] {
        assert!(said.contains(words), "{engine:?}: no {words:?} in {said}");
    }
}

#[test]
fn packed_ruby_has_the_same_world() {
    for component in [&*SEPARATE, &*SINGLE] {
        validate(component);
        assert_eq!(wit(component), wit(&COMPONENT));
    }
}

#[test]
fn ruby_requires_its_library_under_wasmtime() {
    requires_its_library(Engine::Winch, &SEPARATE);
    requires_its_library(Engine::Winch, &SINGLE);
}

#[test]
fn ruby_requires_its_library_under_jco() {
    requires_its_library(Engine::Jco, &SEPARATE);
    requires_its_library(Engine::JcoOneMemory, &SINGLE);
}

/// Else the tests above would prove nothing.
#[test]
fn unpacked_ruby_cannot_load_the_program() {
    let said = Engine::Jco.run(&COMPONENT, &[], &[]).expect_failure();
    assert!(said.contains("`RubyGems' were not loaded"), "{said}");
}

#[test]
fn commands_read_a_packed_ruby() {
    let path = SEPARATE.to_str().expect("a name of ours");
    let command = |words: &[&str]| wasi_vfs(words).expect_success();
    assert_eq!(command(&["ls", path, "/app"]), "main.rb\n");
    assert!(command(&["verify", path]).contains(": whole: "));
    let info = command(&["info", path]);
    assert!(info.contains("made with the preview 1 adapter"), "{info}");
    let said = command(&["check", COMPONENT.to_str().expect("a name of ours")]);
    assert!(said.contains(": can be packed\n"), "{said}");
}
