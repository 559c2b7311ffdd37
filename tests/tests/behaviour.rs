//! Behaviour that no directory of the host can show: host and image side by
//! side, and sizes at which a careless implementation fails.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::guest::{self, Binding, Form};
use wasi_vfs_tests::oracle::host::Host;
use wasi_vfs_tests::tree::{Tree, sample};

#[test]
fn longer_prefix_wins_and_the_image_wins_a_tie() {
    let (host, image, inner) = (Tree::new(), Tree::new(), Tree::new());
    host.file("both", "host").file("host-only", "host");
    image.file("both", "image").file("image-only", "image");
    // The image has something at the path of the inner directory, too.
    image.file("inner/both", "image");
    inner.file("both", "inner host");
    for binding in Binding::ALL {
        let packed = binding
            .pack("preopens_same_path")
            .dir(image.path(), "/data")
            .run();
        for engine in [Engine::Wasmtime, Engine::Node] {
            let found = engine
                .module(&packed)
                .dir(host.path(), "/data")
                .dir(inner.path(), "/data/inner")
                .stdout();
            let expected = "/data/both: image\n\
                /data/image-only: image\n\
                /data/host-only: not there\n\
                /data/inner/both: inner host\n\
                both through 3: errno 0 host\n\
                host-only through 3: errno 0 host\n\
                both through 4: errno 0 inner host\n\
                both through 5: errno 0 image\n";
            assert_eq!(found, expected, "{binding:?} {engine:?}");
        }
    }
}

#[test]
fn image_is_found_at_descriptor_3() {
    let tree = sample();
    for binding in Binding::ALL {
        let packed = binding.pack("fd_three").dir(tree.path(), "/data").run();
        for engine in Engine::ALL {
            let found = engine.module(&packed).stdout();
            assert_eq!(
                found, "read: errno 0\n4: hello, world\n",
                "{binding:?} {engine:?}"
            );
        }
    }
}

#[test]
fn descriptors_renumber_across_host_and_image() {
    let (host, image) = (Tree::new(), Tree::new());
    host.file("name", "host");
    image.file("name", "image");
    let expected = "image over host: errno 0\n\
        what was the host's: errno 0 image\n\
        what was the image's: errno 8 \n\
        host over image: errno 0\n\
        what was the image's: errno 0 host\n\
        what was the host's: errno 8 \n\
        image over image: errno 0\n\
        a fresh position: errno 0 image\n\
        image over stdin: errno 0\n\
        seek: errno 0\n\
        stdin: errno 0 image\n\
        preopen over preopen: errno 0\n\
        through 3: errno 0 image\n\
        unknown: errno 8\n\
        itself: errno 0\n\
        through 3: errno 0 image\n";
    for binding in Binding::ALL {
        let packed = binding
            .pack("fd_renumber")
            .dir(image.path(), "/image")
            .run();
        let found = Engine::Wasmtime
            .module(&packed)
            .dir(host.path(), "/host")
            .stdout();
        assert_eq!(found, expected, "{binding:?}");
    }
}

#[test]
fn polls_mix_image_files_clocks_and_host_files() {
    let tree = sample();
    let expected = "a file: errno 0\n  1: type 1 errno 0 bytes 8\n\
        two files and a clock that never runs out: errno 0\n  \
          1: type 1 errno 0 bytes 8\n  3: type 1 errno 0 bytes 2\n\
        a file and a descriptor of the host: errno 0\n  \
          1: type 2 errno 0\n  2: type 1 errno 0 bytes 8\n\
        the host's alone: errno 0\n  1: type 2 errno 0\n\
        a clock alone: errno 0\n  1: type 0 errno 0\n\
        a directory: errno 0\n  1: type 1 errno 8 bytes 0\n";
    for binding in Binding::ALL {
        let packed = binding.pack("poll_oneoff").dir(tree.path(), "/data").run();
        let found = Engine::Wasmtime.module(&packed).stdout();
        assert_eq!(found, expected, "{binding:?}");
    }
}

#[test]
fn changes_of_the_tree_fail_with_their_reason() {
    let tree = sample();
    let expected = "create a directory: errno 69\n\
        create what exists: errno 20\n\
        create within nothing: errno 44\n\
        remove a directory: errno 69\n\
        remove nothing: errno 44\n\
        unlink: errno 69\n\
        unlink nothing: errno 44\n\
        symlink: errno 69\n\
        symlink over what exists: errno 20\n\
        link: errno 69\n\
        link nothing: errno 44\n\
        link over what exists: errno 20\n\
        rename: errno 69\n\
        rename nothing: errno 44\n\
        set times: errno 69\n\
        set times of nothing: errno 44\n\
        set times of a file: errno 69\n\
        set the size of a file: errno 69\n\
        sync: errno 0\n\
        sync data: errno 0\n";
    for binding in Binding::ALL {
        let packed = binding.pack("read_only").dir(tree.path(), "/data").run();
        for engine in Engine::ALL {
            let found = engine.module(&packed).stdout();
            assert_eq!(found, expected, "{binding:?} {engine:?}");
        }
    }
}

#[test]
fn program_reads_on_after_it_grows_its_memory() {
    let tree = sample();
    let plain = guest::c("memory_grow", Form::COMMAND);
    let expected = Engine::Wasmtime
        .module(&plain)
        .dir(tree.path(), "/data")
        .stdout();
    assert!(expected.lines().count() > 20, "{expected}");
    for trouble in ["changed", "not zero", "pages", "errno", "no more"] {
        assert!(!expected.contains(trouble), "{expected}");
    }
    for binding in Binding::ALL {
        for options in [&[][..], &["--compress", "--block-size", "16K"]] {
            let pack = binding.pack("memory_grow").dir(tree.path(), "/data");
            let packed = options
                .iter()
                .fold(pack, |pack, option| pack.option(option))
                .run();
            for engine in Engine::ALL {
                let found = engine.module(&packed).stdout();
                assert_eq!(found, expected, "{binding:?} {options:?} {engine:?}");
            }
        }
    }
}

/// A file of eight blocks and a bit.
fn tree_of_blocks() -> Tree {
    let tree = Tree::new();
    let lines: String = (0..140_000).map(|line| format!("{line:7}\n")).collect();
    tree.file("big", lines);
    tree
}

#[test]
fn polls_free_their_memory() {
    let tree = tree_of_blocks();
    // The last poll takes 164 bytes for each of 204,800 subscriptions: 513 pages.
    const PAGES: u32 = 700;
    for binding in [Binding::SEPARATE, Binding::SINGLE] {
        let packed = binding.pack("poll_many").dir(tree.path(), "/data").run();
        let run = Engine::Wasmtime.module(&packed).growth(PAGES);
        let found = run.env("POLLS", "50").stdout();
        assert!(found.starts_with("stat: errno 0\n"), "{binding:?} {found}");
    }
}

#[test]
fn polls_leave_memory_for_the_block_cache() {
    let tree = tree_of_blocks();
    let mut host = Host::new();
    for binding in [Binding::SEPARATE, Binding::SINGLE] {
        let pack = binding.pack("poll_many").option("--compress");
        let packed = pack.dir(tree.path(), "/data").run();
        let mut count = |polls, reads| {
            let run = host.run_counted(&packed, &[("POLLS", polls), ("READS", reads)]);
            run.unwrap_or_else(|failure| panic!("{failure}"))
        };
        // Reads that decompress each block once and keep it.
        let mut reads_after = |polls| {
            let (_, start) = count(polls, "0");
            let (output, end) = count(polls, "30");
            (output, end - start)
        };
        let (expected, without) = reads_after("0");
        let (output, with) = reads_after("3");
        assert_eq!(output, expected);
        let ratio = with as f64 / without as f64;
        assert!(ratio < 1.1, "{binding:?}: {ratio} times the instructions");
    }
}

#[test]
fn linked_program_with_a_tracing_malloc_reads_files() {
    let tree = tree_of_blocks();
    for options in [&[][..], &["--compress"]] {
        let pack = Binding::LINKED.pack("malloc_traces");
        let pack = pack.dir(tree.path(), "/data");
        let packed = options
            .iter()
            .fold(pack, |pack, option| pack.option(option))
            .run();
        for engine in [Engine::Wasmtime, Engine::Node] {
            let found = engine.module(&packed).stdout();
            let expected = "read: errno 0, 1120000 bytes, a0f6fdc8b988f7a5\ntraced\n";
            assert_eq!(found, expected, "{options:?} {engine:?}");
        }
    }
}

/// Instructions that a run of a module executes.
fn instructions(host: &mut Host, module: &Path, directory: &str) -> (String, u64) {
    let run = host.run_counted(module, &[("DIRECTORY", directory)]);
    run.unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn directories_are_listed_in_linear_time() {
    let tree = Tree::new();
    for (directory, count) in [("one", 1), ("small", 10_000), ("large", 100_000)] {
        tree.directory(directory);
        for number in 0..count {
            let path = tree.path().join(format!("{directory}/{number:05}"));
            File::create(path).expect("a file");
        }
    }
    let mut host = Host::new();
    for binding in [Binding::SEPARATE, Binding::LINKED] {
        let packed = binding
            .pack("fd_readdir_many")
            .dir(tree.path(), "/data")
            .run();
        // What starting takes, which is most of the third.
        let (_, start) = instructions(&mut host, &packed, "one");
        let (small_output, small) = instructions(&mut host, &packed, "small");
        let (large_output, large) = instructions(&mut host, &packed, "large");
        assert!(small_output.starts_with("10002 entries"), "{small_output}");
        assert!(large_output.starts_with("100002 entries"), "{large_output}");
        let ratio = (large - start) as f64 / (small - start) as f64;
        assert!(
            ratio < 10.5,
            "{binding:?}: ten times the entries, {ratio} times the work"
        );
    }
}

#[test]
fn files_over_4_gib_pack_small_and_read_right() {
    const GIB4: u64 = 1 << 32;
    let tree = Tree::for_holes();
    let large = File::create(tree.path().join("large")).expect("a file");
    large.set_len(GIB4 + 2_000_000).expect("a sparse file");
    for (offset, bytes) in [
        (0, b"at first"),
        (GIB4 / 2 - 4, b"at 31bit"),
        (GIB4 - 4, b"at 32bit"),
        (GIB4 + 1_000_000, b"past bit"),
        (GIB4 + 2_000_000 - 8, b"the last"),
    ] {
        large.write_all_at(bytes, offset).expect("room on the disk");
    }
    let plain = guest::c("large_file", Form::COMMAND);
    let expected = Engine::Wasmtime
        .module(&plain)
        .dir(tree.path(), "/data")
        .stdout();
    assert!(
        expected.contains("size 4296967296") && expected.contains("8 bytes: the last"),
        "{expected}"
    );
    let packed = Pack::new(&plain).dir(tree.path(), "/data").run();
    let len = std::fs::metadata(&packed).expect("it was written").len();
    assert!(len < 8 << 20, "{len} bytes");
    assert_eq!(Engine::Wasmtime.module(&packed).stdout(), expected);
}
