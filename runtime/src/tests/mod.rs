//! The runtime under test: real images, a fake host, a fake guest.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod caching;
mod changes;
mod component;
mod damage;
mod descriptors;
mod documented;
mod fake_host;
mod foreign;
mod full_storage;
mod guest;
mod host_answers;
mod hostile;
mod lending;
mod listing;
mod no_memory;
mod overlay;
mod paths;
mod polling;
mod preview2;
mod preview3;
mod probing;
mod races;
mod reading;
mod refusing;
mod stat;
mod verifying;

use guest::Guest;
use std::sync::LazyLock;
use wasi_vfs_format::testing::{directory, directory_node, file, link, mount};
use wasi_vfs_format::tree::Tree;

/// A tree of everything the calls can meet, mounted at `/` and at `/lib`.
fn sample_tree() -> Tree {
    Tree {
        root: directory_node([
            ("empty", file("")),
            ("hello", file("hello, world")),
            (
                "lib",
                directory([
                    ("a", directory([("deep", file("deep down"))])),
                    ("absolute", link("/hello")),
                    ("big", file(big())),
                    ("up", link("../hello")),
                ]),
            ),
            ("link", link("lib/a/deep")),
            ("link-to-directory", link("lib/a")),
            ("dangling", link("nowhere")),
            ("loop", link("loop")),
            ("vacant", directory([])),
        ]),
        mounts: vec![mount("/", &[]), mount("/lib", &["lib"])],
    }
}

/// Compressible, different at every offset, and longer than several blocks.
fn big() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// A guest on the sample tree, with a host that has no directories. Its
/// preopens are 3 (`/`) and 4 (`/lib`).
fn guest() -> Guest {
    let (index, payload) = sample_image();
    Guest::with_parts(index, payload, 0)
}

/// Index and payload of the sample tree.
fn sample_image() -> (Vec<u8>, Vec<u8>) {
    // Written once: writing it takes longer than most tests.
    static IMAGE: LazyLock<(Vec<u8>, Vec<u8>)> =
        LazyLock::new(|| guest::write_image(&sample_tree(), Some(3)));
    (*IMAGE).clone()
}
