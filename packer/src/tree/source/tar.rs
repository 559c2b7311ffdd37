//! Reads a tar archive into a tree.
//!
//! [`TarReader`] reads the headers only. The content of a file stays in the archive as a
//! [`Section`], which the writer reads later. A compressed archive is decompressed to a
//! temporary file first, and sparse files are expanded to another one. For example, the
//! entry `./usr/a.txt` of 5 bytes becomes the node `a.txt` in `usr`, with the section of 5
//! bytes behind its header.
//!
//! A later entry with the same path replaces the earlier one, as in an extraction. A hard
//! link becomes a copy that shares the section, also if its target is excluded.

mod pax;
mod sparse_map;

use self::pax::{Pax, Sparse};
use super::archive::{Archive, Section};
use super::error::{EntryProblem, SourceError, SpecialKind};
use super::findings::Findings;
use crate::path::{Exclude, GuestPath};
use sparse_map::RECORD_LEN;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tar::{Entry, EntryType};
use wasi_vfs_format::limits::{MAX_FILE_LEN, MAX_SYMLINK_LEN};
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node, SymlinkNode};

/// Reads the archive at `host`, which is mapped to `guest`, without excluded entries.
pub(crate) fn read_archive(
    host: &Path,
    guest: &GuestPath,
    exclude: &Exclude,
    findings: &mut Findings,
) -> Result<DirectoryNode, SourceError> {
    let unreadable = |source| SourceError::Archive {
        path: host.to_owned(),
        source,
    };
    let archive = Arc::new(Archive::open(host).map_err(unreadable)?);
    let mut reader = TarReader {
        host,
        guest: guest.components(),
        exclude,
        findings,
        archive: &archive,
        expanded: None,
        root: DirectoryNode::default(),
        excluded: HashMap::new(),
        end: 0,
    };
    let mut entries = tar::Archive::new(archive.file());
    for entry in entries.entries_with_seek().map_err(unreadable)? {
        let entry = entry.map_err(|error| unreadable(without_content(error, reader.end)))?;
        reader.read(entry)?;
    }
    reader.require_end()?;
    let TarReader { root, findings, .. } = reader;
    if root.children.is_empty() {
        findings.note_empty(host);
    }
    if holds_layers(&root) {
        findings.note_layers(host);
    }
    Ok(root)
}

/// Replaces an error of the crate `tar`, which quotes the damaged header behind `end`.
/// Keeps an error of the host.
fn without_content(error: io::Error, end: u64) -> io::Error {
    match (error.kind(), end) {
        (io::ErrorKind::Other, 0) => io::Error::other("it is not a tar archive"),
        (io::ErrorKind::Other, end) => {
            io::Error::other(format!("a header behind byte {end} is damaged"))
        }
        _ => error,
    }
}

/// Whether the root is that of `docker save` or of an OCI image: lists of layers, which
/// are archives themselves.
fn holds_layers(root: &DirectoryNode) -> bool {
    let has = |name| matches!(root.children.get(name), Some(Node::File(_)));
    has("manifest.json") && has("repositories") || has("oci-layout") && has("index.json")
}

struct TarReader<'a> {
    host: &'a Path,
    /// The components of the guest path.
    guest: &'a [String],
    exclude: &'a Exclude,
    findings: &'a mut Findings,
    archive: &'a Arc<Archive>,
    /// The expanded contents of sparse files, if any.
    expanded: Option<Arc<Archive>>,
    root: DirectoryNode,
    /// Excluded files by path. Hard links may refer to them.
    excluded: HashMap<String, FileNode>,
    /// The end of the last entry.
    end: u64,
}

/// The path of an entry and its names. With it comes the extended header, which may name
/// a link's target and a time.
struct EntryPath<'e> {
    path: String,
    names: Vec<&'e str>,
    pax: &'e Pax,
}

type TarEntry<'e> = Entry<'e, &'e std::fs::File>;

impl TarReader<'_> {
    fn read(&mut self, mut entry: TarEntry<'_>) -> Result<(), SourceError> {
        let pax = self.pax(&entry).map_err(|error| self.unreadable(error))?;
        let bytes = match pax.path() {
            Some(path) => Cow::Borrowed(path),
            None => Cow::Owned(entry.path_bytes().into_owned()),
        };
        let text = String::from_utf8_lossy(&bytes);
        let kind = kind_of(&entry, &text);
        self.note_end(&entry, &text)?;
        if kind == EntryType::XGlobalHeader {
            return self.check_global_header(&mut entry);
        }
        let names: Vec<_> = names_in(&text).collect();
        let is_directory = kind == EntryType::Directory;
        let is_excluded = self.excludes(&names, is_directory);
        let is_file = matches!(
            kind,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse
        );
        if is_excluded && !is_file {
            return Ok(());
        }
        let entry_path = EntryPath {
            path: names.join("/"),
            names,
            pax: &pax,
        };
        if !is_excluded {
            self.check_name(&text, &entry_path, matches!(text, Cow::Borrowed(_)))?;
        }
        let node = self.node(&mut entry, kind, &entry_path);
        if !is_excluded {
            return self.insert(entry_path, node?);
        }
        // Without its content, only a hard link to it is an error.
        if let Ok(Node::File(file)) = node {
            self.excluded.insert(entry_path.path, file);
        }
        Ok(())
    }

    fn error(&self, entry: &str, problem: EntryProblem) -> SourceError {
        SourceError::Entry {
            archive: self.host.to_owned(),
            entry: entry.to_owned(),
            problem,
        }
    }

    fn unreadable(&self, source: io::Error) -> SourceError {
        SourceError::Archive {
            path: self.host.to_owned(),
            source,
        }
    }

    /// The extended headers of the entry, which lie between the last one and its own.
    fn pax(&self, entry: &TarEntry<'_>) -> io::Result<Pax> {
        let len = entry.raw_header_position().saturating_sub(self.end);
        Pax::read(&Section::new(self.archive.clone(), self.end, len))
    }

    /// Notes the end of an entry. The `tar` crate seeks to the next entry, also beyond the
    /// end of a truncated archive.
    fn note_end(&mut self, entry: &TarEntry<'_>, path: &str) -> Result<(), SourceError> {
        let stored_len = match entry.header().entry_type() {
            EntryType::GNUSparse => entry.header().entry_size(),
            _ => Ok(entry.size()),
        };
        let stored_len = stored_len.map_err(|error| self.unreadable(error))?;
        let end = entry.raw_file_position().checked_add(stored_len);
        match end.filter(|&end| end <= self.archive.len()) {
            Some(end) => {
                self.end = end.next_multiple_of(RECORD_LEN);
                Ok(())
            }
            None => Err(self.error(path, EntryProblem::Truncated)),
        }
    }

    /// Requires the records of zeros at the end. Without them, entries may be missing.
    fn require_end(&self) -> Result<(), SourceError> {
        let has_end = self.end + RECORD_LEN <= self.archive.len();
        let truncated = || io::Error::new(io::ErrorKind::UnexpectedEof, "it is truncated");
        has_end
            .then_some(())
            .ok_or_else(|| self.unreadable(truncated()))
    }

    /// Rejects global headers, except comments such as those of `git archive`.
    fn check_global_header(&self, entry: &mut TarEntry<'_>) -> Result<(), SourceError> {
        let mut bytes = Vec::new();
        let unreadable = |error| self.unreadable(error);
        entry.read_to_end(&mut bytes).map_err(unreadable)?;
        let pax = Pax::parse(&bytes).map_err(unreadable)?;
        if let Some(key) = pax.keys().find(|key| *key != b"comment") {
            let key = String::from_utf8_lossy(key).into_owned();
            return Err(self.error("pax_global_header", EntryProblem::Global { key }));
        }
        Ok(())
    }

    /// Whether a pattern excludes the entry or a directory above it.
    fn excludes(&mut self, names: &[&str], is_directory: bool) -> bool {
        let mut path: PathBuf = self.guest.iter().collect();
        let unused = &mut self.findings.unused;
        (1..=names.len()).any(|depth| {
            path.extend(names.get(depth - 1));
            let is_directory = is_directory || depth < names.len();
            self.exclude.decide(&path, is_directory, unused) == Some(true)
        })
    }

    fn check_name(
        &self,
        text: &str,
        entry_path: &EntryPath<'_>,
        is_utf8: bool,
    ) -> Result<(), SourceError> {
        let host = || self.host.join(&entry_path.path);
        if !is_utf8 {
            return Err(SourceError::NameNotUtf8 { path: host() });
        }
        if entry_path.names.contains(&"..") {
            return Err(self.error(text, EntryProblem::Parent));
        }
        let last = entry_path.names.last().copied().unwrap_or_default();
        if last.starts_with(".wh.") {
            return Err(self.error(text, EntryProblem::Whiteout));
        }
        let mut guest_len = entry_path.path.len();
        for name in self.guest {
            guest_len += name.len() + 1;
        }
        match SourceError::too_long(host, last.len(), guest_len) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn node(
        &mut self,
        entry: &mut TarEntry<'_>,
        kind: EntryType,
        entry_path: &EntryPath<'_>,
    ) -> Result<Node, SourceError> {
        let special = |kind| {
            let path = self.host.join(&entry_path.path);
            Err(SourceError::Special { path, kind })
        };
        match kind {
            EntryType::Directory => Ok(Node::Directory(DirectoryNode {
                mtime_ns: self.mtime_ns(entry, entry_path)?,
                children: BTreeMap::new(),
            })),
            EntryType::Regular | EntryType::Continuous => match entry_path.pax.sparse() {
                Sparse::No => self.file(entry, entry_path),
                Sparse::Mapped { len } => self.mapped_file(entry, entry_path, len),
                Sparse::Unsupported => Err(self.error(&entry_path.path, EntryProblem::Sparse)),
            },
            EntryType::GNUSparse => self.sparse_file(entry, entry_path),
            EntryType::Symlink => self.symlink(entry, entry_path),
            EntryType::Link => self.hard_link(entry, entry_path),
            EntryType::Fifo => special(SpecialKind::Fifo),
            EntryType::Block => special(SpecialKind::BlockDevice),
            EntryType::Char => special(SpecialKind::CharacterDevice),
            _ => special(SpecialKind::Unknown),
        }
    }

    fn file(
        &self,
        entry: &mut TarEntry<'_>,
        entry_path: &EntryPath<'_>,
    ) -> Result<Node, SourceError> {
        let offset = entry.raw_file_position();
        let section = Section::new(self.archive.clone(), offset, entry.size());
        self.file_of(entry, entry_path, section)
    }

    /// Expands a sparse file, which the archive stores without its holes.
    fn sparse_file(
        &mut self,
        entry: &mut TarEntry<'_>,
        entry_path: &EntryPath<'_>,
    ) -> Result<Node, SourceError> {
        self.check_len(entry_path, entry.size())?;
        let expanded = self.expanded()?;
        let section = Section::append(expanded, entry);
        let section = section.map_err(|error| self.unreadable(error))?;
        self.file_of(entry, entry_path, section)
    }

    /// The same for a file of `len` bytes with a map of its data.
    fn mapped_file(
        &mut self,
        entry: &mut TarEntry<'_>,
        entry_path: &EntryPath<'_>,
        len: u64,
    ) -> Result<Node, SourceError> {
        self.check_len(entry_path, len)?;
        let expanded = self.expanded()?;
        let section = sparse_map::read(entry, len)
            .and_then(|extents| Section::scatter(expanded, entry, &extents, len));
        let section = section.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                self.error(&entry_path.path, EntryProblem::SparseMap)
            }
            _ => self.unreadable(error),
        })?;
        self.file_of(entry, entry_path, section)
    }

    /// Where the contents of sparse files are written out.
    fn expanded(&mut self) -> Result<Arc<Archive>, SourceError> {
        let expanded = match self.expanded.take() {
            Some(expanded) => expanded,
            None => Arc::new(Archive::temporary().map_err(|error| self.unreadable(error))?),
        };
        self.expanded = Some(expanded.clone());
        Ok(expanded)
    }

    /// A few bytes can claim a file of any length, which nobody could write out.
    fn check_len(&self, entry_path: &EntryPath<'_>, len: u64) -> Result<(), SourceError> {
        match len > MAX_FILE_LEN {
            true => Err(self.error(&entry_path.path, EntryProblem::TooLong { len })),
            false => Ok(()),
        }
    }

    fn file_of(
        &self,
        entry: &mut TarEntry<'_>,
        entry_path: &EntryPath<'_>,
        section: Section,
    ) -> Result<Node, SourceError> {
        let mode = entry.header().mode();
        Ok(Node::File(FileNode {
            mtime_ns: self.mtime_ns(entry, entry_path)?,
            executable: mode.map_err(|error| self.unreadable(error))? & 0o111 != 0,
            len: section.len(),
            content: Arc::new(section.named(format!(
                "{}: {}",
                self.host.display(),
                entry_path.path
            ))),
        }))
    }

    fn symlink(
        &self,
        entry: &mut TarEntry<'_>,
        entry_path: &EntryPath<'_>,
    ) -> Result<Node, SourceError> {
        let target = target_of(entry, entry_path);
        let path = || self.host.join(&entry_path.path);
        let target = String::from_utf8(target).map_err(|error| SourceError::TargetNotUtf8 {
            path: path(),
            target: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })?;
        let len = target.len();
        if len > MAX_SYMLINK_LEN {
            return Err(SourceError::TargetTooLong { path: path(), len });
        }
        Ok(Node::Symlink(SymlinkNode {
            mtime_ns: self.mtime_ns(entry, entry_path)?,
            target,
        }))
    }

    /// A copy of an earlier entry that shares its content.
    fn hard_link(
        &self,
        entry: &mut TarEntry<'_>,
        entry_path: &EntryPath<'_>,
    ) -> Result<Node, SourceError> {
        let target = target_of(entry, entry_path);
        let target = String::from_utf8_lossy(&target);
        let names: Vec<_> = names_in(&target).collect();
        let file = match find(&self.root, &names) {
            Some(Node::File(file)) => Some(Node::File(file.clone())),
            Some(Node::Symlink(link)) => Some(Node::Symlink(link.clone())),
            Some(Node::Directory(_)) => None,
            None => self.excluded.get(&names.join("/")).cloned().map(Node::File),
        };
        let target = target.into_owned();
        file.ok_or_else(|| self.error(&entry_path.path, EntryProblem::HardLink { target }))
    }

    fn mtime_ns(
        &self,
        entry: &TarEntry<'_>,
        entry_path: &EntryPath<'_>,
    ) -> Result<i64, SourceError> {
        let mtime = match entry_path.pax.mtime_ns() {
            Some(mtime) => mtime,
            None => {
                let seconds = entry.header().mtime();
                let seconds = seconds.map_err(|error| self.unreadable(error))?;
                i64::try_from(seconds)
                    .ok()
                    .and_then(|s| s.checked_mul(1_000_000_000))
            }
        };
        let path = || self.host.join(&entry_path.path);
        mtime.ok_or_else(|| SourceError::TimeOutOfRange { path: path() })
    }

    fn insert(&mut self, entry_path: EntryPath<'_>, node: Node) -> Result<(), SourceError> {
        let EntryPath { path, names, .. } = entry_path;
        let Some((last, way)) = names.split_last() else {
            return match node {
                Node::Directory(directory) => {
                    self.root.mtime_ns = directory.mtime_ns;
                    Ok(())
                }
                _ => Err(self.error(&path, EntryProblem::NoName)),
            };
        };
        let Some(directory) = directory_at(&mut self.root, way) else {
            return Err(self.error(&path, EntryProblem::BelowNoDirectory));
        };
        match (directory.children.get_mut(*last), node) {
            (Some(Node::Directory(earlier)), Node::Directory(later)) => {
                earlier.mtime_ns = later.mtime_ns;
            }
            (Some(Node::Directory(_)), _) | (Some(_), Node::Directory(_)) => {
                return Err(self.error(&path, EntryProblem::TwoKinds));
            }
            // The last entry of a path counts, as in an extraction.
            (_, node) => {
                directory.children.insert((*last).to_owned(), node);
            }
        }
        Ok(())
    }
}

/// The kind of an entry. Archives before POSIX mark directories by a slash.
fn kind_of(entry: &TarEntry<'_>, path: &str) -> EntryType {
    match entry.header().entry_type() {
        EntryType::Regular if path.ends_with('/') => EntryType::Directory,
        kind => kind,
    }
}

fn target_of(entry: &TarEntry<'_>, entry_path: &EntryPath<'_>) -> Vec<u8> {
    match entry_path.pax.link_name() {
        Some(target) => target.to_vec(),
        None => entry.link_name_bytes().unwrap_or_default().into_owned(),
    }
}

fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !matches!(*name, "" | "."))
}

fn find<'t>(root: &'t DirectoryNode, names: &[&str]) -> Option<&'t Node> {
    let (last, way) = names.split_last()?;
    let mut directory = root;
    for name in way {
        match directory.children.get(*name)? {
            Node::Directory(child) => directory = child,
            Node::File(_) | Node::Symlink(_) => return None,
        }
    }
    directory.children.get(*last)
}

/// The directory at `names`. Creates missing directories. `None` if a parent is a file or
/// link.
fn directory_at<'t>(root: &'t mut DirectoryNode, names: &[&str]) -> Option<&'t mut DirectoryNode> {
    let mut directory = root;
    for name in names {
        let missing = || Node::Directory(DirectoryNode::default());
        let child = directory.children.entry((*name).to_owned());
        match child.or_insert_with(missing) {
            Node::Directory(child) => directory = child,
            Node::File(_) | Node::Symlink(_) => return None,
        }
    }
    Some(directory)
}
