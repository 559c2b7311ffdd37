//! The trace of a program: the inodes that its calls reached, and their paths.
//!
//! The runtime reports each inode that a path leads over, and each that the program
//! opens. The trace names an inode once, by its own path, however the program wrote it.
//! A program that opens `lib/../link/a.rb`, for example, where `link` leads to `lib`,
//! has the trace `/lib/a.rb` (opened) and `/link/.` (found). `/lib` itself is not listed,
//! because the path of a listed file implies it.

use std::collections::HashSet;
use wasi_vfs::{ImageReader, Trace};
use wasi_vfs_format::{Corrupt, InodeNumber, Kind};

/// The reached inodes, in the order of their first use.
#[derive(Debug, Default)]
pub(super) struct Notes {
    opened: Ordered,
    found: Ordered,
}

/// Inodes in the order in which they came, each once.
#[derive(Debug, Default)]
struct Ordered {
    order: Vec<InodeNumber>,
    seen: HashSet<InodeNumber>,
}

impl Ordered {
    fn insert(&mut self, inode: InodeNumber) {
        if self.seen.insert(inode) {
            self.order.push(inode);
        }
    }
}

impl Notes {
    /// A path led over the inode: a link, a directory on the way, or the end.
    pub(super) fn found(&mut self, inode: InodeNumber) {
        self.found.insert(inode);
    }

    /// The program opened the inode.
    pub(super) fn opened(&mut self, inode: InodeNumber) {
        self.opened.insert(inode);
    }

    /// The trace as a list of paths: the opened inodes, and then the others except
    /// directories that hold a listed inode. Mounts have no line, because `pack` always
    /// keeps them, and the runtime opens each before the program starts.
    pub(super) fn trace(&self, image: &ImageReader<'_>) -> Result<Trace, Corrupt> {
        let mounts = mounts(image)?;
        let mut trace = Trace::default();
        for inode in &self.opened.order {
            if !mounts.contains(inode) {
                trace.note_opened(&line(image, *inode)?);
            }
        }
        let implied = self.implied(image, mounts)?;
        for inode in &self.found.order {
            if !implied.contains(inode) {
                trace.note_found(&line(image, *inode)?);
            }
        }
        Ok(trace)
    }

    /// The directories above each noted inode, and those that are `implied` already.
    fn implied(
        &self,
        image: &ImageReader<'_>,
        mut implied: HashSet<InodeNumber>,
    ) -> Result<HashSet<InodeNumber>, Corrupt> {
        for &inode in self.opened.order.iter().chain(&self.found.order) {
            let mut inode = inode;
            // Ends: parents precede their children.
            while inode != InodeNumber::ROOT {
                inode = image.index().inode(inode)?.parent;
                if !implied.insert(inode) {
                    break;
                }
            }
        }
        Ok(implied)
    }
}

fn mounts(image: &ImageReader<'_>) -> Result<HashSet<InodeNumber>, Corrupt> {
    let index = image.index();
    let mounts = (0..index.mount_count()).map(|position| Ok(index.mount(position)?.inode));
    mounts.collect()
}

/// The path of an inode as a list of paths has it. The dot at the end of a directory, or
/// of a link to one, keeps the directory without its content.
fn line(image: &ImageReader<'_>, inode: InodeNumber) -> Result<String, Corrupt> {
    let path = image.path(inode)?;
    let leads_to = wasi_vfs::resolve(image, &path, true);
    let is_directory = leads_to.is_ok_and(|inode| inode.kind() == Kind::Directory);
    Ok(match is_directory {
        true => format!("{}/.", path.trim_end_matches('/')),
        false => path,
    })
}
