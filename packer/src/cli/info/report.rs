//! The report of `info`: sizes of a packed module by part, extension and directory.
//!
//! [`Report::gather`] visits all files once and adds up their shares of the stored blocks.
//! The fields are those of `--json`, which docs/JSON.md describes. For example, two equal
//! files of 100 bytes add 200 to `tree.raw` and 100 to `tree.unique`.

use super::ballast::{self, Ballast};
use super::component::Component;
use super::directories;
use super::runtime_parts::{self, RuntimePart};
use super::writable::Writable;
use crate::cli::digest::digest;
use crate::cli::lazy_path::LazyPath;
use crate::cli::opened::Opened;
use anyhow::Result;
use serde::{Serialize, Serializer};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wasi_vfs::accounting::{Accounting, Share, duplicates};
use wasi_vfs::{Digests, Form, ImageReader, MemoryKind, Walk};
use wasi_vfs_format::changes::Mark;
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::manifest::Manifest;
use wasi_vfs_format::{Codec, Content, Corrupt, Inode, InodeNumber, Kind};

#[derive(Debug, Serialize)]
pub(super) struct Report<'i> {
    pub(super) form: Option<&'static str>,
    /// The memory of a merged runtime.
    pub(super) memory: Option<&'static str>,
    /// Present if the file is a component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) component: Option<Component>,
    pub(super) digest: String,
    pub(super) format_version: u32,
    pub(super) tool_version: Option<String>,
    pub(super) runtime_version: Option<String>,
    /// Present if the runtime has only the parts that the image needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) runtime_parts: Option<Vec<RuntimePart>>,
    pub(super) options: Option<Options>,
    pub(super) mounts: Vec<String>,
    /// Present if the program may change directories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) writable: Option<Writable<'i>>,
    /// The exports that ran, if the module keeps the state of a start.
    #[serde(skip)]
    pub(super) started: Option<Vec<String>>,
    pub(super) file: FileSizes,
    pub(super) tree: TreeSizes,
    pub(super) blocks: Blocks,
    pub(super) deduplication: Deduplication<'i>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) left_out: Option<LeftOut>,
    /// Files that a program probably does not need.
    pub(super) ballast: Vec<Ballast>,
    pub(super) extensions: Vec<Group<'i>>,
    pub(super) directories: Vec<Group<'i>>,
    /// Present with `--digests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) files: Option<Vec<FileDigest<'i>>>,
}

/// A file with the digest of its content.
#[derive(Debug, Serialize)]
pub(super) struct FileDigest<'i> {
    pub(super) path: LazyPath<'i>,
    pub(super) size: u64,
    pub(super) digest: Option<String>,
}

/// The options of the pack.
#[derive(Debug, Serialize)]
pub(super) struct Options {
    /// The zstd level. `None` if the image is uncompressed.
    pub(super) level: Option<i32>,
    pub(super) block_len: u64,
}

/// The sizes of the parts of the file, in bytes.
#[derive(Debug, Serialize)]
pub(super) struct FileSizes {
    pub(super) total: u64,
    /// `None` if it cannot be distinguished from the runtime. Then `runtime` contains it.
    pub(super) application: Option<u64>,
    /// The rest of the file.
    pub(super) runtime: u64,
    pub(super) index: u64,
    pub(super) payload: u64,
    pub(super) metadata: u64,
}

/// Counts of the tree, and the bytes of its files.
#[derive(Debug, Default, Serialize)]
pub(super) struct TreeSizes {
    pub(super) files: u64,
    pub(super) directories: u64,
    pub(super) symlinks: u64,
    /// Removed names of an image of changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) removed: Option<u64>,
    pub(super) raw: u64,
    pub(super) unique: u64,
    pub(super) stored: u64,
}

/// Counts and bytes of the stored blocks.
#[derive(Debug, Default, Serialize)]
pub(super) struct Blocks {
    pub(super) count: u64,
    pub(super) len: u64,
    pub(super) uncompressed: u64,
    /// The blocks that others are compressed against.
    pub(super) bases: u64,
    /// The used fraction of all blocks, from 0 to 1.
    pub(super) fill: f64,
    pub(super) stored: u64,
    /// Bytes of the payload outside all blocks.
    pub(super) other: u64,
}

/// The savings by deduplication.
#[derive(Debug, Serialize)]
pub(super) struct Deduplication<'i> {
    /// Saved bytes before compression.
    pub(super) saved: u64,
    /// Files that are equal to an earlier one.
    pub(super) duplicate_files: u64,
    /// Sorted by saved bytes, the largest first.
    pub(super) groups: Vec<Duplicates<'i>>,
}

/// The files that `--only` left out.
#[derive(Debug, Serialize)]
pub(super) struct LeftOut {
    pub(super) files: u64,
    pub(super) raw: u64,
}

/// Equal files.
#[derive(Debug, Serialize)]
pub(super) struct Duplicates<'i> {
    pub(super) len: u64,
    pub(super) saved: u64,
    pub(super) paths: Vec<LazyPath<'i>>,
}

/// Files with the same extension or top directory.
#[derive(Debug, Serialize)]
pub(super) struct Group<'i> {
    pub(super) name: Name<'i>,
    pub(super) files: u64,
    pub(super) raw: u64,
    pub(super) unique: u64,
    pub(super) stored: u64,
}

/// The name of a group.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'i> {
    /// `.rb`, or empty.
    Extension(&'i [u8]),
    Directory(LazyPath<'i>),
}

impl Name<'_> {
    pub(super) fn text(&self) -> Result<String, Corrupt> {
        Ok(match self {
            Self::Extension(extension) => String::from_utf8_lossy(extension).into_owned(),
            Self::Directory(place) => match place.path()? {
                root if root == "/" => root,
                path => path + "/",
            },
        })
    }
}

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.text().map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

/// A file and its share of the stored bytes.
pub(super) struct SizedFile {
    pub(super) number: InodeNumber,
    pub(super) len: u64,
    pub(super) share: Share,
}

impl<'i> Report<'i> {
    /// The form in words: `merged, separate memory`.
    pub(super) fn form_in_words(&self) -> String {
        let image = match self.tree.removed {
            None => "an image by itself",
            Some(_) => "the changes of a program",
        };
        let form = self.form.unwrap_or(image);
        match self.memory {
            Some(memory) => format!("{form}, {memory} memory"),
            None => form.to_owned(),
        }
    }

    /// Requires an image that breaks no rule of the format.
    pub(super) fn gather(opened: &'i Opened<'_>, accounting: &Accounting) -> Result<Self> {
        let image = &opened.image;
        let superblock = image.index().superblock();
        let manifest = image
            .metadata()
            .and_then(|metadata| metadata.manifest().ok());
        let files = files(image, accounting)?;
        let tree = tree(image, &files)?;
        let groups = groups_of_duplicates(image, &files)?;
        let tops = directories::tops(image)?;
        Ok(Self {
            form: opened.contents.form.map(form_name),
            memory: opened.contents.form.and_then(memory_name),
            component: Component::of(opened)?,
            digest: Digest(superblock.digest).to_string(),
            format_version: superblock.version.get(),
            options: manifest.as_ref().map(|manifest| options(manifest, image)),
            left_out: manifest.as_ref().and_then(left_out),
            tool_version: manifest.map(|manifest| manifest.tool_version),
            runtime_version: opened.contents.runtime_version.clone(),
            runtime_parts: runtime_parts::of(opened),
            mounts: mounts(image)?,
            writable: Writable::of(opened),
            started: opened.contents.started.clone(),
            file: file(opened),
            deduplication: Deduplication {
                saved: tree.raw.saturating_sub(tree.unique),
                duplicate_files: groups
                    .iter()
                    .map(|group| group.paths.len() as u64 - 1)
                    .sum(),
                groups,
            },
            tree,
            blocks: blocks(image)?,
            ballast: ballast::find(image, accounting)?,
            extensions: group(
                &files,
                |file| Ok(extension(image.index().name(file.number)?)),
                Name::Extension,
            )?,
            directories: group(
                &files,
                |file| Ok(tops.get(file.number.0 as usize).copied()),
                |top| {
                    let number = top.unwrap_or(InodeNumber::ROOT);
                    Name::Directory(LazyPath { image, number })
                },
            )?,
            files: None,
        })
    }
}

impl<'i> Report<'i> {
    /// Adds the list of files with digests, in the order of the paths.
    pub(super) fn add_files(
        &mut self,
        image: &'i ImageReader<'i>,
        no_size_limit: bool,
    ) -> Result<()> {
        let mut digests = Digests::new(image).no_size_limit(no_size_limit);
        let mut files = Vec::new();
        for entry in Walk::new(image)? {
            let inode = entry?.inode;
            if let Content::File(file) = &inode.content {
                let number = inode.number;
                let digest = digest(image, &mut digests, &inode)?;
                files.push(FileDigest {
                    path: LazyPath { image, number },
                    size: file.len,
                    digest: digest.map(|digest| digest.to_string()),
                });
            }
        }
        self.files = Some(files);
        Ok(())
    }
}

fn form_name(form: Form) -> &'static str {
    match form {
        Form::Linked => "linked",
        Form::Merged(_) => "merged",
        Form::Wired(_) => "wired",
    }
}

fn memory_name(form: Form) -> Option<&'static str> {
    match form {
        Form::Linked => None,
        Form::Merged(kind) | Form::Wired(kind) => Some(kind_name(kind)),
    }
}

fn kind_name(kind: MemoryKind) -> &'static str {
    match kind {
        MemoryKind::Separate => "separate",
        MemoryKind::Single => "single",
    }
}

fn options(manifest: &Manifest, image: &ImageReader<'_>) -> Options {
    Options {
        level: manifest.compression,
        block_len: image.index().superblock().block_len().into(),
    }
}

fn left_out(manifest: &Manifest) -> Option<LeftOut> {
    let left_out = manifest.left_out?;
    Some(LeftOut {
        files: left_out.file_count.into(),
        raw: left_out.file_len,
    })
}

fn mounts(image: &ImageReader<'_>) -> Result<Vec<String>> {
    let mounts = 0..image.index().mount_count();
    mounts
        .map(|number| Ok(String::from_utf8_lossy(image.index().mount(number)?.path).into_owned()))
        .collect()
}

fn file(opened: &Opened<'_>) -> FileSizes {
    let contents = opened.contents;
    let total = opened.source.len();
    let (index, payload) = (u64::from(contents.index_stored_len), contents.payload.len());
    let metadata = contents
        .metadata
        .as_deref()
        .map_or(0, |metadata| metadata.len() as u64);
    let application = match contents.form {
        Some(_) => contents.application_len(opened.source),
        None => Some(0),
    };
    let image = index.saturating_add(payload).saturating_add(metadata);
    let others = image.saturating_add(application.unwrap_or(0));
    FileSizes {
        total,
        application,
        runtime: total.saturating_sub(others),
        index,
        payload,
        metadata,
    }
}

/// All regular files, in the order of the paths.
pub(super) fn files(image: &ImageReader<'_>, accounting: &Accounting) -> Result<Vec<SizedFile>> {
    let mut files = Vec::new();
    for entry in Walk::new(image)? {
        let entry = entry?;
        if let Content::File(file) = entry.inode.content {
            files.push(SizedFile {
                number: entry.inode.number,
                len: file.len,
                share: accounting.of(image, &entry.inode)?,
            });
        }
    }
    Ok(files)
}

fn tree(image: &ImageReader<'_>, files: &[SizedFile]) -> Result<TreeSizes> {
    let is_changes = image.index().superblock().is_changes();
    let mut tree = TreeSizes {
        removed: is_changes.then_some(0),
        ..TreeSizes::default()
    };
    for number in (0..image.index().inode_count()).map(InodeNumber) {
        if image.index().mark(number)? == Some(Mark::Removed) {
            tree.removed = tree.removed.map(|count| count + 1);
            continue;
        }
        match image.index().inode(number)?.kind() {
            Kind::File => tree.files += 1,
            Kind::Directory => tree.directories += 1,
            Kind::Symlink => tree.symlinks += 1,
        }
    }
    let mut sum = Sum::default();
    files.iter().for_each(|file| sum.add(file));
    (tree.raw, tree.unique, tree.stored) =
        (sum.raw, sum.share.unique_len(), sum.share.stored_len());
    Ok(tree)
}

fn blocks(image: &ImageReader<'_>) -> Result<Blocks> {
    let index = image.index();
    let mut blocks = Blocks {
        count: index.block_count().into(),
        len: index.superblock().block_len().into(),
        ..Blocks::default()
    };
    let mut raw: u64 = 0;
    let mut bases = BTreeSet::new();
    for number in 0..index.block_count() {
        let block = index.block(number)?;
        bases.extend(block.base.map(|base| base.0));
        raw = raw.saturating_add(block.raw_len.into());
        blocks.stored = blocks.stored.saturating_add(block.stored_len.into());
        blocks.uncompressed += u64::from(block.codec == Codec::Stored);
    }
    blocks.bases = bases.len() as u64;
    let room = blocks.count.saturating_mul(blocks.len);
    blocks.fill = match room {
        0 => 0.0,
        _ => raw as f64 / room as f64,
    };
    blocks.other = image.payload_len().saturating_sub(blocks.stored);
    Ok(blocks)
}

/// Groups of equal files, the largest saving first. Each group has the order of `files`.
fn groups_of_duplicates<'i>(
    image: &'i ImageReader<'i>,
    files: &[SizedFile],
) -> Result<Vec<Duplicates<'i>>> {
    let numbers = files.iter().map(|file| file.number);
    let places: HashMap<_, _> = numbers.zip(0_usize..).collect();
    let mut groups = Vec::new();
    for mut numbers in duplicates(image)? {
        numbers.sort_by_key(|number| places.get(number));
        let Some(first) = numbers.first() else {
            continue;
        };
        let len = len_of(&image.index().inode(*first)?);
        let saved = len.saturating_mul(numbers.len() as u64 - 1);
        groups.push((saved, places.get(first), len, numbers));
    }
    groups.sort_by_key(|&(saved, place, ..)| (Reverse(saved), place));
    let groups = groups.into_iter().map(|(saved, _, len, numbers)| {
        let paths = numbers.into_iter().map(|number| LazyPath { image, number });
        let paths = paths.collect();
        Duplicates { len, saved, paths }
    });
    Ok(groups.collect())
}

fn len_of(inode: &Inode) -> u64 {
    match &inode.content {
        Content::File(file) => file.len,
        _ => 0,
    }
}

/// Groups files by `key` and names each group by `name`. The largest group comes first.
fn group<'i, K: Ord>(
    files: &[SizedFile],
    key: impl Fn(&SizedFile) -> Result<K>,
    name: impl Fn(K) -> Name<'i>,
) -> Result<Vec<Group<'i>>> {
    let mut sums: BTreeMap<K, Sum> = BTreeMap::new();
    for file in files {
        sums.entry(key(file)?).or_default().add(file);
    }
    let groups = sums.into_iter().map(|(key, sum)| Group {
        name: name(key),
        files: sum.files,
        raw: sum.raw,
        unique: sum.share.unique_len(),
        stored: sum.share.stored_len(),
    });
    let mut groups: Vec<_> = groups.collect();
    // The sort is stable, so equal groups keep the order of their keys.
    groups.sort_by_key(|group| Reverse((group.stored, group.raw)));
    Ok(groups)
}

#[derive(Default)]
struct Sum {
    files: u64,
    raw: u64,
    share: Share,
}

impl Sum {
    fn add(&mut self, file: &SizedFile) {
        self.files += 1;
        self.raw = self.raw.saturating_add(file.len);
        self.share = self.share.and(file.share);
    }
}

/// The extension of `name`, such as `.rb`, or nothing. A leading dot starts a hidden name.
fn extension(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot @ 1..) => name.get(dot..).unwrap_or_default(),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_start_at_the_last_dot() {
        for (name, expected) in [
            ("b.tar.gz", ".gz"),
            ("b", ""),
            (".hidden", ""),
            (".hidden.rb", ".rb"),
            ("b.", "."),
        ] {
            assert_eq!(extension(name.as_bytes()), expected.as_bytes(), "{name}");
        }
    }
}
