//! Walks a mapped directory by WASI 0.3, and prints the lines of `tests/guests/c/tree.c`.

use crate::line::{digest, digest_more};
use crate::nodes::path_flags;
use std::collections::BTreeSet;
use wasip3::filesystem::preopens::get_directories;
use wasip3::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags,
};
use wasip3::wit_bindgen::rt::async_support::StreamResult;

/// The bytes of one read.
const PART_LEN: usize = 32_768;

/// The lines and the identities of the visited paths.
struct Walk<'a> {
    root: &'a str,
    preopen: Descriptor,
    lines: Vec<String>,
    identities: BTreeSet<(u64, u64)>,
}

/// The sorted lines of everything below `root`, which is a preopen.
pub async fn lines(root: &str) -> Result<Vec<String>, ErrorCode> {
    let mut preopens = get_directories().into_iter();
    let found = preopens.find(|(_, path)| path == root);
    let (preopen, _) = found.ok_or(ErrorCode::NoEntry)?;
    let mut walk = Walk {
        root,
        preopen,
        lines: Vec::new(),
        identities: BTreeSet::new(),
    };
    let mut pending = vec![".".to_owned()];
    while let Some(path) = pending.pop() {
        pending.extend(walk.visit(&path).await?);
    }
    Ok(walk.finish())
}

impl Walk<'_> {
    /// Returns the paths of the entries of a directory.
    async fn visit(&mut self, path: &str) -> Result<Vec<String>, ErrorCode> {
        let preopen = &self.preopen;
        let stat = preopen.stat_at(path_flags(false), path.to_owned()).await?;
        let hash = preopen.metadata_hash_at(path_flags(false), path.to_owned());
        let hash = hash.await?;
        self.identities.insert((hash.lower, hash.upper));
        let (detail, entries) = match stat.type_ {
            DescriptorType::Directory => (String::new(), self.entries(path).await?),
            DescriptorType::SymbolicLink => {
                let target = preopen.readlink_at(path.to_owned()).await?;
                (format!(" {target}"), Vec::new())
            }
            _ => {
                let (len, digest) = self.content(path).await?;
                assert_eq!(len, stat.size, "{path}");
                (format!(" {len} {digest:x}"), Vec::new())
            }
        };
        let (name, described) = (self.name(path), describe(&stat));
        self.lines.push(format!("{name} {described}{detail}"));
        Ok(entries)
    }

    async fn open(&self, path: &str, flags: OpenFlags) -> Result<Descriptor, ErrorCode> {
        let path = path.to_owned();
        let opened = self
            .preopen
            .open_at(path_flags(false), path, flags, DescriptorFlags::READ);
        opened.await
    }

    async fn entries(&self, path: &str) -> Result<Vec<String>, ErrorCode> {
        let directory = self.open(path, OpenFlags::DIRECTORY).await?;
        let (mut entries, result) = directory.read_directory();
        let mut paths = Vec::new();
        loop {
            let (state, found) = entries.read(Vec::with_capacity(16)).await;
            let found = found.into_iter().map(|entry| entry.name);
            paths.extend(found.map(|name| match path {
                "." => name,
                _ => format!("{path}/{name}"),
            }));
            if state == StreamResult::Dropped {
                return result.await.map(|()| paths);
            }
        }
    }

    /// Length and digest of a file.
    async fn content(&self, path: &str) -> Result<(u64, u64), ErrorCode> {
        let file = self.open(path, OpenFlags::empty()).await?;
        let (mut bytes, result) = file.read_via_stream(0);
        let (mut len, mut digest) = (0, digest(b""));
        loop {
            let (state, found) = bytes.read(Vec::with_capacity(PART_LEN)).await;
            len += found.len() as u64;
            digest = digest_more(digest, &found);
            if state == StreamResult::Dropped {
                return result.await.map(|()| (len, digest));
            }
        }
    }

    fn name(&self, path: &str) -> String {
        match path {
            "." => self.root.to_owned(),
            _ => format!("{}/{path}", self.root),
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.lines.sort();
        let count = self.lines.len();
        let repeated = count - self.identities.len();
        let total = format!("{count} paths, {repeated} repeated inode numbers");
        self.lines.push(total);
        self.lines
    }
}

/// Type and time of modification.
fn describe(stat: &DescriptorStat) -> String {
    let kind = match stat.type_ {
        DescriptorType::Directory => "directory",
        DescriptorType::SymbolicLink => "link",
        _ => "file",
    };
    let time = stat.data_modification_timestamp;
    let time = time.map(|time| format!("{}.{:09}", time.seconds, time.nanoseconds));
    format!("{kind} {}", time.unwrap_or_default())
}
