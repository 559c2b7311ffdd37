//! Rows of directories, and directories in the order of a recursive listing.

use super::row::Row;
use crate::cli::path_args::PathArg;
use anyhow::Result;
use std::borrow::Cow;
use wasi_vfs::ImageReader;
use wasi_vfs::accounting::Accounting;
use wasi_vfs_format::limits::MAX_PATH_LEN;
use wasi_vfs_format::{Corrupt, Inode, InodeNumber, Kind};

/// An argument and its inode.
pub(super) struct Argument {
    pub(super) arg: PathArg,
    pub(super) inode: Inode,
}

/// Makes rows of inodes.
pub(super) struct Lister<'i, 'a> {
    pub(super) image: &'i ImageReader<'a>,
    /// Present if stored bytes are printed.
    pub(super) accounting: Option<Accounting>,
}

impl<'a> Lister<'_, 'a> {
    fn row(&self, name: Cow<'a, [u8]>, inode: Inode) -> Result<Row<'a>, Corrupt> {
        let row = Row::new(self.image, name, inode)?;
        match &self.accounting {
            Some(accounting) => row.with_share(self.image, accounting),
            None => Ok(row),
        }
    }

    pub(super) fn argument(&self, argument: &Argument) -> Result<Row<'a>, Corrupt> {
        let path = argument.arg.path(self.image)?;
        self.row(path.into_bytes().into(), argument.inode)
    }

    /// The rows of a directory.
    pub(super) fn children(&self, directory: &Inode) -> Result<Vec<Row<'a>>, Corrupt> {
        let row = |child: Result<Inode, Corrupt>| {
            let child = child?;
            self.row(self.image.index().name(child.number)?.into(), child)
        };
        self.image.index().children(directory).map(row).collect()
    }
}

/// Directories in the order of `ls -R`: a directory, then the directories below its first
/// child, and so on. No recursion, because a damaged image may claim any depth.
pub(super) struct DirectoryWalk<'l, 'i, 'a> {
    lister: &'l Lister<'i, 'a>,
    /// The path of the first directory, as in the argument.
    path: String,
    /// The length of its path in the image, a prefix of all other paths.
    len_in_image: usize,
    /// The remaining directories, the next one last.
    rest: Vec<Inode>,
}

impl<'l, 'i, 'a> DirectoryWalk<'l, 'i, 'a> {
    pub(super) fn new(lister: &'l Lister<'i, 'a>, start: &Argument) -> Result<Self, Corrupt> {
        let path = start.arg.path(lister.image)?;
        let path_in_image = lister.image.path(start.inode.number)?;
        Ok(Self {
            lister,
            path,
            len_in_image: path_in_image.trim_end_matches('/').len(),
            rest: vec![start.inode],
        })
    }

    /// The next directory and its rows.
    pub(super) fn next_directory(
        &mut self,
        recursive: bool,
    ) -> Result<Option<(String, Vec<Row<'a>>)>> {
        let Some(inode) = self.rest.pop() else {
            return Ok(None);
        };
        let path = self.path_of(inode.number)?;
        let rows = self.lister.children(&inode)?;
        if recursive {
            let inodes = rows.iter().rev().map(|row| row.inode);
            let directories = inodes.filter(|inode| inode.kind() == Kind::Directory);
            self.rest.extend(directories);
        }
        Ok(Some((path, rows)))
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
