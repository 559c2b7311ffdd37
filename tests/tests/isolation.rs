//! What a program, a link or the packing machine must not reach.

use std::fs;
use std::path::Path;
use std::process::Command;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::tree::{Tree, sample};
use wasi_vfs_tests::workspace;

#[test]
fn overwritten_memory_does_not_harm_a_merged_tree() {
    let tree = sample();
    let guest = guest::c("scribble", Form::COMMAND);
    // In a single memory, the program owns all pages that it can see.
    for options in [&[][..], &["--compress"], &["--memory", "single"]] {
        let pack = Pack::new(&guest).dir(tree.path(), "/data");
        let packed = options
            .iter()
            .fold(pack, |pack, option| pack.option(option))
            .run();
        for engine in Engine::ALL {
            assert_eq!(engine.module(&packed).stdout(), "unharmed\n", "{engine:?}");
        }
    }
}

#[test]
fn packing_follows_no_link_out_of_the_tree() {
    let (outside, tree) = (Tree::new(), Tree::new());
    outside.file("secret", "what nobody mapped");
    let secret = outside.path().join("secret");
    tree.link("file", secret.to_str().expect("text"))
        .link("directory", outside.path().to_str().expect("text"))
        .link("up", "../../../../../../etc")
        .file("own", "mapped");
    let packed = Pack::new(guest::c("survey", Form::COMMAND))
        .dir(tree.path(), "/data")
        .run();
    let bytes = fs::read(&packed).expect("it was written");
    assert!(!contains(&bytes, "what nobody mapped"));
    let said = Engine::Wasmtime.module(&packed).stdout();
    assert!(said.contains("readlink /data/file: "), "{said}");
    assert!(said.contains("read /data/own: "), "{said}");
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// A tree in a directory with a telling name, packed by somebody with another
/// one; the module, and the words that tell.
fn packed_by(user: &str, guest: &Path, options: &[&str]) -> (Vec<u8>, Vec<String>) {
    let scratch = Tree::new();
    let home = format!("home-of-{user}");
    scratch
        .file(
            &format!("{home}/tree/a.txt"),
            "the same for all\n".repeat(99),
        )
        .file(&format!("{home}/tree/d/b.txt"), "the same\n")
        .set_times();
    let directory = scratch.path().join(&home);
    let mut command = Command::new(workspace::root().join(wasi_vfs()));
    command
        .current_dir(&directory)
        .args(["pack", &guest.display().to_string()])
        .args([
            "--dir",
            &format!("{}::/data", directory.join("tree").display()),
        ])
        .args(options)
        .args(["-q", "-o", "out.wasm"])
        .envs([("USER", user), ("LOGNAME", user), ("HOSTNAME", user)])
        .envs([("HOME", &directory), ("PWD", &directory)]);
    assert!(command.status().expect("it runs").success());
    let words = vec![
        user.to_owned(),
        directory.display().to_string(),
        workspace::root().display().to_string(),
    ];
    let module = fs::read(directory.join("out.wasm")).expect("it was written");
    (module, words)
}

/// The binary that other tests build or are given.
fn wasi_vfs() -> std::path::PathBuf {
    let help = wasi_vfs_tests::command::wasi_vfs(["--version"]);
    help.expect_success();
    std::env::var_os("WASI_VFS").map_or("target/debug/wasi-vfs".into(), Into::into)
}

#[test]
fn module_reveals_nothing_of_the_packing_machine() {
    for form in [
        Form::COMMAND,
        Form {
            reactor: false,
            linked: true,
        },
    ] {
        let guest = guest::c("survey", form);
        let program = fs::read(&guest).expect("it was built");
        for options in [&[][..], &["--compress"]] {
            let (one, words) = packed_by("alice-of-one", &guest, options);
            let (other, others) = packed_by("bob-of-another", &guest, options);
            assert!(one == other, "{form:?} {options:?}: the machine matters");
            for word in words.iter().chain(&others) {
                assert!(!contains(&one, word) || contains(&program, word), "{word}");
            }
        }
    }
}
