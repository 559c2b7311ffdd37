//! The rules of the superblock, the mounts, and the inodes as a tree.

use super::checker::Checker;
use super::names;
use crate::error::Corrupt;
use crate::inode::{Content, Directory, Inode, InodeNumber};
use crate::limits::{MAX_BASE_COUNT, MAX_INDEX_LEN, MAX_METADATA_LEN, MAX_PAYLOAD_LEN};
use crate::mount::MountRecord;
use crate::superblock::{SUPERBLOCK_LEN, Table};
use std::collections::HashSet;

impl Checker<'_, '_> {
    pub(super) fn superblock(&mut self) {
        self.whole(self.index.verify_checksum());
        self.base_count();
        let superblock = self.index.superblock();
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

    /// A table of bases has at least two. Block 0 alone needs no table.
    fn base_count(&mut self) {
        let superblock = self.index.superblock();
        let found = superblock.base_count.get();
        let (min, max) = match superblock.has_bases() {
            true => (2, MAX_BASE_COUNT),
            false => (0, 0),
        };
        let rule = (min..=max).contains(&found);
        self.require(rule, Corrupt::BaseCount { min, max, found });
    }

    pub(super) fn mounts(&mut self) {
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

    pub(super) fn inodes(&mut self) {
        for number in 0..self.index.inode_count() {
            self.name(number);
            let Some(inode) = self.whole(self.index.inode(InodeNumber(number))) else {
                continue;
            };
            if self.mark(number) {
                continue;
            }
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

    /// The directories list the inodes from 1 on, both in the order of their numbers.
    /// Skips a directory that lists others, so each inode is listed once and the time
    /// stays linear.
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
