//! What there is to know about a packed module. The fields are those of
//! `--json`, which the help of `info` describes.

use crate::cli::opened::Opened;
use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use wasi_vfs::accounting::{Accounting, Share, duplicates};
use wasi_vfs::{Form, ImageReader, MemoryKind, Walk, module};
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::manifest::Manifest;
use wasi_vfs_format::{Codec, Content, Inode, InodeNumber, Kind};

#[derive(Debug, Serialize)]
pub(super) struct Facts {
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
    pub(super) deduplication: Deduplication,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) left_out: Option<Skipped>,
    pub(super) extensions: Vec<Group>,
    pub(super) directories: Vec<Group>,
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
    pub(super) cold: u64,
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
pub(super) struct Deduplication {
    /// What the content would be longer without it.
    pub(super) saved: u64,
    /// Files that are the same as another.
    pub(super) duplicate_files: u64,
    /// The one that saves most comes first.
    pub(super) groups: Vec<Duplicates>,
}

/// What the tree had and the image has not.
#[derive(Debug, Serialize)]
pub(super) struct Skipped {
    pub(super) files: u64,
    pub(super) raw: u64,
}

/// Files with the same bytes.
#[derive(Debug, Serialize)]
pub(super) struct Duplicates {
    pub(super) len: u64,
    pub(super) saved: u64,
    pub(super) paths: Vec<String>,
}

/// Files that have something in common, the largest group first.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) files: u64,
    pub(super) raw: u64,
    pub(super) unique: u64,
    pub(super) stored: u64,
}

/// A file and what it takes.
pub(super) struct Sized {
    pub(super) path: std::sync::Arc<str>,
    pub(super) len: u64,
    pub(super) share: Share,
}

impl Facts {
    /// The form in words: `merged, separate memory`.
    pub(super) fn form_in_words(&self) -> String {
        let form = self.form.unwrap_or("an image by itself");
        match self.memory {
            Some(memory) => format!("{form}, {memory} memory"),
            None => form.to_owned(),
        }
    }

    /// Of an image that breaks no rule of the format.
    pub(super) fn gather(opened: &Opened<'_>, accounting: &Accounting) -> Result<Self> {
        let image = &opened.image;
        let superblock = image.index().superblock();
        let manifest = image.cold().and_then(|cold| cold.manifest().ok());
        let files = files(image, accounting)?;
        let tree = tree(image, &files)?;
        let groups = groups_of_duplicates(image)?;
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
            extensions: group(&files, extension),
            directories: group(&files, top_directory(&files)),
        })
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
    let len = |bytes: &[u8]| bytes.len() as u64;
    let total = len(opened.bytes);
    let (index, payload) = (u64::from(contents.index_stored_len), len(&contents.payload));
    let cold = contents.cold.as_deref().map_or(0, len);
    let application = match contents.form {
        // A module that another tool has changed since cannot be taken apart.
        Some(Form::Merged(_)) => module::without_image(opened.bytes)
            .ok()
            .map(|app| len(&app)),
        Some(Form::Linked) => None,
        None => Some(0),
    };
    let image = index.saturating_add(payload).saturating_add(cold);
    let others = image.saturating_add(application.unwrap_or(0));
    File {
        total,
        application,
        runtime: total.saturating_sub(others),
        index,
        payload,
        cold,
    }
}

/// All regular files, in the order of the paths.
pub(super) fn files(image: &ImageReader<'_>, accounting: &Accounting) -> Result<Vec<Sized>> {
    let mut files = Vec::new();
    for entry in Walk::new(image)? {
        let entry = entry?;
        if let Content::File(file) = entry.inode.content {
            files.push(Sized {
                share: accounting.of(image, &entry.inode)?,
                path: entry.path,
                len: file.len,
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
    let sum = sum("", files.iter());
    (tree.raw, tree.unique, tree.stored) = (sum.raw, sum.unique, sum.stored);
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
    let payload = image.payload().len() as u64;
    blocks.other = payload.saturating_sub(blocks.stored);
    Ok(blocks)
}

fn groups_of_duplicates(image: &ImageReader<'_>) -> Result<Vec<Duplicates>> {
    let mut groups = Vec::new();
    for numbers in duplicates(image)? {
        let paths = numbers.iter().map(|&number| image.path(number));
        let mut paths: Vec<_> = paths.collect::<Result<_, _>>()?;
        paths.sort();
        let first = numbers.first().map(|&number| image.index().inode(number));
        let len = first.transpose()?.map_or(0, |inode| len_of(&inode));
        let copies = paths.len() as u64 - 1;
        let saved = len.saturating_mul(copies);
        groups.push(Duplicates { len, saved, paths });
    }
    groups.sort_by(|one, other| {
        let largest_first = other.saved.cmp(&one.saved);
        largest_first.then_with(|| one.paths.cmp(&other.paths))
    });
    Ok(groups)
}

fn len_of(inode: &Inode) -> u64 {
    match &inode.content {
        Content::File(file) => file.len,
        _ => 0,
    }
}

/// Groups files by what `name` calls them.
fn group(files: &[Sized], name: impl Fn(&str) -> String) -> Vec<Group> {
    let mut groups: BTreeMap<String, Vec<&Sized>> = BTreeMap::new();
    for file in files {
        groups.entry(name(&file.path)).or_default().push(file);
    }
    let groups = groups.into_iter();
    let mut groups: Vec<_> = groups
        .map(|(name, files)| sum(&name, files.into_iter()))
        .collect();
    // Stable, so groups of one size stay in the order of their names.
    groups.sort_by_key(|group| std::cmp::Reverse((group.stored, group.raw)));
    groups
}

fn sum<'f>(name: &str, files: impl Iterator<Item = &'f Sized>) -> Group {
    let mut share = Share::default();
    let (mut count, mut raw) = (0_u64, 0_u64);
    for file in files {
        count += 1;
        raw = raw.saturating_add(file.len);
        share = share.and(file.share);
    }
    Group {
        name: name.to_owned(),
        files: count,
        raw,
        unique: share.unique_len(),
        stored: share.stored_len(),
    }
}

/// `.rb`; nothing where a name has none. A leading dot starts a hidden name.
fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!(".{extension}"),
        _ => String::new(),
    }
}

/// What a directory must hold of all bytes to be looked into: one that holds
/// nearly everything says nothing as a row of a table.
const DOMINANT: f64 = 0.9;

/// Names the directory in which a file lies, of those in the deepest directory
/// that holds nearly everything, and of those beside its parents.
fn top_directory(files: &[Sized]) -> impl Fn(&str) -> String + use<> {
    let base = dominant_directory(files);
    move |path: &str| {
        let common = common_directory(&base, path);
        let below = path.get(common..).unwrap_or_default();
        let end = below.find('/').map_or(0, |slash| slash + 1);
        path.get(..common + end).unwrap_or(path).to_owned()
    }
}

/// The deepest directory with nearly all bytes, with a slash at its end.
fn dominant_directory(files: &[Sized]) -> String {
    let total: f64 = files.iter().map(|file| file.len as f64).sum();
    let mut base = "/".to_owned();
    loop {
        let mut children: BTreeMap<&str, f64> = BTreeMap::new();
        for file in files {
            let below = file.path.strip_prefix(&base);
            if let Some((child, _)) = below.and_then(|below| below.split_once('/')) {
                *children.entry(child).or_default() += file.len as f64;
            }
        }
        let dominant = children
            .into_iter()
            .find(|(_, len)| *len > total * DOMINANT);
        match dominant {
            Some((child, _)) => base = format!("{base}{child}/"),
            None => return base,
        }
    }
}

/// Length of the longest directory, with its slash, that both are in.
fn common_directory(base: &str, path: &str) -> usize {
    let equal = base.bytes().zip(path.bytes()).take_while(|(a, b)| a == b);
    let equal = base.get(..equal.count()).unwrap_or_default();
    equal.rfind('/').map_or(0, |slash| slash + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_what_follows_the_last_dot() {
        for (path, expected) in [
            ("/a/b.tar.gz", ".gz"),
            ("/a.d/b", ""),
            ("/.hidden", ""),
            ("/.hidden.rb", ".rb"),
            ("/b.", "."),
        ] {
            assert_eq!(extension(path), expected, "{path}");
        }
    }

    fn directories(files: &[(&str, u64)]) -> Vec<String> {
        let sized = |&(path, len): &(&str, u64)| Sized {
            path: path.into(),
            len,
            share: Share::default(),
        };
        let files: Vec<_> = files.iter().map(sized).collect();
        let name = top_directory(&files);
        files.iter().map(|file| name(&file.path)).collect()
    }

    #[test]
    fn directories_are_those_within_what_holds_nearly_everything() {
        let files = [
            ("/usr/lib/a/x/1", 50),
            ("/usr/lib/b/2", 45),
            ("/usr/lib/3", 1),
            ("/usr/share/4", 1),
            ("/etc/5", 1),
            ("/é", 1),
        ];
        let expected = [
            "/usr/lib/a/",
            "/usr/lib/b/",
            "/usr/lib/",
            "/usr/share/",
            "/etc/",
            "/",
        ];
        assert_eq!(directories(&files), expected);
    }

    #[test]
    fn a_tree_without_bytes_has_directories_too() {
        assert_eq!(directories(&[("/a/b", 0), ("/c", 0)]), ["/a/", "/"]);
        assert!(directories(&[]).is_empty());
    }
}
