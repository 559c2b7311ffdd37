//! Trees to pack: a sample with one of everything, and a builder.

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wasi_vfs_format::testing::Random;

/// A directory that is deleted when dropped.
#[derive(Debug)]
pub struct Tree(TempDir);

impl Tree {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it makes a directory")]
    pub fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory"))
    }

    /// An empty one for a sparse file, in memory if Linux has such a directory. There,
    /// reads of a hole share one page of zeros. On a disk, allocating the pages takes
    /// most of the time of packing.
    pub fn for_holes() -> Self {
        let in_memory = TempDir::new_in("/dev/shm");
        in_memory.map_or_else(|_| Self::new(), Self)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn place(&self, path: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("a directory");
        path
    }

    /// Adds a file, and the directories it is in.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.place(path), content).expect("a file");
        self
    }

    /// Adds an executable file.
    pub fn executable(&self, path: &str, content: &str) -> &Self {
        self.file(path, content);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path().join(path), mode).expect("our file");
        self
    }

    /// Adds an empty directory.
    pub fn directory(&self, path: &str) -> &Self {
        fs::create_dir_all(self.path().join(path)).expect("a directory");
        self
    }

    /// Adds a symbolic link.
    pub fn link(&self, path: &str, target: &str) -> &Self {
        symlink(target, self.place(path)).expect("a link");
        self
    }

    /// Sets a different time on each file, down to nanoseconds, so that the packed bytes
    /// are the same each time.
    pub fn set_times(&self) -> &Self {
        let mut paths = Vec::new();
        collect(self.path(), &mut paths);
        paths.sort();
        for (path, number) in paths.iter().zip(1u32..) {
            let time = Timespec {
                tv_sec: 1_700_000_000 + i64::from(number) * 1000,
                tv_nsec: i64::from(number) * 1001,
            };
            let times = Timestamps {
                last_access: time,
                last_modification: time,
            };
            utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).expect("our file");
        }
        self
    }
}

fn collect(path: &Path, paths: &mut Vec<PathBuf>) {
    paths.push(path.to_owned());
    for entry in fs::read_dir(path).expect("our directory") {
        let entry = entry.expect("our entry");
        let kind = entry.file_type().expect("our entry");
        if kind.is_dir() {
            collect(&entry.path(), paths);
        } else {
            paths.push(entry.path());
        }
    }
}

/// A sorted line for each object below a directory: path, kind, and the length and
/// digest of the content.
pub fn describe(directory: &Path) -> String {
    let mut lines = Vec::new();
    describe_below(directory, "", &mut lines);
    lines.sort();
    lines.concat()
}

fn describe_below(directory: &Path, at: &str, lines: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        let path = format!("{at}{}", entry.file_name().display());
        let kind = entry.file_type().expect("our entry");
        let content = if kind.is_symlink() {
            let target = fs::read_link(entry.path()).expect("a link");
            target.into_os_string().into_encoded_bytes()
        } else if kind.is_file() {
            fs::read(entry.path()).expect("a file")
        } else {
            describe_below(&entry.path(), &format!("{path}/"), lines);
            Vec::new()
        };
        let mut digest = DefaultHasher::new();
        content.hash(&mut digest);
        let (len, digest) = (content.len(), digest.finish());
        lines.push(format!("{path:?} {kind:?} {len} {digest:016x}\n"));
    }
}

/// Bytes that zstd can shrink, but not to nothing, the same in every run.
pub fn bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes = Vec::with_capacity(len + 64);
    while bytes.len() < len {
        let line = format!(
            "{:016x} the same words on each line {}\n",
            random.draw(),
            bytes.len()
        );
        bytes.extend_from_slice(line.as_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// The links of [`sample`], and where they lead. Unlike files, they bear the time
/// at which they were made.
pub const SAMPLE_LINKS: [(&str, &str); 6] = [
    ("link-relative", "dir/a.txt"),
    ("link-directory", "dir"),
    ("link-chain", "link-directory/sub/../../link-relative"),
    ("link-dangling", "no/such/file"),
    ("link-loop", "link-loop"),
    ("dir/link-up", "../hello.txt"),
];

/// One object of each kind that a tree can hold and a host directory can show.
///
/// Without absolute links: a host does not follow one out of its preopen, but an image
/// is a root.
pub fn sample() -> Tree {
    let tree = Tree::new();
    tree.file("hello.txt", "hello, world\n")
        .file("empty", "")
        .file("big.bin", bytes(1_000_000, 1))
        .file("dir/a.txt", "a\n")
        .file("dir/b.txt", "b\n")
        .file("dir/sub/c.txt", "hello, world\n")
        .file("日本/ünï.txt", "ü\n")
        .file("same/1.bin", bytes(100_000, 2))
        .file("same/2.bin", bytes(100_000, 2))
        .file(&format!("{}leaf", "deep/".repeat(40)), "at the bottom\n")
        .file(
            &format!("long/{}", "n".repeat(255)),
            "a name as long as they get\n",
        )
        .executable("run.sh", "#!/bin/sh\n")
        .directory("empty-dir")
        .directory("nest/of/empty/dirs");
    for (path, target) in SAMPLE_LINKS {
        tree.link(path, target);
    }
    for number in 0..300 {
        tree.file(
            &format!("many/file-{number:03}"),
            format!("{number}\n").repeat(number),
        );
    }
    tree.set_times();
    tree
}
