//! All inodes of an image with their paths, a directory before its content.
//!
//! No image makes the walk loop, visit an inode twice or build an unlimited path.

use std::sync::Arc;
use wasi_vfs_format::limits::MAX_PATH_LEN;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Corrupt, Inode, InodeNumber};

/// An inode of an image and its path.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The path from the root, such as `/usr/lib`. Replacement characters replace bytes that
    /// are not UTF-8, which only a damaged image has.
    pub path: Arc<str>,
    /// The inode.
    pub inode: Inode,
}

/// The inodes at and below a directory, depth first, sorted by name.
///
/// ```
/// use wasi_vfs::{Contents, Walk};
///
/// # let app = wat::parse_str(r#"(module
/// #     (import "wasi_snapshot_preview1" "path_open"
/// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
/// #     (memory (export "memory") 1))"#)?;
/// # let packed = wasi_vfs::Packer::new(app).map_dir("src", "/usr/lib").pack()?.module;
/// let contents = Contents::find(&packed)?;
/// let image = contents.reader()?;
/// let mut paths = Vec::new();
/// for entry in Walk::new(&image)? {
///     paths.push(entry?.path.to_string());
/// }
/// assert_eq!(paths[..3], ["/", "/usr", "/usr/lib"]);
/// assert!(paths.contains(&"/usr/lib/lib.rs".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Walk<'i, 'a> {
    image: &'i ImageReader<'a>,
    /// The remaining inodes, the next one last. No recursion, because a damaged image may
    /// claim any depth.
    pending: Vec<Pending>,
}

#[derive(Clone, Debug)]
enum Pending {
    Start(Entry),
    /// A child and the path of its directory.
    Child {
        inode: Inode,
        directory: Arc<str>,
    },
}

impl<'i, 'a> Walk<'i, 'a> {
    /// Starts at the root.
    pub fn new(image: &'i ImageReader<'a>) -> Result<Self, Corrupt> {
        Self::from(image, InodeNumber::ROOT)
    }

    /// Starts at the inode `start`, the first item.
    pub fn from(image: &'i ImageReader<'a>, start: InodeNumber) -> Result<Self, Corrupt> {
        let start = Entry {
            path: image.path(start)?.into(),
            inode: image.index().inode(start)?,
        };
        let pending = vec![Pending::Start(start)];
        Ok(Self { image, pending })
    }

    fn visit(&mut self, pending: Pending) -> Result<Entry, Corrupt> {
        let entry = match pending {
            Pending::Start(entry) => entry,
            Pending::Child { inode, directory } => self.child(inode, &directory)?,
        };
        let first = self.pending.len();
        for child in self.image.index().children(&entry.inode) {
            self.pending.push(Pending::Child {
                inode: child?,
                directory: entry.path.clone(),
            });
        }
        if let Some(added) = self.pending.get_mut(first..) {
            added.reverse();
        }
        Ok(entry)
    }

    fn child(&self, inode: Inode, directory: &str) -> Result<Entry, Corrupt> {
        let name = String::from_utf8_lossy(self.image.index().name(inode.number)?);
        let path = format!("{}/{name}", directory.trim_end_matches('/'));
        // The limit does not count the leading slash.
        if path.len() > MAX_PATH_LEN + 1 {
            let inode = inode.number.0;
            return Err(Corrupt::PathLen { inode });
        }
        let path = path.into();
        Ok(Entry { path, inode })
    }
}

impl Iterator for Walk<'_, '_> {
    type Item = Result<Entry, Corrupt>;

    /// Ends after an error.
    fn next(&mut self) -> Option<Self::Item> {
        let pending = self.pending.pop()?;
        let visited = self.visit(pending);
        if visited.is_err() {
            self.pending.clear();
        }
        Some(visited)
    }
}
