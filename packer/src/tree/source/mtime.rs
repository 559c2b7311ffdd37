//! The modification times of packed input.

use wasi_vfs_format::tree::{DirectoryNode, Node};

/// The modification times of mapped inputs, in nanoseconds since 1970-01-01 UTC. Images
/// keep their times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mtime {
    /// The times of the host or of the archive.
    #[default]
    Source,
    /// This time for all files, links and directories.
    Fixed(i64),
    /// The times of the source, but at most this time, as the specification of
    /// `SOURCE_DATE_EPOCH` requires.
    AtMost(i64),
}

impl Mtime {
    pub(crate) fn of(self, source: i64) -> i64 {
        match self {
            Self::Source => source,
            Self::Fixed(mtime) => mtime,
            Self::AtMost(mtime) => source.min(mtime),
        }
    }

    /// Sets the times of `root` and everything below it.
    pub(crate) fn apply(self, root: &mut DirectoryNode) {
        if self == Self::Source {
            return;
        }
        // No recursion, because the depth of a tree could exhaust the stack.
        let mut pending = vec![root];
        while let Some(directory) = pending.pop() {
            directory.mtime_ns = self.of(directory.mtime_ns);
            for node in directory.children.values_mut() {
                match node {
                    Node::Directory(child) => pending.push(child),
                    Node::File(file) => file.mtime_ns = self.of(file.mtime_ns),
                    Node::Symlink(link) => link.mtime_ns = self.of(link.mtime_ns),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mtime;

    #[test]
    fn later_times_are_clamped_and_earlier_ones_stay() {
        let times = [-5, 0, 7, 8, i64::MAX];
        let of = |mtime: Mtime| times.map(|time| mtime.of(time));
        assert_eq!(of(Mtime::Source), times);
        assert_eq!(of(Mtime::Fixed(7)), [7; 5]);
        assert_eq!(of(Mtime::AtMost(7)), [-5, 0, 7, 7, 7]);
    }
}
