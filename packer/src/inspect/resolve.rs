//! Paths of a tool's user: from a path to an inode.
//!
//! The walk is the runtime's own, under its policy for tools. It reports damage only as
//! [`FsError::Io`], so the tree around the index notes which rule of the format is broken.

use std::cell::Cell;
use wasi_vfs_format::limits::{MAX_PATH_LEN, MAX_SYMLINK_HOPS};
use wasi_vfs_format::{Content, Corrupt, ImageReader, Index, Inode, InodeNumber};
use wasi_vfs_runtime::fs::{self, FsError, Kind, Tool, Tree};

/// Failure to resolve a path.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolveError {
    /// A name does not exist.
    #[error("no such file or directory in the image")]
    NotFound,
    /// A component before the last, or before a slash, is not a directory.
    #[error("not a directory")]
    NotADirectory,
    /// More symbolic links than [`MAX_SYMLINK_HOPS`].
    #[error("more than {MAX_SYMLINK_HOPS} symbolic links: they form a loop")]
    Loop,
    /// The path, a name in it or the target of a link is too long.
    #[error("longer than {MAX_PATH_LEN} bytes, or with a name of more than 255")]
    TooLong,
    /// The image is damaged.
    #[error("corrupt image: {0}")]
    Corrupt(Corrupt),
}

/// Returns the inode at `path`, which starts at the root of the image with or without a
/// leading slash. `.` and empty components are ignored. `..` goes up, but not above the
/// root. Absolute targets of links start at the root of the image.
///
/// `follow` determines whether a symbolic link at the end is followed. A trailing slash
/// always follows it.
///
/// # Errors
///
/// [`ResolveError`] says which rule the path or the image breaks.
///
/// # Examples
///
/// ```
/// use wasi_vfs::{Contents, Packer};
///
/// let image = Packer::without_module().map_dir("src", "/src").image()?;
/// let contents = Contents::find(&image.bytes)?;
/// let image = contents.reader()?;
/// assert!(wasi_vfs::resolve(&image, "/src/lib.rs", true).is_ok());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn resolve(image: &ImageReader<'_>, path: &str, follow: bool) -> Result<Inode, ResolveError> {
    let tree = Noted {
        index: image.index(),
        damage: Cell::new(None),
    };
    let start = (tree.root(), tree.root());
    let found = fs::resolve::<Tool, _>(&tree, start, path.as_bytes(), follow);
    let found = found.and_then(|found| found.existing().copied());
    found.map_err(|error| match (tree.damage.get(), error) {
        (Some(corrupt), _) => ResolveError::Corrupt(corrupt),
        (None, FsError::NotADirectory) => ResolveError::NotADirectory,
        (None, FsError::Loop) => ResolveError::Loop,
        (None, FsError::NameTooLong) => ResolveError::TooLong,
        // The walk has no other error for an undamaged index.
        (None, _) => ResolveError::NotFound,
    })
}

/// An index that notes the damage on the way.
struct Noted<'i, 'a> {
    index: &'i Index<'a>,
    damage: Cell<Option<Corrupt>>,
}

impl Noted<'_, '_> {
    fn note<T>(&self, result: Result<T, Corrupt>) -> fs::Result<T> {
        result.map_err(|corrupt| {
            self.damage.set(Some(corrupt));
            corrupt.into()
        })
    }
}

impl Tree for Noted<'_, '_> {
    type Id = InodeNumber;
    type Node = Inode;

    fn root(&self) -> InodeNumber {
        InodeNumber::ROOT
    }

    fn node(&self, id: InodeNumber) -> fs::Result<Inode> {
        self.note(self.index.inode(id))
    }

    fn id(node: &Inode) -> InodeNumber {
        node.number
    }

    fn kind(node: &Inode) -> Kind {
        node.kind()
    }

    fn parent(&self, node: &Inode) -> fs::Result<Inode> {
        self.node(node.parent)
    }

    fn lookup(&self, directory: &Inode, name: &[u8]) -> fs::Result<Option<Inode>> {
        match directory.content {
            Content::Directory(directory) => self.note(self.index.lookup(&directory, name)),
            _ => Err(FsError::NotADirectory),
        }
    }

    fn read_link(&self, link: &Inode) -> fs::Result<&[u8]> {
        match link.content {
            Content::Symlink(link) => self.note(self.index.target(&link)),
            _ => Err(FsError::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_vfs_format::inode::INODE_LEN;
    use wasi_vfs_format::testing::{directory, link, seal, tree};
    use wasi_vfs_format::tree::Tree;
    use wasi_vfs_format::writer::{Options, write};

    fn with_reader(tree: &Tree, check: impl FnOnce(&ImageReader<'_>)) {
        let image = write(tree, &Options::default(), &()).unwrap();
        check(&ImageReader::new(&image.index, &image.payload, None).unwrap());
    }

    #[test]
    fn paths_resolve_through_links() {
        let tree = tree([
            (
                "a",
                directory([("b", directory([])), ("link", link("/target"))]),
            ),
            ("loop", link("loop")),
            ("root", link("/")),
            ("target", link("a/b")),
        ]);
        with_reader(&tree, |image| {
            let path = |path: &str, follow| {
                let inode = resolve(image, path, follow)?;
                Ok(image.path(inode.number).unwrap())
            };
            let found = |path: &str| Ok::<_, ResolveError>(path.to_owned());
            assert_eq!(path("", true), found("/"));
            assert_eq!(path("//a/./../a/b", true), found("/a/b"));
            assert_eq!(path("../../a", true), found("/a"));
            assert_eq!(path("/a/link", true), found("/a/b"));
            assert_eq!(path("/a/link", false), found("/a/link"));
            assert_eq!(path("/a/link/", false), found("/a/b"));
            assert_eq!(path("/root/a/link", true), found("/a/b"));
            assert_eq!(path("/loop", false), found("/loop"));
            assert_eq!(path("/loop", true), Err(ResolveError::Loop));
            assert_eq!(path("/a/none", true), Err(ResolveError::NotFound));
            assert_eq!(path("/loop/..", false), Err(ResolveError::Loop));
            assert_eq!(path(&"a/".repeat(3000), true), Err(ResolveError::TooLong));
            assert_eq!(path(&"a".repeat(256), true), Err(ResolveError::TooLong));
        });
    }

    #[test]
    fn the_number_of_followed_links_is_bounded() {
        let mut tree = tree([("0", directory([]))]);
        for number in 1..=MAX_SYMLINK_HOPS + 1 {
            let target = link(&(number - 1).to_string());
            tree.root.children.insert(number.to_string(), target);
        }
        with_reader(&tree, |image| {
            let after = |hops: u32| resolve(image, &hops.to_string(), true).map(|_| ());
            assert_eq!(after(MAX_SYMLINK_HOPS), Ok(()));
            assert_eq!(after(MAX_SYMLINK_HOPS + 1), Err(ResolveError::Loop));
        });
    }

    #[test]
    fn damage_on_the_way_is_named() {
        let tree = tree([("a", directory([("b", directory([]))]))]);
        with_reader(&tree, |image| {
            let mut index = image.index().bytes().to_vec();
            // The record of `a`: its parent, the length of its name, its kind.
            let superblock = image.index().superblock();
            let inodes = superblock.inodes.offset.get() as usize;
            index[inodes + 2 * INODE_LEN - 8..inodes + 2 * INODE_LEN].fill(0xff);
            seal(&mut index);
            let damaged = ImageReader::new(&index, &[], None).unwrap();
            let error = resolve(&damaged, "/a/b", true).unwrap_err();
            assert!(matches!(error, ResolveError::Corrupt(_)), "{error:?}");
        });
    }
}
