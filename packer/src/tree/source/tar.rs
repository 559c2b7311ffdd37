//! From a tar archive to a tree: everything in it, or an error that names the entry
//! that cannot be packed.
//!
//! Contents are not read here. They stay in the archive, or in a temporary file without
//! a name if it is compressed or sparse, and are read from there when the writer asks.

mod pax;
mod sparse_map;

use self::pax::{Pax, Sparse};
use super::archive::{Archive, Section};
use super::error::{EntryProblem, SourceError, SpecialKind};
use super::findings::Findings;
use crate::path::{Exclude, GuestPath};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tar::{Entry, EntryType};
use wasi_vfs_format::limits::{MAX_FILE_LEN, MAX_SYMLINK_LEN};
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node, SymlinkNode};

/// The unit of a tar archive, in bytes.
const RECORD_LEN: u64 = 512;

/// Reads the archive at `host`, to be placed at `guest`, without the entries that
/// `exclude` matches.
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
    let mut reading = Reading {
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
        reading.read(entry.map_err(unreadable)?)?;
    }
    reading.require_end()?;
    let Reading { root, findings, .. } = reading;
    if root.children.is_empty() {
        findings.note_empty(host);
    }
    if holds_layers(&root) {
        findings.note_layers(host);
    }
    Ok(root)
}

/// Whether the root is that of `docker save` or of an OCI image: lists of layers, which
/// are archives themselves.
fn holds_layers(root: &DirectoryNode) -> bool {
    let has = |name| matches!(root.children.get(name), Some(Node::File(_)));
    has("manifest.json") && has("repositories") || has("oci-layout") && has("index.json")
}

struct Reading<'a> {
    host: &'a Path,
    /// The names that lead to the root of the archive.
    guest: &'a [String],
    exclude: &'a Exclude,
    findings: &'a mut Findings,
    archive: &'a Arc<Archive>,
    /// The contents of sparse files, once there is one.
    expanded: Option<Arc<Archive>>,
    root: DirectoryNode,
    /// Excluded files by their paths, to which hard links may refer.
    excluded: HashMap<String, FileNode>,
    /// Where the last entry ends.
    end: u64,
}

/// An entry's place: its path as text, and the names in it. With it comes the extended
/// header, which may name a link's target and a time.
struct Place<'e> {
    path: String,
    names: Vec<&'e str>,
    pax: &'e Pax,
}

type TarEntry<'e> = Entry<'e, &'e std::fs::File>;

impl Reading<'_> {
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
        let place = Place {
            path: names.join("/"),
            names,
            pax: &pax,
        };
        if !is_excluded {
            self.check_name(&text, &place, matches!(text, Cow::Borrowed(_)))?;
        }
        let node = self.node(&mut entry, kind, &place);
        if !is_excluded {
            return self.insert(place, node?);
        }
        // Without its content, only a hard link to it is an error.
        if let Ok(Node::File(file)) = node {
            self.excluded.insert(place.path, file);
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

    /// The next entry is looked for beyond the content of this one, also beyond the end
    /// of a truncated archive.
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

    /// Records of zeros end an archive. Without one, entries may be missing.
    fn require_end(&self) -> Result<(), SourceError> {
        let has_end = self.end + RECORD_LEN <= self.archive.len();
        let truncated = || io::Error::new(io::ErrorKind::UnexpectedEof, "it is truncated");
        has_end
            .then_some(())
            .ok_or_else(|| self.unreadable(truncated()))
    }

    /// One with a comment, as `git archive` writes it, says nothing about entries.
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

    /// Whether a pattern matches the entry at `names` or a directory that holds it.
    fn excludes(&mut self, names: &[&str], is_directory: bool) -> bool {
        let mut path: PathBuf = self.guest.iter().collect();
        let unused = &mut self.findings.unused;
        (1..=names.len()).any(|depth| {
            path.extend(names.get(depth - 1));
            let is_directory = is_directory || depth < names.len();
            self.exclude.decide(&path, is_directory, unused) == Some(true)
        })
    }

    fn check_name(&self, text: &str, place: &Place<'_>, is_utf8: bool) -> Result<(), SourceError> {
        let host = || self.host.join(&place.path);
        if !is_utf8 {
            return Err(SourceError::NameNotUtf8 { path: host() });
        }
        if place.names.contains(&"..") {
            return Err(self.error(text, EntryProblem::Parent));
        }
        let last = place.names.last().copied().unwrap_or_default();
        if last.starts_with(".wh.") {
            return Err(self.error(text, EntryProblem::Whiteout));
        }
        let mut guest_len = place.path.len();
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
        place: &Place<'_>,
    ) -> Result<Node, SourceError> {
        let special = |kind| {
            let path = self.host.join(&place.path);
            Err(SourceError::Special { path, kind })
        };
        match kind {
            EntryType::Directory => Ok(Node::Directory(DirectoryNode {
                mtime_ns: self.mtime_ns(entry, place)?,
                children: BTreeMap::new(),
            })),
            EntryType::Regular | EntryType::Continuous => match place.pax.sparse() {
                Sparse::No => self.file(entry, place),
                Sparse::Mapped { len } => self.mapped_file(entry, place, len),
                Sparse::Unsupported => Err(self.error(&place.path, EntryProblem::Sparse)),
            },
            EntryType::GNUSparse => self.sparse_file(entry, place),
            EntryType::Symlink => self.symlink(entry, place),
            EntryType::Link => self.hard_link(entry, place),
            EntryType::Fifo => special(SpecialKind::Fifo),
            EntryType::Block => special(SpecialKind::BlockDevice),
            EntryType::Char => special(SpecialKind::CharacterDevice),
            _ => special(SpecialKind::Unknown),
        }
    }

    fn file(&self, entry: &mut TarEntry<'_>, place: &Place<'_>) -> Result<Node, SourceError> {
        let offset = entry.raw_file_position();
        let section = Section::new(self.archive.clone(), offset, entry.size());
        self.file_of(entry, place, section)
    }

    /// Its content is stored without its holes, so it is written out with them.
    fn sparse_file(
        &mut self,
        entry: &mut TarEntry<'_>,
        place: &Place<'_>,
    ) -> Result<Node, SourceError> {
        self.check_len(place, entry.size())?;
        let expanded = self.expanded()?;
        let section = Section::append(expanded, entry);
        let section = section.map_err(|error| self.unreadable(error))?;
        self.file_of(entry, place, section)
    }

    /// The same for a file of `len` bytes with a map of its data.
    fn mapped_file(
        &mut self,
        entry: &mut TarEntry<'_>,
        place: &Place<'_>,
        len: u64,
    ) -> Result<Node, SourceError> {
        self.check_len(place, len)?;
        let expanded = self.expanded()?;
        let section = sparse_map::read(entry, len)
            .and_then(|extents| Section::scatter(expanded, entry, &extents, len));
        let section = section.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                self.error(&place.path, EntryProblem::SparseMap)
            }
            _ => self.unreadable(error),
        })?;
        self.file_of(entry, place, section)
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
    fn check_len(&self, place: &Place<'_>, len: u64) -> Result<(), SourceError> {
        match len > MAX_FILE_LEN {
            true => Err(self.error(&place.path, EntryProblem::TooLong { len })),
            false => Ok(()),
        }
    }

    fn file_of(
        &self,
        entry: &mut TarEntry<'_>,
        place: &Place<'_>,
        section: Section,
    ) -> Result<Node, SourceError> {
        let mode = entry.header().mode();
        Ok(Node::File(FileNode {
            mtime_ns: self.mtime_ns(entry, place)?,
            executable: mode.map_err(|error| self.unreadable(error))? & 0o111 != 0,
            len: section.len(),
            content: Arc::new(section.named(format!("{}: {}", self.host.display(), place.path))),
        }))
    }

    fn symlink(&self, entry: &mut TarEntry<'_>, place: &Place<'_>) -> Result<Node, SourceError> {
        let target = target_of(entry, place);
        let path = || self.host.join(&place.path);
        let target = String::from_utf8(target).map_err(|error| SourceError::TargetNotUtf8 {
            path: path(),
            target: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })?;
        let len = target.len();
        if len > MAX_SYMLINK_LEN {
            return Err(SourceError::TargetTooLong { path: path(), len });
        }
        Ok(Node::Symlink(SymlinkNode {
            mtime_ns: self.mtime_ns(entry, place)?,
            target,
        }))
    }

    /// Another name of an earlier entry, which shares its content.
    fn hard_link(&self, entry: &mut TarEntry<'_>, place: &Place<'_>) -> Result<Node, SourceError> {
        let target = target_of(entry, place);
        let target = String::from_utf8_lossy(&target);
        let names: Vec<_> = names_in(&target).collect();
        let file = match find(&self.root, &names) {
            Some(Node::File(file)) => Some(Node::File(file.clone())),
            Some(Node::Symlink(link)) => Some(Node::Symlink(link.clone())),
            Some(Node::Directory(_)) => None,
            None => self.excluded.get(&names.join("/")).cloned().map(Node::File),
        };
        let target = target.into_owned();
        file.ok_or_else(|| self.error(&place.path, EntryProblem::HardLink { target }))
    }

    fn mtime_ns(&self, entry: &TarEntry<'_>, place: &Place<'_>) -> Result<i64, SourceError> {
        let mtime = match place.pax.mtime_ns() {
            Some(mtime) => mtime,
            None => {
                let seconds = entry.header().mtime();
                let seconds = seconds.map_err(|error| self.unreadable(error))?;
                i64::try_from(seconds)
                    .ok()
                    .and_then(|s| s.checked_mul(1_000_000_000))
            }
        };
        let path = || self.host.join(&place.path);
        mtime.ok_or_else(|| SourceError::TimeOutOfRange { path: path() })
    }

    fn insert(&mut self, place: Place<'_>, node: Node) -> Result<(), SourceError> {
        let Place { path, names, .. } = place;
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
            // Of several entries for one path the last counts, as when extracted.
            (_, node) => {
                directory.children.insert((*last).to_owned(), node);
            }
        }
        Ok(())
    }
}

/// Archives before POSIX have no type for directories, only a slash.
fn kind_of(entry: &TarEntry<'_>, path: &str) -> EntryType {
    match entry.header().entry_type() {
        EntryType::Regular if path.ends_with('/') => EntryType::Directory,
        kind => kind,
    }
}

fn target_of(entry: &TarEntry<'_>, place: &Place<'_>) -> Vec<u8> {
    match place.pax.link_name() {
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

/// The directory at `names`. Makes missing directories.
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
