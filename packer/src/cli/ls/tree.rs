//! What is below a directory, drawn as a tree, a line at a time: an image of a
//! few kilobytes can be megabytes of lines.

use super::entry::{Entry, Style, Widths};
use super::lister::Lister;
use anyhow::Result;
use std::io::Write;
use wasi_vfs_format::Corrupt;
use wasi_vfs_format::limits::MAX_PATH_LEN;

/// Directories on the way to the deepest that can be: each takes a letter and a
/// slash of its path.
const MAX_DEPTH: usize = MAX_PATH_LEN / 2 + 1;

/// Prints `root` and all below it.
pub(super) fn print<'a>(
    lister: &Lister<'_, 'a>,
    style: &Style,
    root: Entry<'a>,
    out: &mut dyn Write,
) -> Result<()> {
    let mut widths = Widths::default();
    if style.long {
        let mut tree = Tree::new(lister, root.clone());
        while let Some(at) = tree.next()? {
            widths.fit(&at.entry, style);
        }
    }
    let mut tree = Tree::new(lister, root);
    while let Some(at) = tree.next()? {
        style.print(&at.entry, &tree.branch(), widths, out)?;
    }
    Ok(())
}

/// The entries of a tree, a directory before what it holds.
struct Tree<'l, 'i, 'a> {
    lister: &'l Lister<'i, 'a>,
    /// Those to come, the next one last.
    pending: Vec<At<'a>>,
    /// Of the last entry and those it is in, but for the root: whether others
    /// follow in the same directory.
    goes_on: Vec<bool>,
}

/// An entry, and where it hangs.
struct At<'a> {
    entry: Entry<'a>,
    depth: usize,
    is_last: bool,
}

impl<'l, 'i, 'a> Tree<'l, 'i, 'a> {
    fn new(lister: &'l Lister<'i, 'a>, root: Entry<'a>) -> Self {
        let root = At {
            entry: root,
            depth: 0,
            is_last: true,
        };
        Self {
            lister,
            pending: vec![root],
            goes_on: Vec::new(),
        }
    }

    fn next(&mut self) -> Result<Option<At<'a>>> {
        let Some(at) = self.pending.pop() else {
            return Ok(None);
        };
        if at.depth > MAX_DEPTH {
            let inode = at.entry.inode.number.0;
            return Err(Corrupt::PathLen { inode }.into());
        }
        if let Some(above) = at.depth.checked_sub(1) {
            self.goes_on.truncate(above);
            self.goes_on.push(!at.is_last);
        }
        let children = self.lister.children(&at.entry.inode)?;
        let backwards = children.into_iter().rev().enumerate();
        self.pending.extend(backwards.map(|(distance, entry)| At {
            entry,
            depth: at.depth + 1,
            is_last: distance == 0,
        }));
        Ok(Some(at))
    }

    /// What is drawn before the name of the last entry.
    fn branch(&self) -> String {
        let Some((&goes_on, above)) = self.goes_on.split_last() else {
            return String::new();
        };
        let trunk = above
            .iter()
            .map(|&goes_on| if goes_on { "│   " } else { "    " });
        let branch = if goes_on { "├── " } else { "└── " };
        trunk.chain([branch]).collect()
    }
}
