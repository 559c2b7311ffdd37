//! All facts about a packed module. The fields are those of `--json`, which
//! docs/JSON.md describes.

use super::ballast::{self, Ballast};
use super::directories;
use crate::cli::digest::digest;
use crate::cli::lazy_path::LazyPath;
use crate::cli::opened::Opened;
use anyhow::Result;
use serde::{Serialize, Serializer};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use wasi_vfs::accounting::{Accounting, Share, duplicates};
use wasi_vfs::{Digests, Form, ImageReader, MemoryKind, Walk};
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::manifest::Manifest;
use wasi_vfs_format::{Codec, Content, Corrupt, Inode, InodeNumber, Kind};

#[derive(Debug, Serialize)]
pub(super) struct Report<'i> {
    pub(super) form: Option<&'static str>,
    /// Where the memory of a merged runtime is.
    pub(super) memory: Option<&'static str>,
    pub(super) digest: String,
    pub(super) format_version: u32,
    pub(super) tool_version: Option<String>,
    pub(super) runtime_version: Option<String>,
    pub(super) options: Option<Options>,
    pub(super) mounts: Vec<String>,
    pub(super) file: File,
    pub(super) tree: Tree,
    pub(super) blocks: Blocks,
    pub(super) deduplication: Deduplication<'i>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) left_out: Option<Skipped>,
    /// Files that a program probably does not need.
    pub(super) ballast: Vec<Ballast>,
    pub(super) extensions: Vec<Group<'i>>,
    pub(super) directories: Vec<Group<'i>>,
    /// Present if digests are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) files: Option<Vec<Named<'i>>>,
}

/// A file by its content.
#[derive(Debug, Serialize)]
pub(super) struct Named<'i> {
    pub(super) path: LazyPath<'i>,
    pub(super) size: u64,
    pub(super) digest: Option<String>,
}

/// How the image was packed.
#[derive(Debug, Serialize)]
pub(super) struct Options {
    /// zstd level; none if nothing was compressed.
    pub(super) level: Option<i32>,
    pub(super) block_len: u64,
}

/// The bytes of the whole file.
#[derive(Debug, Serialize)]
pub(super) struct File {
    pub(super) total: u64,
    /// None where it cannot be told from the runtime, which then is both.
    pub(super) application: Option<u64>,
    /// What is none of the others.
    pub(super) runtime: u64,
    pub(super) index: u64,
    pub(super) payload: u64,
    pub(super) metadata: u64,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Tree {
    pub(super) files: u64,
    pub(super) directories: u64,
    pub(super) symlinks: u64,
    pub(super) raw: u64,
    pub(super) unique: u64,
    pub(super) stored: u64,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Blocks {
    pub(super) count: u64,
    pub(super) len: u64,
    pub(super) uncompressed: u64,
    /// How full they are with content, from 0 to 1.
    pub(super) fill: f64,
    pub(super) stored: u64,
    /// Bytes of the payload that are no block's.
    pub(super) other: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Deduplication<'i> {
    /// What the content would be longer without it.
    pub(super) saved: u64,
    /// Files that are the same as another.
    pub(super) duplicate_files: u64,
    /// The one that saves most comes first.
    pub(super) groups: Vec<Duplicates<'i>>,
}

/// What the tree had and the image has not.
#[derive(Debug, Serialize)]
pub(super) struct Skipped {
    pub(super) files: u64,
    pub(super) raw: u64,
}

/// Files with the same bytes.
#[derive(Debug, Serialize)]
pub(super) struct Duplicates<'i> {
    pub(super) len: u64,
    pub(super) saved: u64,
    pub(super) paths: Vec<LazyPath<'i>>,
}

/// Files that have something in common, the largest group first.
#[derive(Debug, Serialize)]
pub(super) struct Group<'i> {
    pub(super) name: Name<'i>,
    pub(super) files: u64,
    pub(super) raw: u64,
    pub(super) unique: u64,
    pub(super) stored: u64,
}

/// What files have in common.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'i> {
    /// `.rb`; empty where there is none.
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

/// A file and what it takes.
pub(super) struct Sized {
    pub(super) number: InodeNumber,
    pub(super) len: u64,
    pub(super) share: Share,
}

impl<'i> Report<'i> {
    /// The form in words: `merged, separate memory`.
    pub(super) fn form_in_words(&self) -> String {
        let form = self.form.unwrap_or("an image by itself");
        match self.memory {
            Some(memory) => format!("{form}, {memory} memory"),
            None => form.to_owned(),
        }
    }

    /// Of an image that breaks no rule of the format.
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
            digest: Digest(superblock.digest).to_string(),
            format_version: superblock.version.get(),
            options: manifest.as_ref().map(|manifest| options(manifest, image)),
            left_out: manifest.as_ref().and_then(skipped),
            tool_version: manifest.map(|manifest| manifest.tool_version),
            runtime_version: opened.contents.runtime_version.clone(),
            mounts: mounts(image)?,
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
                files.push(Named {
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
    }
}

fn memory_name(form: Form) -> Option<&'static str> {
    match form {
        Form::Linked => None,
        Form::Merged(MemoryKind::Separate) => Some("separate"),
        Form::Merged(MemoryKind::Single) => Some("single"),
    }
}

fn options(manifest: &Manifest, image: &ImageReader<'_>) -> Options {
    Options {
        level: manifest.compression,
        block_len: image.index().superblock().block_len().into(),
    }
}

fn skipped(manifest: &Manifest) -> Option<Skipped> {
    let left_out = manifest.left_out?;
    Some(Skipped {
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

fn file(opened: &Opened<'_>) -> File {
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
    File {
        total,
        application,
        runtime: total.saturating_sub(others),
        index,
        payload,
        metadata,
    }
}

/// All regular files, in the order of the paths.
pub(super) fn files(image: &ImageReader<'_>, accounting: &Accounting) -> Result<Vec<Sized>> {
    let mut files = Vec::new();
    for entry in Walk::new(image)? {
        let entry = entry?;
        if let Content::File(file) = entry.inode.content {
            files.push(Sized {
                number: entry.inode.number,
                len: file.len,
                share: accounting.of(image, &entry.inode)?,
            });
        }
    }
    Ok(files)
}

fn tree(image: &ImageReader<'_>, files: &[Sized]) -> Result<Tree> {
    let mut tree = Tree::default();
    for number in (0..image.index().inode_count()).map(InodeNumber) {
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
    for number in 0..index.block_count() {
        let block = index.block(number)?;
        raw = raw.saturating_add(block.raw_len.into());
        blocks.stored = blocks.stored.saturating_add(block.stored_len.into());
        blocks.uncompressed += u64::from(block.codec == Codec::Stored);
    }
    let room = blocks.count.saturating_mul(blocks.len);
    blocks.fill = match room {
        0 => 0.0,
        _ => raw as f64 / room as f64,
    };
    blocks.other = image.payload_len().saturating_sub(blocks.stored);
    Ok(blocks)
}

/// The largest first, and the files of each in the order of `files`.
fn groups_of_duplicates<'i>(
    image: &'i ImageReader<'i>,
    files: &[Sized],
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

/// Groups files by what `key` says that they have in common, and calls it `name`.
fn group<'i, K: Ord>(
    files: &[Sized],
    key: impl Fn(&Sized) -> Result<K>,
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
    // Stable, so groups of one size stay in the order of their keys.
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
    fn add(&mut self, file: &Sized) {
        self.files += 1;
        self.raw = self.raw.saturating_add(file.len);
        self.share = self.share.and(file.share);
    }
}

/// `.rb`; nothing where a name has none. A leading dot starts a hidden name.
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
    fn an_extension_is_what_follows_the_last_dot() {
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
