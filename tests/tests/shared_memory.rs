//! Packed programs in memories that the host or an adapter grows, too.

use std::process::Command;
use wasi_vfs_tests::command::{Pack, run};
use wasi_vfs_tests::component;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::sample;
use wasi_vfs_tests::workspace::{here, tool};

const MEMORIES: [&str; 2] = ["separate", "single"];

/// The program, packed with this kind of memory.
fn packed(memory: &str) -> tempfile::TempPath {
    let tree = sample();
    let pack = Pack::new(guest::c("memory_shared", Form::COMMAND)).dir(tree.path(), "/data");
    let options = pack.option("--compress").option("--memory");
    options.option(memory).run()
}

/// What the program prints if nothing has changed under it.
fn assert_intact(printed: &str) {
    let (rounds, rest) = printed.split_once(", ").expect("two numbers");
    assert_eq!(rounds, "24 rounds", "{printed}");
    assert!(!rest.starts_with("0 entries"), "{printed}");
}

#[test]
fn pages_that_a_host_grows_keep_their_bytes() {
    for (binary, memories) in [("node", &MEMORIES[..]), ("node20", &MEMORIES[1..])] {
        for memory in memories {
            let packed = packed(memory);
            for early in [&[][..], &["--early"]] {
                let mut node = Command::new(tool(binary, binary));
                node.arg("--no-warnings")
                    .arg(here("engines/grow_memory.mjs"))
                    .args(early)
                    .arg(&*packed);
                let said = run(&mut node, "").expect_success();
                let (program, host) = said.split_once('\n').expect("two lines");
                assert_intact(program);
                let growths = 24 + early.len();
                let expected = format!("{growths} growths, 0 bytes overwritten\n");
                assert_eq!(host, expected, "{binary} {memory} {early:?}");
            }
        }
    }
}

/// The adapter grows the memory for its own state.
#[test]
fn component_of_a_packed_program_reads_its_files() {
    for memory in MEMORIES {
        let packed = packed(memory);
        let component = component::of(&packed);
        let mut python = Command::new(tool("venv/bin/python", "wasmtime"));
        let outcome = run(
            python
                .arg(here("engines/run_component.py"))
                .arg(&*component),
            "",
        );
        assert_intact(&outcome.expect_success());
    }
}
