//! The trees to pack. `tools/install ruby trees` brings the real ones at fixed
//! versions, and [`Made`] writes the others.

use crate::command::{Command, root};
use anyhow::Result;
use std::fs;
use std::io::Write;
use std::path::Path;
use wasi_vfs_format::testing::Random;

/// Where a module finds its tree.
pub(crate) const GUEST: &str = "/usr/local/lib";

/// A directory to pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    /// One word, for names of files.
    pub(crate) name: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// Relative to the root of the repository, or absolute.
    pub(crate) path: String,
    /// How often slow commands run on it.
    pub(crate) rounds: usize,
}

impl Tree {
    fn new(name: &'static str, title: &'static str, path: impl Into<String>) -> Self {
        let path = path.into();
        let rounds = 3;
        Self {
            name,
            title,
            path,
            rounds,
        }
    }

    /// The standard library of Ruby 3.4.
    pub(crate) fn ruby() -> Self {
        Self::new("ruby", "Ruby's library", ".tools/ruby-lib")
    }

    /// The library that a published CPython was built with, as `.pyc`.
    pub(crate) fn cpython() -> Self {
        Self::new("cpython", "CPython's library", ".tools/python-lib")
    }

    /// Python's library as source.
    pub(crate) fn python() -> Self {
        Self::installed("python", "Python's `.py`")
    }

    /// The same, with its bytecode.
    pub(crate) fn python_with_bytecode() -> Self {
        Self::installed("python-pyc", "Python's `.py` and `.pyc`")
    }

    /// A tree of `tools/install trees`.
    fn installed(name: &'static str, title: &'static str) -> Self {
        Self::new(name, title, format!(".tools/trees/{name}"))
    }

    /// A directory of the user's.
    pub(crate) fn at(path: &Path) -> Self {
        Self::new("tree", "the directory", path.display().to_string())
    }

    /// The trees that other people made.
    pub(crate) fn real() -> [Self; 6] {
        let large = |name, title| Self {
            rounds: 1,
            ..Self::installed(name, title)
        };
        [
            Self::ruby(),
            Self::python(),
            Self::python_with_bytecode(),
            large("app", "`node_modules`"),
            large("typescript", "three TypeScripts"),
            Self::installed("media", "media"),
        ]
    }

    /// The command that prints the bytes of all files.
    pub(crate) fn files_len(&self) -> Command {
        let list = format!("find {} -type f -printf '%s\\n'", self.path);
        Command::new(format!(
            "{list} | awk '{{ sum += $1 }} END {{ print sum }}'"
        ))
    }

    /// The argument that maps it to [`GUEST`].
    pub(crate) fn mapping(&self) -> String {
        format!("{}::{GUEST}", self.path)
    }
}

/// A tree that is written here, always with the same content. Dropping it removes it.
pub(crate) struct Made(pub(crate) Tree);

impl Made {
    /// No file at all.
    pub(crate) fn empty() -> Result<Self> {
        Self::new("empty")
    }

    /// Files of 110 to 210 bytes, 100 in a directory and 100 directories in each other.
    pub(crate) fn small_files(name: &'static str, count: u64) -> Result<Self> {
        let made = Self::new(name)?;
        for number in 0..count {
            let directory =
                made.path()
                    .join(format!("{:03}/{:02}", number / 10_000, number / 100 % 100));
            if number.is_multiple_of(100) {
                fs::create_dir_all(&directory)?;
            }
            fs::write(
                directory.join(format!("file-{number:07}.txt")),
                text(number),
            )?;
        }
        Ok(made)
    }

    /// 8 files of 8 MiB of noise.
    pub(crate) fn large_files() -> Result<Self> {
        let mut made = Self::new("large-files")?;
        made.0.title = "8 files of 8 MiB";
        for number in 0..8 {
            let path = made.path().join(format!("file-{number}"));
            fs::write(path, noise(number, 8 << 17))?;
        }
        Ok(made)
    }

    /// One file of 3 GiB that repeats 1 MiB of noise.
    pub(crate) fn large_file() -> Result<Self> {
        let made = Self::new("large")?;
        let noise = noise(0, 1 << 17);
        let mut file = fs::File::create(made.path().join("large"))?;
        (0..3 << 10).try_for_each(|_| file.write_all(&noise))?;
        Ok(made)
    }

    fn new(name: &'static str) -> Result<Self> {
        let made = Self(Tree::new(name, name, format!("{}/{name}", place())));
        // An interrupted run may have left it.
        if made.path().exists() {
            fs::remove_dir_all(made.path())?;
        }
        fs::create_dir_all(made.path())?;
        Ok(made)
    }

    fn path(&self) -> std::path::PathBuf {
        root().join(&self.0.path)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // The next run removes the remains of a failure.
        let _ = fs::remove_dir_all(self.path());
    }
}

/// Where trees are made: in memory if 8 GiB are free. Writing and removing a million files
/// takes many minutes on a disk, and only seconds there.
fn place() -> String {
    let memory = "/dev/shm";
    let free = format!("df -k --output=avail {memory} | tail -1");
    let available = "awk '/^MemAvailable:/ { print $2 }' /proc/meminfo";
    let has_room = |line: &str| {
        let kib = Command::new(line).line().unwrap_or_default();
        kib.trim().parse().is_ok_and(|kib: u64| kib >= 8 << 20)
    };
    if !has_room(&free) || !has_room(available) {
        return "target/bench/trees".into();
    }
    let checkout = root().display().to_string().replace('/', "-");
    format!("{memory}/wasi-vfs-bench{checkout}")
}

/// The bytes of `word_count` random words. No two files are equal.
fn noise(file: u64, word_count: u64) -> Vec<u8> {
    let words = file * word_count..(file + 1) * word_count;
    let words = words.map(|word| Random::new(word).draw());
    words.flat_map(u64::to_le_bytes).collect()
}

/// The text of a small file. No two are equal.
fn text(number: u64) -> String {
    let mut text = format!("The file of number {number}.\n");
    let mut state = number;
    for _ in 0..5 + number % 7 {
        state = Random::new(state).draw();
        text += &format!("{state:016x}\n");
    }
    text
}
