//! Each kind of component in each packing on each engine, as `component/matrix.rs` plans
//! it. The program prints the same as on a host directory.

use std::path::Path;
use tempfile::TempPath;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::component::matrix::{Files, Kind, Memory, Packing, table};
use wasi_vfs_tests::component::{Engine, validate};
use wasi_vfs_tests::document::shows;
use wasi_vfs_tests::engine_list;
use wasi_vfs_tests::tree::{Tree, sample};

/// A component, its tree, and its output on the directory.
struct Case<'a> {
    app: &'a Path,
    tree: &'a Tree,
    expected: &'a str,
}

impl Case<'_> {
    fn pack(&self, packing: Packing) -> TempPath {
        let pack = Pack::new(self.app)
            .dir(self.tree.path(), "/data")
            .option("--compress")
            .option("--memory")
            .option(packing.memory.name());
        let packed = match packing.files {
            Files::All => pack.run(),
            Files::Packed => pack.option("--no-host-files").run(),
        };
        validate(&packed);
        packed
    }

    /// Runs the packed component on each engine.
    fn goes_as_planned(&self, packing: Packing) {
        let (packed, args) = (self.pack(packing), packing.kind.args());
        for engine in Engine::MATRIX {
            let outcome = match packing.files {
                Files::All => engine.run(&packed, &[], args),
                Files::Packed => engine.run_without_files(&packed, args),
            };
            match packing.refusal(engine) {
                None => {
                    let said = outcome.expect_success();
                    assert_eq!(said, self.expected, "{engine:?} {packing:?}");
                }
                Some(refusal) => {
                    let said = outcome.expect_failure();
                    let is_it = said.contains(refusal.words);
                    assert!(is_it, "{engine:?} {packing:?}: {said}");
                }
            }
        }
    }
}

fn goes_as_planned(kind: Kind, memory: Memory) {
    let (app, tree) = (kind.component(), sample());
    let host = Engine::Wasmtime.run(&app, &[(tree.path(), "/data")], kind.args());
    let expected = host.expect_success();
    assert!(expected.contains("hello.txt"), "{expected}");
    let case = Case {
        app: &app,
        tree: &tree,
        expected: &expected,
    };
    for files in [Files::All, Files::Packed] {
        case.goes_as_planned(Packing {
            kind,
            memory,
            files,
        });
    }
}

#[test]
fn engines_run_adapted_components_with_two_memories() {
    goes_as_planned(Kind::Adapter, Memory::Separate);
}

#[test]
fn engines_run_adapted_components_with_one_memory() {
    goes_as_planned(Kind::Adapter, Memory::Single);
}

#[test]
fn engines_run_wasi_0_2_components_with_two_memories() {
    goes_as_planned(Kind::V2, Memory::Separate);
}

#[test]
fn engines_run_wasi_0_2_components_with_one_memory() {
    goes_as_planned(Kind::V2, Memory::Single);
}

#[test]
fn engines_run_wasi_0_3_components_with_two_memories() {
    goes_as_planned(Kind::V3, Memory::Separate);
}

#[test]
fn engines_run_wasi_0_3_components_with_one_memory() {
    goes_as_planned(Kind::V3, Memory::Single);
}

#[test]
fn documents_show_the_component_engines() {
    shows("docs/ENGINES.md", "components", &table(Files::All));
    let table = table(Files::Packed);
    shows("docs/ENGINES.md", "components without host files", &table);
}

#[test]
fn check_names_the_engines_of_components() {
    for kind in Kind::ALL {
        let app = kind.component();
        let words = ["check".as_ref(), "--json".as_ref(), app.as_os_str()];
        let said: serde_json::Value =
            serde_json::from_str(&wasi_vfs(words).expect_success()).expect("JSON");
        for (memory, key) in [
            (Memory::Separate, "engines"),
            (Memory::Single, "engines_single"),
        ] {
            let names = engine_list::of_components(Packing {
                kind,
                memory,
                files: Files::All,
            });
            assert_eq!(said[key], serde_json::json!(names), "{kind:?} {memory:?}");
        }
    }
}
