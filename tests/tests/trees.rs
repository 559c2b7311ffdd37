//! Whole trees: a walker prints the same in a packed module as on the directory, in each
//! form, engine, language and compression.

use std::path::Path;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::module::inspect;
use wasi_vfs_tests::tree::{self, Tree};

fn walk_on_host(guest: &Path, tree: &Tree) -> String {
    let seen = Engine::Wasmtime
        .module(guest)
        .dir(tree.path(), "/data")
        .stdout();
    assert!(
        seen.contains("/data/hello.txt file "),
        "the walker saw nothing:\n{seen}"
    );
    seen
}

fn walks_alike(form: Form, engines: &[Engine]) {
    let tree = tree::sample();
    let expected = walk_on_host(&guest::c("tree", Form::COMMAND), &tree);
    assert!(
        expected.ends_with(" 0 repeated inode numbers\n"),
        "{expected}"
    );
    let guest = guest::c("tree", form);
    for compress in [None, Some("--compress"), Some("--compress=19")] {
        let pack = Pack::new(&guest).dir(tree.path(), "/data");
        let packed = compress.into_iter().fold(pack, Pack::option).run();
        for engine in engines {
            assert_eq!(
                engine.module(&packed).stdout(),
                expected,
                "{form:?} {compress:?} {engine:?}"
            );
        }
    }
}

#[test]
fn merged_command_walks_like_the_host() {
    walks_alike(Form::COMMAND, &Engine::ALL);
}

#[test]
fn linked_command_walks_like_the_host() {
    walks_alike(
        Form {
            reactor: false,
            linked: true,
        },
        &Engine::ALL,
    );
}

/// The decoder needs more stack than a program may have left, or have at all.
#[test]
fn linked_program_with_a_small_stack_decompresses() {
    let form = Form {
        reactor: false,
        linked: true,
    };
    let text: String = (0..20_000).map(|i| format!("line {i}\n")).collect();
    let tree = Tree::new();
    tree.file("text", &text);
    let guest = guest::c_with("cat", form, &["-Wl,-z,stack-size=8192"]);
    let pack = Pack::new(&guest).dir(tree.path(), "/data");
    let packed = pack.option("--compress").run();
    let read = Engine::Wasmtime.module(&packed).args(&["/data/text"]);
    assert_eq!(read.stdout(), text);
}

#[test]
fn merged_reactor_walks_like_the_host() {
    walks_alike(
        Form {
            reactor: true,
            linked: false,
        },
        &[Engine::Wasmtime, Engine::Node],
    );
}

#[test]
fn linked_reactor_walks_like_the_host() {
    walks_alike(
        Form {
            reactor: true,
            linked: true,
        },
        &[Engine::Wasmtime, Engine::Node],
    );
}

#[test]
fn a_linked_program_runs_unpacked() {
    let tree = tree::sample();
    let expected = walk_on_host(&guest::c("tree", Form::COMMAND), &tree);
    for reactor in [false, true] {
        let linked = guest::c(
            "tree",
            Form {
                reactor,
                linked: true,
            },
        );
        assert_eq!(walk_on_host(&linked, &tree), expected, "reactor: {reactor}");
    }
}

fn language_walks_alike(guest: &Path) {
    let tree = tree::sample();
    let expected = walk_on_host(guest, &tree);
    let packed = Pack::new(guest)
        .dir(tree.path(), "/data")
        .option("--compress")
        .run();
    assert_eq!(inspect(&packed).imports, inspect(guest).imports);
    for engine in Engine::ALL {
        assert_eq!(engine.module(&packed).stdout(), expected, "{engine:?}");
    }
    // Three languages, one tree: they agree with C as well.
    let by_c = walk_on_host(&guest::c("tree", Form::COMMAND), &tree);
    let (paths, _count) = by_c.trim_end().rsplit_once('\n').expect("many lines");
    assert_eq!(expected.trim_end(), paths);
}

#[test]
fn rust_walks_like_the_host() {
    language_walks_alike(&guest::rust());
}

#[test]
fn go_walks_like_the_host() {
    language_walks_alike(&guest::go());
}

#[test]
fn nested_mounts_are_one_tree() {
    let (usr, local) = (Tree::new(), Tree::new());
    usr.file("bin/tool", "tool\n")
        .file("local/hidden", "of the outer tree\n")
        .set_times();
    local
        .file("bin/mine", "mine\n")
        .file("share/data", "data\n")
        .set_times();
    let guest = guest::c("tree", Form::COMMAND);
    let packed = Pack::new(&guest)
        .dir(usr.path(), "/usr")
        .dir(local.path(), "/usr/local")
        .run();

    let seen = Engine::Wasmtime
        .module(&packed)
        .env("ROOT", "/usr")
        .stdout();
    let paths: Vec<_> = seen
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    for expected in [
        "/usr/bin/tool",
        "/usr/local/bin/mine",
        "/usr/local/share/data",
    ] {
        assert!(
            paths.iter().any(|(path, _)| *path == expected),
            "no {expected} in\n{seen}"
        );
    }
    // The inner mapping by itself equals the same directory below the outer one.
    let inner = Engine::Wasmtime
        .module(&packed)
        .env("ROOT", "/usr/local")
        .stdout();
    for line in inner.lines().filter(|line| line.starts_with('/')) {
        assert!(seen.contains(line), "{line} is not in\n{seen}");
    }
}

/// The accepted difference `nested-preopens` only.
#[test]
fn preopens_do_not_list_other_preopens() {
    let (outer, inner) = (Tree::new(), Tree::new());
    outer.file("a", "a\n").set_times();
    inner.file("b", "b\n").set_times();
    let guest = guest::c("tree", Form::COMMAND);
    let packed = Pack::new(&guest)
        .dir(outer.path(), "/mnt0")
        .dir(inner.path(), "/mnt0/mnt1")
        .run();
    let walk = |module: &Path, root: &str, is_packed: bool| {
        let run = Engine::Wasmtime.module(module).env("ROOT", root);
        let run = match is_packed {
            true => run,
            false => run
                .dir(outer.path(), "/mnt0")
                .dir(inner.path(), "/mnt0/mnt1"),
        };
        let lines = run.stdout();
        let paths = lines.lines().filter(|line| line.starts_with('/'));
        paths.map(str::to_owned).collect::<Vec<_>>()
    };
    let on_host = |root| walk(&guest, root, false);
    let in_module = |root| walk(&packed, root, true);
    assert_eq!(in_module("/mnt0/mnt1"), on_host("/mnt0/mnt1"));
    assert_eq!(on_host("/mnt0").len(), 2);
    let both = [on_host("/mnt0"), on_host("/mnt0/mnt1")].concat();
    assert_eq!(in_module("/mnt0"), both);
}

#[test]
fn mapdir_is_dir_with_swapped_paths() {
    let tree = tree::sample();
    let guest = guest::c("tree", Form::COMMAND);
    let by_dir = Pack::new(&guest).dir(tree.path(), "/data").run();
    let by_mapdir = Pack::new(&guest)
        .option("--mapdir")
        .option(&format!("/data::{}", tree.path().display()))
        .run();
    assert_eq!(
        std::fs::read(by_dir).unwrap(),
        std::fs::read(by_mapdir).unwrap()
    );
}

#[test]
fn absolute_links_lead_within_the_image() {
    let tree = Tree::new();
    tree.file("hello.txt", "hello\n")
        .link("link", "/data/hello.txt");
    let guest = guest::c("cat", Form::COMMAND);
    let packed = Pack::new(&guest).dir(tree.path(), "/data").run();
    let seen = Engine::Wasmtime
        .module(&packed)
        .args(&["/data/link"])
        .stdout();
    assert_eq!(seen, "hello\n");
}

#[test]
fn excluded_files_are_missing() {
    let tree = tree::sample();
    let guest = guest::c("tree", Form::COMMAND);
    let packed = Pack::new(&guest)
        .dir(tree.path(), "/data")
        .option("--exclude")
        .option("*.bin")
        .run();
    let seen = Engine::Wasmtime.module(&packed).stdout();
    assert!(seen.contains("/data/hello.txt "), "{seen}");
    assert!(!seen.contains(".bin"), "{seen}");
}

#[test]
fn host_directory_is_visible_beside_the_image() {
    let (image, host) = (tree::sample(), Tree::new());
    host.file("from-host.txt", "from the host\n");
    for linked in [false, true] {
        let guest = guest::c(
            "cat",
            Form {
                reactor: false,
                linked,
            },
        );
        let packed = Pack::new(&guest).dir(image.path(), "/data").run();
        for engine in Engine::ALL {
            let seen = engine
                .module(&packed)
                .dir(host.path(), "/host")
                .args(&["/data/hello.txt", "/host/from-host.txt", "/data/dir/a.txt"])
                .stdout();
            assert_eq!(
                seen, "hello, world\nfrom the host\na\n",
                "{engine:?}, linked: {linked}"
            );
        }
    }
}

#[test]
fn descriptors_are_the_lowest_free_numbers() {
    let tree = tree::sample();
    for form in Form::ALL {
        let packed = Pack::new(guest::c("fd_lowest", form))
            .dir(tree.path(), "/data")
            .run();
        let seen = Engine::Wasmtime.module(&packed).stdout();
        assert_eq!(seen, "4 5 6 7 8 9 10 11 6 7 9 12 \n", "{form:?}");
    }
}
