//! Entries of directories, and directories in the order of a recursive listing.

use super::entry::Entry;
use crate::cli::path_args::PathArg;
use anyhow::Result;
use std::borrow::Cow;
use wasi_vfs::ImageReader;
use wasi_vfs::accounting::Accounting;
use wasi_vfs_format::limits::MAX_PATH_LEN;
use wasi_vfs_format::{Corrupt, Inode, InodeNumber, Kind};

/// What the command line asks for, and what is there.
pub(super) struct Argument {
    pub(super) wanted: PathArg,
    pub(super) inode: Inode,
}

/// Makes entries of inodes.
pub(super) struct Lister<'i, 'a> {
    pub(super) image: &'i ImageReader<'a>,
    /// Present where shares are shown.
    pub(super) accounting: Option<Accounting>,
}

impl<'a> Lister<'_, 'a> {
    fn entry(&self, name: Cow<'a, [u8]>, inode: Inode) -> Result<Entry<'a>, Corrupt> {
        let entry = Entry::new(self.image, name, inode)?;
        match &self.accounting {
            Some(accounting) => entry.with_share(self.image, accounting),
            None => Ok(entry),
        }
    }

    pub(super) fn argument(&self, argument: &Argument) -> Result<Entry<'a>, Corrupt> {
        let path = argument.wanted.path(self.image)?;
        self.entry(path.into_bytes().into(), argument.inode)
    }

    /// What a directory holds.
    pub(super) fn children(&self, directory: &Inode) -> Result<Vec<Entry<'a>>, Corrupt> {
        let entry = |child: Result<Inode, Corrupt>| {
            let child = child?;
            self.entry(self.image.index().name(child.number)?.into(), child)
        };
        self.image.index().children(directory).map(entry).collect()
    }
}

/// Directories in the order in which `ls -R` shows them: one, then what is
/// below its first child, and so on. The list of those to come is kept here:
/// nothing bounds how deep a damaged image says it is nested.
pub(super) struct DirectoryWalk<'l, 'i, 'a> {
    lister: &'l Lister<'i, 'a>,
    /// What the first is called.
    path: String,
    /// Bytes of its path in the image, which those of all others begin with.
    len_in_image: usize,
    /// The next is the last.
    rest: Vec<Inode>,
}

impl<'l, 'i, 'a> DirectoryWalk<'l, 'i, 'a> {
    pub(super) fn new(lister: &'l Lister<'i, 'a>, start: &Argument) -> Result<Self, Corrupt> {
        let path = start.wanted.path(lister.image)?;
        let path_in_image = lister.image.path(start.inode.number)?;
        Ok(Self {
            lister,
            path,
            len_in_image: path_in_image.trim_end_matches('/').len(),
            rest: vec![start.inode],
        })
    }

    /// The next directory and its entries.
    pub(super) fn next_directory(
        &mut self,
        recursive: bool,
    ) -> Result<Option<(String, Vec<Entry<'a>>)>> {
        let Some(inode) = self.rest.pop() else {
            return Ok(None);
        };
        let path = self.path_of(inode.number)?;
        let entries = self.lister.children(&inode)?;
        if recursive {
            let inodes = entries.iter().rev().map(|entry| entry.inode);
            let directories = inodes.filter(|inode| inode.kind() == Kind::Directory);
            self.rest.extend(directories);
        }
        Ok(Some((path, entries)))
    }

    fn path_of(&self, number: InodeNumber) -> Result<String, Corrupt> {
        let path = self.lister.image.path(number)?;
        if path.len() > MAX_PATH_LEN + 1 {
            return Err(Corrupt::PathLen { inode: number.0 });
        }
        match path.get(self.len_in_image..) {
            Some("" | "/") | None => Ok(self.path.clone()),
            Some(below) => Ok(self.path.trim_end_matches('/').to_owned() + below),
        }
    }
}
