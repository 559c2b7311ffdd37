//! Repeats a call of WASI 0.2 on the files below a preopened directory, and does little
//! else. Usage: `files OPERATION COUNT GUEST_PATH`.
//!
//! It lists the tree once, runs the operation COUNT times, and prints a number that depends
//! on the answers. For example `stat 0 /lib` only lists, `stat 1000 /lib` also queries 1,000
//! files, and `descriptor-read 2 /lib` reads every file twice.

use std::env;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};
use wasip2::io::streams::{InputStream, StreamError};

/// Bytes of one read, as many as wasmtime returns at most.
const READ_LEN: u64 = 64 << 10;

type Result<T> = std::result::Result<T, ErrorCode>;

/// The preopened directory, and the paths below it.
struct Tree {
    root: Descriptor,
    directories: Vec<String>,
    files: Vec<String>,
}

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    let [operation, count, path] = &words[..] else {
        panic!("usage: files OPERATION COUNT GUEST_PATH");
    };
    let count: usize = count.parse().expect("a count");
    let answer = run(operation, count, path).expect("the tree does not change");
    println!("{answer}");
}

fn run(operation: &str, count: usize, path: &str) -> Result<u64> {
    let root = preopen(path);
    if operation == "trap" {
        return trap(&root, count);
    }
    let tree = Tree::of(root)?;
    match operation {
        "digest" => tree.digest(),
        "blocking-read" => tree.sum_of_files(count, |file| streamed(file, &mut |_| ())),
        "descriptor-read" => tree.sum_of_files(count, |file| read(file, &mut |_| ())),
        "open" => tree.sum_of_calls(&tree.files, count, |path| tree.open(path).map(|_| 1)),
        "stat" => tree.sum_of_calls(&tree.files, count, |path| tree.len(path)),
        "read-directory" => tree.sum_of_calls(&tree.directories, count, |path| {
            Ok(entries(&tree.directory(path)?)?.len() as u64)
        }),
        _ => panic!("no operation {operation}"),
    }
}

/// Ends in a trap, at which the engine writes all memories. Queries the root `count` times
/// before.
fn trap(root: &Descriptor, count: usize) -> Result<u64> {
    for _ in 0..count {
        root.stat_at(PathFlags::empty(), ".")?;
    }
    std::process::abort()
}

fn preopen(path: &str) -> Descriptor {
    let mut directories = get_directories().into_iter();
    let found = directories.find(|(_, name)| name == path);
    found.expect("the directory is preopened").0
}

impl Tree {
    fn of(root: Descriptor) -> Result<Self> {
        let (directories, files) = (vec![".".to_owned()], Vec::new());
        let mut tree = Self {
            root,
            directories,
            files,
        };
        let mut next = 0;
        while let Some(directory) = tree.directories.get(next).cloned() {
            for (name, kind) in entries(&tree.directory(&directory)?)? {
                let path = format!("{directory}/{name}");
                match kind {
                    DescriptorType::Directory => tree.directories.push(path),
                    DescriptorType::RegularFile => tree.files.push(path),
                    _ => (),
                }
            }
            next += 1;
        }
        // A host lists a directory in any order.
        tree.directories.sort();
        tree.files.sort();
        Ok(tree)
    }

    fn open(&self, path: &str) -> Result<Descriptor> {
        let (flags, rights) = (OpenFlags::empty(), DescriptorFlags::READ);
        self.root.open_at(PathFlags::empty(), path, flags, rights)
    }

    fn directory(&self, path: &str) -> Result<Descriptor> {
        let (flags, rights) = (OpenFlags::DIRECTORY, DescriptorFlags::READ);
        self.root.open_at(PathFlags::empty(), path, flags, rights)
    }

    fn len(&self, path: &str) -> Result<u64> {
        Ok(self.root.stat_at(PathFlags::empty(), path)?.size)
    }

    /// Opens every file `count` times, in rounds.
    fn sum_of_files(
        &self,
        count: usize,
        mut of: impl FnMut(&Descriptor) -> Result<u64>,
    ) -> Result<u64> {
        let mut files = (0..count).flat_map(|_| &self.files);
        files.try_fold(0, |sum, path| Ok(sum + of(&self.open(path)?)?))
    }

    /// Calls with `count` paths from all over the tree.
    fn sum_of_calls(
        &self,
        paths: &[String],
        count: usize,
        mut call: impl FnMut(&str) -> Result<u64>,
    ) -> Result<u64> {
        // A prime, so that consecutive paths lie in different directories.
        const STEP: usize = 7919;
        let mut numbers = (0..count).map(|number| number * STEP % paths.len());
        numbers.try_fold(0, |sum, number| Ok(sum + call(&paths[number])?))
    }

    /// Depends on all paths and on every byte, read in both ways.
    fn digest(&self) -> Result<u64> {
        let mut digest = 0xcbf2_9ce4_8422_2325;
        let mut add = |bytes: &[u8]| {
            for byte in bytes {
                // FNV-1a.
                digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for path in &self.files {
            add(path.as_bytes());
            let file = self.open(path)?;
            streamed(&file, &mut add)?;
            read(&file, &mut add)?;
        }
        Ok(digest)
    }
}

fn entries(directory: &Descriptor) -> Result<Vec<(String, DescriptorType)>> {
    let stream = directory.read_directory()?;
    let mut entries = Vec::new();
    while let Some(entry) = stream.read_directory_entry()? {
        entries.push((entry.name, entry.type_));
    }
    Ok(entries)
}

/// Reads a file by `input-stream.blocking-read`.
fn streamed(file: &Descriptor, add: &mut impl FnMut(&[u8])) -> Result<u64> {
    let stream = file.read_via_stream(0)?;
    let mut len = 0;
    while let Some(bytes) = next(&stream) {
        add(&bytes);
        len += bytes.len() as u64;
    }
    Ok(len)
}

fn next(stream: &InputStream) -> Option<Vec<u8>> {
    match stream.blocking_read(READ_LEN) {
        Ok(bytes) => Some(bytes),
        Err(StreamError::Closed) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Reads a file by `descriptor.read`.
fn read(file: &Descriptor, add: &mut impl FnMut(&[u8])) -> Result<u64> {
    let mut len = 0;
    loop {
        let (bytes, is_end) = file.read(READ_LEN, len)?;
        add(&bytes);
        len += bytes.len() as u64;
        if is_end {
            return Ok(len);
        }
    }
}
