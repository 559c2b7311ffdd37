//! Trees that are made here, the same each time, in memory where there is room.

use crate::command::{Command, root};
use crate::trees::{
    EMPTY, FLAT, HUNDRED_THOUSAND, LARGE, MADE, MILLION, ONE_FILE, PYTHON, THOUSAND, Tree,
};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Files of a directory, but in the flat tree.
const FANOUT: u64 = 100;

const LARGE_LEN: u64 = 3 << 30;

/// What the large file repeats.
const PATTERN_LEN: usize = 1 << 20;

/// A file system in memory, and what must be free there: a million files take a
/// page and an inode each.
const MEMORY: &str = "/dev/shm";
const MEMORY_MIN_KIB: u64 = 8 << 20;

/// A tree that is removed when this is dropped.
pub(crate) struct Synthetic {
    path: PathBuf,
}

impl Synthetic {
    /// Makes one of the trees of `trees`.
    pub(crate) fn of(tree: &Tree) -> Result<Self> {
        let synthetic = Self::empty(tree)?;
        let path = &synthetic.path;
        match *tree {
            EMPTY => {}
            FLAT => small_files(path, 10_000, u64::MAX)?,
            THOUSAND => small_files(path, 1_000, FANOUT)?,
            HUNDRED_THOUSAND => small_files(path, 100_000, FANOUT)?,
            MILLION => small_files(path, 1_000_000, FANOUT)?,
            LARGE => large_file(path)?,
            ONE_FILE => one_file(path)?,
            other => bail!("{} is not made here", other.title),
        }
        Ok(synthetic)
    }

    fn empty(tree: &Tree) -> Result<Self> {
        prepare()?;
        let path = root().join(tree.path());
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Drop for Synthetic {
    fn drop(&mut self) {
        // What is left is removed by the next run.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Sees to it that there is a place for trees, with nothing where it leads to
/// that an interrupted run has left.
fn prepare() -> Result<()> {
    let place = root().join(MADE);
    if let Ok(target) = fs::read_link(&place) {
        return fs::create_dir_all(&target).with_context(|| target.display().to_string());
    }
    if place.exists() || !has_memory() {
        return Ok(());
    }
    let name = root().display().to_string().replace('/', "-");
    let target = PathBuf::from(format!("{MEMORY}/wasi-vfs-bench{name}"));
    fs::create_dir_all(&target)?;
    Ok(std::os::unix::fs::symlink(target, place)?)
}

fn has_memory() -> bool {
    let free = format!("df --output=avail {MEMORY} | tail -1");
    let available = "awk '/^MemAvailable:/ { print $2 }' /proc/meminfo";
    let kib = |line: &str| Command::shell(line).number().unwrap_or(0);
    kib(&free).min(kib(available)) >= MEMORY_MIN_KIB
}

fn small_files(path: &Path, count: u64, fanout: u64) -> Result<()> {
    for number in 0..count {
        let directory = directory(path, number / fanout);
        if number % fanout == 0 {
            fs::create_dir_all(&directory)?;
        }
        let file = directory.join(format!("file-{number:07}.txt"));
        fs::write(file, text(number))?;
    }
    Ok(())
}

fn directory(root: &Path, number: u64) -> PathBuf {
    root.join(format!("{:03}", number / FANOUT))
        .join(format!("{:02}", number % FANOUT))
}

fn large_file(path: &Path) -> Result<()> {
    let mut file = File::create(path.join("large"))?;
    let pattern = noise(PATTERN_LEN);
    for _ in 0..LARGE_LEN / PATTERN_LEN as u64 {
        file.write_all(&pattern)?;
    }
    Ok(())
}

fn one_file(path: &Path) -> Result<()> {
    let sources = PYTHON.path();
    let list = format!("find {sources} -name '*.py' | LC_ALL=C sort");
    let output = path.join("all.py").display().to_string();
    Command::shell(format!("{list} | xargs cat >{output}")).run()?;
    Ok(())
}

/// Some 110 to 210 bytes, of which no other file has all.
fn text(number: u64) -> String {
    let mut text = format!("The file of number {number}.\n");
    let mut state = number;
    for _ in 0..5 + number % 7 {
        state = next(state);
        text += &format!("{state:016x}\n");
    }
    text
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 0;
    let word = |_| {
        state = next(state);
        state.to_le_bytes()
    };
    (0..len / 8).flat_map(word).collect()
}

/// SplitMix64's step and its mix in one: neighbours have nothing in common.
fn next(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_are_the_same_each_time_and_differ() {
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
        assert!((100..220).contains(&text(6).len()));
    }

    #[test]
    fn noise_is_as_long_as_asked_for() {
        assert_eq!(noise(64).len(), 64);
    }
}
