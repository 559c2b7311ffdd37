//! A path as components, while symbolic links are put into it.

use super::{FsError, Result};
use arrayvec::ArrayVec;
use wasi_vfs_format::limits::{MAX_PATH_LEN, MAX_SYMLINK_HOPS};

/// The rest of a path, on top of which lie the rests of the links on the way. Nothing is
/// copied, so links cost no memory.
pub(super) struct Pending<'p>(ArrayVec<&'p [u8], { MAX_SYMLINK_HOPS as usize + 1 }>);

impl<'p> Pending<'p> {
    pub(super) fn new(path: &'p [u8]) -> Self {
        let mut rests = ArrayVec::new();
        rests.push(path);
        Self(rests)
    }

    /// Puts the target of a link before the rest.
    pub(super) fn push(&mut self, target: &'p [u8]) -> Result {
        if target.len() > MAX_PATH_LEN {
            return Err(FsError::NameTooLong);
        }
        self.0.try_push(target).map_err(|_| FsError::Loop)
    }

    /// Takes the next component. Empty rests stay in place, so that every link counts
    /// against the limit.
    pub(super) fn next(&mut self) -> Option<&'p [u8]> {
        for rest in self.0.iter_mut().rev() {
            let trimmed = trim_slashes(rest);
            if trimmed.is_empty() {
                // Slashes at the end of a target ask for a directory in place of the
                // link. They ask nothing of the components that follow.
                *rest = trimmed;
                continue;
            }
            let len = trimmed.iter().position(|&byte| byte == b'/');
            let (component, after) = trimmed.split_at(len.unwrap_or(trimmed.len()));
            *rest = after;
            return Some(component);
        }
        None
    }

    pub(super) fn has_components(&self) -> bool {
        self.0.iter().any(|rest| !trim_slashes(rest).is_empty())
    }

    /// Whether nothing follows, not even a slash.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.iter().all(|rest| rest.is_empty())
    }
}

fn trim_slashes(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|&byte| byte != b'/');
    path.get(start.unwrap_or(path.len())..).unwrap_or_default()
}
