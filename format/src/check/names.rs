//! The rules of names, paths and link targets.

use super::checker::Checker;
use crate::error::Corrupt;
use crate::inode::{InodeNumber, Symlink};
use crate::limits::{MAX_NAME_LEN, MAX_PATH_LEN, MAX_SYMLINK_LEN};

impl Checker<'_, '_> {
    /// Call this for the inodes in the order of their numbers.
    pub(super) fn name(&mut self, number: u32) {
        let rule = Corrupt::NameRule { inode: number };
        let name = self.index.name(InodeNumber(number));
        let name = self.whole(name).unwrap_or_default();
        let Some(record) = self.index.inodes.get(number as usize) else {
            return;
        };
        if number == InodeNumber::ROOT.0 {
            let is_nameless = name.is_empty() && record.name_offset.get() == 0;
            self.require(is_nameless, rule);
            self.require(
                record.parent.get() == number,
                Corrupt::Parent {
                    inode: number,
                    parent: record.parent.get(),
                },
            );
            return self.path_lens.push(0);
        }
        self.require(is_name(name), rule);
        // The check of the inode reports a parent that does not precede it.
        let parent_len = self.path_lens.get(record.parent.get() as usize).copied();
        let parent_len = parent_len.unwrap_or_default();
        let path_len = parent_len + usize::from(parent_len > 0) + name.len();
        self.require(path_len <= MAX_PATH_LEN, Corrupt::PathLen { inode: number });
        self.path_lens.push(path_len);
    }

    pub(super) fn target(&mut self, number: u32, link: &Symlink) {
        let target = self.index.target(link);
        let Some(target) = self.whole(target) else {
            return;
        };
        let rule = is_text(target, MAX_SYMLINK_LEN);
        self.require(rule, Corrupt::Target { inode: number });
    }
}

pub(super) fn is_mount_path(path: &[u8]) -> bool {
    is_text(path, MAX_PATH_LEN)
}

fn is_name(name: &[u8]) -> bool {
    is_text(name, MAX_NAME_LEN) && !name.contains(&b'/') && name != b"." && name != b".."
}

/// Whether `bytes` are UTF-8 of 1 to `max` bytes without NUL.
fn is_text(bytes: &[u8], max: usize) -> bool {
    (1..=max).contains(&bytes.len()) && !bytes.contains(&0) && core::str::from_utf8(bytes).is_ok()
}
