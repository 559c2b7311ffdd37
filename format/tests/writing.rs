//! What the writer promises: the same bytes always, its bounds, its errors.

#![cfg(feature = "std")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

mod common;

use common::{lookup, options, random_tree, sample, write};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasi_vfs_format::limits::MAX_NAME_LEN;
use wasi_vfs_format::testing::{Bytes, Random, directory, file, link, mount, tree};
use wasi_vfs_format::tree::{FileContent, FileNode, Node, Tree};
use wasi_vfs_format::writer::{self, Progress, WriteError};
use wasi_vfs_format::{Content, ImageReader};

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let on_threads = |count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
        let tree = random_tree(42);
        pool.unwrap()
            .install(|| writer::write(&tree, &options(Some(3), 12), &()).unwrap())
    };
    let one = on_threads(1);
    for count in 2..6 {
        assert!(on_threads(count) == one, "{count} threads");
    }
}

/// If this fails, the format or the order of the content has changed. Images
/// of the old kind are in use: raise the version or add a feature bit, say so
/// in `docs/FORMAT.md` and the changelog, and only then pin the new digests.
/// The first one names the tree: it may change with the version alone. The
/// second one, of stored bytes, also covers records and order.
#[test]
fn the_bytes_of_an_image_are_pinned() {
    let image = writer::write(&sample(), &options(None, 14), &()).unwrap();
    let whole = wasi_vfs_format::digest::Digest::of(&image.to_bytes());
    assert_eq!(
        image.digest.to_string(),
        "7c38b5fccbf7f68aca59f064125a39ae80d1ab2b4f0947918e7f608367557704"
    );
    assert_eq!(
        whole.to_string(),
        "19b10136d13c5cc5479c9c745462ecd971c7cad487d1578cc0c99a644940da60"
    );
}

/// Content that is other bytes whenever it is opened.
#[derive(Debug)]
struct Fickle(AtomicU64, Vec<Vec<u8>>);

impl FileContent for Fickle {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let time = self.0.fetch_add(1, Ordering::Relaxed) as usize;
        match self.1.get(time) {
            Some(bytes) => Ok(Box::new(&bytes[offset as usize..])),
            None => Err(io::Error::other("no more")),
        }
    }

    fn describe(&self) -> String {
        "fickle content".to_string()
    }
}

fn fickle(len: u64, times: &[&str]) -> Node {
    let times = times.iter().map(|bytes| bytes.as_bytes().to_vec());
    Node::File(FileNode {
        mtime_ns: 0,
        executable: false,
        len,
        content: Arc::new(Fickle(AtomicU64::new(0), times.collect())),
    })
}

fn failure(compression: Option<i32>, tree: Tree) -> String {
    let error = writer::write(&tree, &options(compression, 12), &()).unwrap_err();
    error.to_string()
}

#[test]
fn a_change_between_the_readings_is_an_error() {
    let changed = "`/f`: fickle content changed while it was packed";
    for second in ["abd", "ab"] {
        let tree = tree([("f", fickle(3, &["abc", second]))]);
        assert_eq!(failure(Some(1), tree), changed);
    }
}

#[test]
fn without_compression_files_are_read_once() {
    let tree = tree([("f", fickle(3, &["abc"]))]);
    let image = writer::write(&tree, &options(None, 12), &()).unwrap();
    assert_eq!(image.payload, b"abc");
}

#[test]
fn a_file_of_another_length_is_an_error() {
    let short = "`/f`: fickle content should have 3 bytes but has only 2; \
                 it changed while it was packed";
    let long = "`/f`: fickle content should have 3 bytes but has at least 4; \
                it changed while it was packed";
    for compression in [None, Some(1)] {
        let failure = |bytes| failure(compression, tree([("f", fickle(3, &[bytes]))]));
        assert_eq!(failure("ab"), short);
        assert_eq!(failure("abcdefg"), long);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let cannot = "`/f`: cannot read fickle content";
    assert_eq!(failure(None, tree([("f", fickle(3, &[]))])), cannot);
    assert_eq!(failure(Some(1), tree([("f", fickle(3, &[]))])), cannot);
    assert_eq!(failure(Some(1), tree([("f", fickle(3, &["abc"]))])), cannot);
}

#[test]
fn invalid_names_are_rejected() {
    for name in ["", ".", "..", "a/b", "a\0"] {
        let error = writer::write(&tree([(name, file(""))]), &options(None, 12), &());
        assert!(matches!(error, Err(WriteError::Name { .. })), "{name:?}");
    }
    let long = "é".repeat(128);
    let error = writer::write(&tree([(&long, file(""))]), &options(None, 12), &());
    assert!(matches!(error, Err(WriteError::NameLen { found: 256, .. })));
    write(&tree([(&long[..MAX_NAME_LEN - 1], file(""))]));
}

#[test]
fn too_long_paths_are_rejected() {
    let mut node = file("");
    for _ in 0..16 {
        node = directory([(&"d".repeat(255), node)]);
    }
    let error = writer::write(&tree([("d", node)]), &options(None, 12), &());
    assert!(
        matches!(error, Err(WriteError::PathLen { found: 4097, .. })),
        "{error:?}"
    );
}

#[test]
fn invalid_link_targets_are_rejected() {
    for target in ["", "a\0", &"a".repeat(4097)] {
        let error = writer::write(&tree([("l", link(target))]), &options(None, 12), &());
        assert!(
            matches!(error, Err(WriteError::Target { .. })),
            "{target:?}"
        );
    }
}

#[test]
fn a_mount_must_name_a_directory_once() {
    let with = |mounts: &[(&str, &[&str])]| {
        let mut tree = sample();
        tree.mounts = mounts
            .iter()
            .map(|(path, names)| mount(path, names))
            .collect();
        writer::write(&tree, &options(None, 12), &()).map(|_| ())
    };
    assert!(with(&[("/", &["lib"]), (".", &["lib"])]).is_ok());
    for broken in [
        &[("/", &["none"][..])][..],
        &[("/", &["lib", "a.txt"])],
        &[("/", &["lib", "a.txt", "x"])],
        &[("", &[])],
        &[("/", &[]), ("/", &[])],
    ] {
        assert!(
            matches!(with(broken), Err(WriteError::Mount { .. })),
            "{broken:?}"
        );
    }
}

#[test]
fn options_out_of_range_are_rejected() {
    let with = |compression, shift| writer::write(&sample(), &options(compression, shift), &());
    assert!(matches!(with(None, 11), Err(WriteError::BlockShift { .. })));
    assert!(matches!(with(None, 21), Err(WriteError::BlockShift { .. })));
    assert!(matches!(with(Some(99), 12), Err(WriteError::Level { .. })));
}

/// Counts what it hears.
#[derive(Default)]
struct Counting([AtomicU64; 3]);

impl Progress for Counting {
    fn chunked(&self, bytes: u64) {
        self.0[0].fetch_add(bytes, Ordering::Relaxed);
    }

    fn deduplicated(&self, bytes: u64) {
        self.0[1].fetch_add(bytes, Ordering::Relaxed);
    }

    fn compressed(&self, bytes: u64) {
        self.0[2].fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Bytes of the payload of files with these bytes, the names in order.
fn payload_len(files: &[&[u8]], block_shift: u32) -> usize {
    let mut tree = tree([]);
    for (number, bytes) in files.iter().enumerate() {
        tree.root
            .children
            .insert(format!("{number:03}"), file(*bytes));
    }
    let image = writer::write(&tree, &options(Some(3), block_shift), &()).unwrap();
    image.payload.len()
}

#[test]
fn versions_of_a_file_share_blocks() {
    let mut random = Random::new(5);
    let one = random.bytes(200_000);
    // A change every 500 bytes leaves no chunk as it was, and what is between
    // leaves nothing of one version in reach of the other.
    let mut other = one.clone();
    other.iter_mut().step_by(500).for_each(|byte| *byte ^= 1);
    let between = random.bytes(2_000_000);
    let found = payload_len(&[&one, &between, &other], 17);
    let expected = one.len() + between.len() + one.len() / 4;
    assert!(found < expected, "{found} bytes, not below {expected}");
}

#[test]
fn widespread_strings_are_stored_once() {
    let mut random = Random::new(6);
    let common = random.bytes(1000);
    let files: Vec<_> = (0..60)
        .map(|_| [&*random.bytes(3000), &common].concat())
        .collect();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let found = payload_len(&files, 14);
    let expected = 60 * 3000 + 3 * 1000;
    assert!(found < expected, "{found} bytes, not below {expected}");
}

#[test]
fn progress_adds_up() {
    let progress = Counting::default();
    let image = writer::write(&sample(), &options(Some(1), 12), &progress).unwrap();
    let statistics = image.manifest.statistics;
    let expected = [statistics.file_len, statistics.raw_len, statistics.raw_len];
    assert_eq!(progress.0.map(AtomicU64::into_inner), expected);
}

/// Zeros without end.
#[derive(Debug)]
struct Zeros(u64);

impl FileContent for Zeros {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(io::repeat(0).take(self.0 - offset)))
    }

    fn describe(&self) -> String {
        format!("{} zeros", self.0)
    }
}

/// A file beyond what 32 bits count. Without optimisation a smaller one must
/// do: reading 5 GiB there takes minutes.
#[test]
fn a_huge_file_of_zeros_is_one_chunk() {
    let len: u64 = if cfg!(debug_assertions) {
        64 << 20
    } else {
        5 << 30
    };
    let zeros = FileNode {
        mtime_ns: 0,
        executable: false,
        len: len + 3,
        content: Arc::new(Zeros(len + 3)),
    };
    let image = write(&tree([("end", file("end")), ("zeros", Node::File(zeros))]));
    assert!(image.manifest.statistics.chunk_count <= 3);
    assert!(image.payload.len() < 1000);
    let reader = ImageReader::new(&image.index, &image.payload, None).unwrap();
    let inode = lookup(&reader, "/zeros");
    let Content::File(file) = inode.content else {
        panic!("not a file");
    };
    let index = reader.index();
    assert_eq!(index.run(inode.number, &file, len + 3).unwrap(), None);
    assert_eq!(
        index
            .run(inode.number, &file, len + 2)
            .unwrap()
            .unwrap()
            .len,
        1
    );
    assert_eq!(wasi_vfs_format::check::check(index), []);
}

#[test]
fn small_random_content_is_stored_as_it_is() {
    let bytes = Random::new(9).bytes(5000);
    let node = FileNode {
        mtime_ns: 0,
        executable: false,
        len: 5000,
        content: Arc::new(Bytes(bytes.clone())),
    };
    let image = write(&tree([("f", Node::File(node))]));
    assert_eq!(image.payload, bytes);
    assert_eq!(image.manifest.statistics.stored_block_count, 1);
}

#[test]
fn ranked_files_come_first() {
    let tree = tree([
        ("a.a", file("aaaa")),
        ("b.b", file("bbb")),
        ("c.c", file("cc")),
    ]);
    let plain = options(None, 12);
    let ranks = [("/c.c".to_string(), 0), ("/b.b".to_string(), 1)];
    let ranked = writer::Options {
        ranks: ranks.into(),
        ..plain.clone()
    };
    let plain = writer::write(&tree, &plain, &()).unwrap();
    let ranked = writer::write(&tree, &ranked, &()).unwrap();
    assert_eq!(plain.payload, b"aaaabbbcc");
    assert_eq!(ranked.payload, b"ccbbbaaaa");
    assert_eq!(plain.digest, ranked.digest);
}
