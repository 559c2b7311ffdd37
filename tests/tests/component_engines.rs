//! Each kind of component in each packing on each engine, as `component/matrix.rs` plans
//! it. The program prints the same as on a host directory.

use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::component::Engine;
use wasi_vfs_tests::component::matrix::{Packing, table};
use wasi_vfs_tests::document::shows;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::sample;

fn goes_as_planned(packing: Packing) {
    let tree = sample();
    let app = packing.component(&guest::c("tree", Form::COMMAND));
    let host = Engine::Wasmtime.run(&app, &[(tree.path(), "/data")], &[]);
    let host = host.expect_success();
    assert!(host.contains("hello.txt"), "{host}");
    let pack = Pack::new(&*app).dir(tree.path(), "/data");
    let packed = pack
        .option("--compress")
        .option("--memory")
        .option(packing.memory())
        .run();
    for engine in Engine::MATRIX {
        let outcome = engine.run(&packed, &[], &[]);
        match packing.refusal(engine) {
            None => assert_eq!(outcome.expect_success(), host, "{engine:?}"),
            Some(words) => {
                let said = outcome.expect_failure();
                assert!(said.contains(words), "{engine:?}: {said}");
            }
        }
    }
}

#[test]
fn engines_run_adapted_components_with_two_memories() {
    goes_as_planned(Packing::AdapterSeparate);
}

#[test]
fn engines_run_adapted_components_with_one_memory() {
    goes_as_planned(Packing::AdapterSingle);
}

#[test]
fn engines_run_wired_components_with_two_memories() {
    goes_as_planned(Packing::NativeSeparate);
}

#[test]
fn engines_run_wired_components_with_one_memory() {
    goes_as_planned(Packing::NativeSingle);
}

#[test]
fn documents_show_the_component_engines() {
    shows("docs/ENGINES.md", "components", &table());
}
