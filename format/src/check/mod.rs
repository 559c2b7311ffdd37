//! The whole image against every rule of the format.
//!
//! The reader validates a record when it is used; here every record is used.
//! The rules are those of `docs/FORMAT.md`, in its order. Those of chunks and
//! digests take the metadata section, and are `verify`'s.

mod content;
mod names;
mod verify;

pub use verify::verify;

use crate::limits::{MAX_INDEX_LEN, MAX_METADATA_LEN, MAX_PAYLOAD_LEN};
use crate::mount::MountRecord;
use crate::reader::ImageReader;
use crate::superblock::{SUPERBLOCK_LEN, Table};
use crate::threads::with_threads;
use crate::{Content, Corrupt, Directory, Index, Inode, InodeNumber};
use rayon::prelude::*;
use std::collections::HashSet;
use std::vec::Vec;

/// How many broken rules are reported. A hostile image can break one for every
/// byte it has, and nobody reads more.
pub const MAX_REPORTED: usize = 100;

/// Holds an index against the rules of the format. Gives the broken ones in
/// the order in which they were found, at most [`MAX_REPORTED`]; none if the
/// index is whole. Takes linear time but for sorting the runs of the files, and
/// looks at no block.
pub fn check(index: &Index<'_>) -> Vec<Corrupt> {
    let mut checker = Checker::new(index);
    checker.superblock();
    checker.mounts();
    checker.inodes();
    checker.content();
    checker.blocks();
    checker.broken
}

/// Reads every block, in parallel. Gives the damaged ones, each once, at most
/// [`MAX_REPORTED`]: damage to block 0 is found in all that need it.
pub fn check_blocks(image: &ImageReader<'_>) -> Vec<Corrupt> {
    let index = image.index();
    let damage = |number| {
        let block = index.block(number);
        block.and_then(|block| image.block_bytes(&block)).err()
    };
    let mut broken: Vec<_> = with_threads(|| {
        let blocks = (0..index.block_count()).into_par_iter();
        blocks.filter_map(damage).collect()
    });
    let mut first = broken.first().cloned();
    broken.retain(|corrupt| first.as_ref() != Some(corrupt));
    broken.splice(..0, first.take());
    broken.truncate(MAX_REPORTED);
    broken
}

/// A check under way.
struct Checker<'i, 'a> {
    index: &'i Index<'a>,
    broken: Vec<Corrupt>,
    /// The inode that the next directory with children must list first.
    next_child: u64,
    /// The extent that the next file with extents must have first.
    next_extent: u64,
    /// Start and end in the content of every run so far.
    used: Vec<(u64, u64)>,
    /// Lengths of the paths of the inodes so far.
    path_lens: Vec<usize>,
}

impl<'i, 'a> Checker<'i, 'a> {
    fn new(index: &'i Index<'a>) -> Self {
        Self {
            index,
            broken: Vec::new(),
            next_child: 1,
            next_extent: 0,
            used: Vec::new(),
            path_lens: Vec::new(),
        }
    }

    fn report(&mut self, corrupt: Corrupt) {
        if self.broken.len() < MAX_REPORTED {
            self.broken.push(corrupt);
        }
    }

    fn require(&mut self, rule: bool, corrupt: Corrupt) {
        if !rule {
            self.report(corrupt);
        }
    }

    /// Reports what is broken, and gives what is not.
    fn whole<T>(&mut self, result: Result<T, Corrupt>) -> Option<T> {
        result.map_err(|corrupt| self.report(corrupt)).ok()
    }

    fn superblock(&mut self) {
        self.whole(self.index.verify_checksum());
        let superblock = self.index.superblock();
        let record = "superblock";
        self.require(superblock.reserved.get() == 0, Corrupt::Reserved { record });
        for (part, len, max) in [
            ("index", superblock.index_len, MAX_INDEX_LEN),
            ("payload", superblock.payload_len, MAX_PAYLOAD_LEN),
            (
                "metadata section",
                superblock.metadata_len,
                MAX_METADATA_LEN,
            ),
        ] {
            let len = len.get();
            self.require(u64::from(len) <= max, Corrupt::PartLen { part, len, max });
        }
        let mut expected = SUPERBLOCK_LEN as u64;
        for (table, place, record_len) in superblock.tables() {
            let Table { offset, count } = place;
            let found = u64::from(offset.get());
            self.require(
                found == expected,
                Corrupt::TableOrder {
                    table,
                    expected,
                    found,
                },
            );
            expected += u64::from(count.get()) * record_len as u64;
        }
        let found = u64::from(superblock.index_len.get());
        let table = "end of the index";
        self.require(
            found == expected,
            Corrupt::TableOrder {
                table,
                expected,
                found,
            },
        );
    }

    fn mounts(&mut self) {
        let mut paths = HashSet::new();
        for number in 0..self.index.mount_count() {
            let Some(mount) = self.whole(self.index.mount(number)) else {
                continue;
            };
            let rule = names::is_mount_path(mount.path) && paths.insert(mount.path);
            self.require(rule, Corrupt::MountPath { mount: number });
        }
        let is_zero = |mount: &MountRecord| mount.reserved.get() == 0;
        let record = "mount";
        self.require(
            self.index.mounts.iter().all(is_zero),
            Corrupt::Reserved { record },
        );
    }

    fn inodes(&mut self) {
        for number in 0..self.index.inode_count() {
            self.name(number);
            let Some(inode) = self.whole(self.index.inode(InodeNumber(number))) else {
                continue;
            };
            match inode.content {
                Content::Directory(directory) => self.directory(&inode, &directory),
                Content::File(file) => self.file(number, &file),
                Content::Symlink(link) => self.target(number, &link),
            }
        }
        let (expected, found) = (self.next_child, self.index.inode_count());
        self.require(
            expected == found.into(),
            Corrupt::InodeCount { expected, found },
        );
        let (expected, found) = (self.next_extent, self.index.extent_count());
        self.require(
            expected == found.into(),
            Corrupt::ExtentCount { expected, found },
        );
    }

    /// The directories, in the order of their numbers, list the inodes from 1
    /// on in the order of theirs. One that lists others is not looked into, so
    /// that every inode is listed once and the time stays linear.
    fn directory(&mut self, inode: &Inode, directory: &Directory) {
        let number = inode.number.0;
        let expected = match directory.count {
            0 => 0,
            _ => self.next_child,
        };
        if u64::from(directory.first) != expected {
            return self.report(Corrupt::Children { inode: number });
        }
        self.next_child += u64::from(directory.count);
        let mut previous = None;
        for child in directory.children() {
            self.child(number, child);
            let Ok(name) = self.index.name(child) else {
                continue;
            };
            let inode = child.0;
            self.require(
                previous.is_none_or(|previous| previous < name),
                Corrupt::NameOrder { inode },
            );
            previous = Some(name);
        }
    }

    fn child(&mut self, directory: u32, child: InodeNumber) {
        if let Some(record) = self.index.inodes.get(child.0 as usize) {
            let found = record.parent.get();
            self.require(
                found == directory,
                Corrupt::ChildParent {
                    inode: child.0,
                    expected: directory,
                    found,
                },
            );
        }
    }
}
