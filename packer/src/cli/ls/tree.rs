//! A directory drawn as a tree, line by line. The lines of a small image can be megabytes.

use super::lister::Lister;
use super::row::{Row, Style, Widths};
use anyhow::Result;
use std::io::Write;
use wasi_vfs_format::Corrupt;
use wasi_vfs_format::limits::MAX_PATH_LEN;

/// The depth of the deepest possible path, in which each name is one letter.
const MAX_DEPTH: usize = MAX_PATH_LEN / 2 + 1;

/// Prints `root` and everything below it.
pub(super) fn print<'a>(
    lister: &Lister<'_, 'a>,
    style: &Style,
    root: Row<'a>,
    out: &mut dyn Write,
) -> Result<()> {
    let mut widths = Widths::default();
    if style.long {
        let mut branches = Branches::new(lister, root.clone());
        while let Some(at) = branches.next()? {
            widths.fit(&at.row, style);
        }
    }
    let mut branches = Branches::new(lister, root);
    while let Some(at) = branches.next()? {
        style.print(&at.row, &branches.branch(), widths, out)?;
    }
    Ok(())
}

/// The rows of a tree, a directory before its content.
struct Branches<'l, 'i, 'a> {
    lister: &'l Lister<'i, 'a>,
    /// The remaining rows, the next one last.
    pending: Vec<At<'a>>,
    /// Whether further rows follow in the same directory: for the last row and each
    /// directory above it, except the root.
    goes_on: Vec<bool>,
}

/// A row and its position in the tree.
struct At<'a> {
    row: Row<'a>,
    depth: usize,
    is_last: bool,
}

impl<'l, 'i, 'a> Branches<'l, 'i, 'a> {
    fn new(lister: &'l Lister<'i, 'a>, root: Row<'a>) -> Self {
        let root = At {
            row: root,
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
            let inode = at.row.inode.number.0;
            return Err(Corrupt::PathLen { inode }.into());
        }
        if let Some(above) = at.depth.checked_sub(1) {
            self.goes_on.truncate(above);
            self.goes_on.push(!at.is_last);
        }
        let children = self.lister.children(&at.row.inode)?;
        let backwards = children.into_iter().rev().enumerate();
        self.pending.extend(backwards.map(|(distance, row)| At {
            row,
            depth: at.depth + 1,
            is_last: distance == 0,
        }));
        Ok(Some(at))
    }

    /// The lines before the name of the last row.
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
