//! A row of a listing: name only, long, or JSON.

use crate::cli::{text, time};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};
use wasi_vfs::ImageReader;
use wasi_vfs::accounting::Accounting;
use wasi_vfs_format::changes::Mark;
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::{Content, Corrupt, Inode};

/// A listed inode.
#[derive(Clone)]
pub(super) struct Row<'a> {
    /// Its name, or the path of the argument.
    pub(super) name: Cow<'a, [u8]>,
    pub(super) inode: Inode,
    target: Option<&'a [u8]>,
    /// Present in an image of changes only.
    mark: Option<Mark>,
    /// Stored bytes of a file, if they are printed.
    stored: Option<u64>,
}

/// The format of rows.
pub(super) struct Style {
    pub(super) long: bool,
    /// Prints lengths in units.
    pub(super) human: bool,
    /// Escapes control characters in names, for a terminal.
    pub(super) escape: bool,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        image: &ImageReader<'a>,
        name: Cow<'a, [u8]>,
        inode: Inode,
    ) -> Result<Self, Corrupt> {
        let mark = image.index().mark(inode.number)?;
        let target = match &inode.content {
            Content::Symlink(link) if mark != Some(Mark::Removed) => {
                Some(image.index().target(link)?)
            }
            _ => None,
        };
        Ok(Self {
            name,
            inode,
            target,
            mark,
            stored: None,
        })
    }

    /// Adds the stored bytes of a file.
    pub(super) fn with_share(
        mut self,
        image: &ImageReader<'_>,
        accounting: &Accounting,
    ) -> Result<Self, Corrupt> {
        if let Content::File(_) = self.inode.content {
            self.stored = Some(accounting.of(image, &self.inode)?.stored_len());
        }
        Ok(self)
    }

    /// Kind and executable bit in the letters of ls(1), and `x` for a removed name. All files
    /// of an image are readable and read-only.
    fn mode(&self) -> &'static str {
        match &self.inode.content {
            _ if self.mark == Some(Mark::Removed) => "x---",
            Content::Directory(_) => "dr-x",
            Content::Symlink(_) => "lr-x",
            Content::File(file) if file.executable => "-r-x",
            Content::File(_) => "-r--",
        }
    }

    fn size(&self) -> Option<u64> {
        match &self.inode.content {
            Content::File(file) => Some(file.len),
            _ => None,
        }
    }

    /// The row as JSON, with the digest of a file if it is known.
    pub(super) fn to_json(
        &self,
        image: &ImageReader<'_>,
        digest: Option<Digest>,
    ) -> Result<JsonRow<'_>, Corrupt> {
        let (kind, executable) = match &self.inode.content {
            _ if self.mark == Some(Mark::Removed) => ("removed", None),
            Content::Directory(_) => ("directory", None),
            Content::Symlink(_) => ("symlink", None),
            Content::File(file) => ("file", Some(file.executable)),
        };
        let link = match self.mark {
            Some(Mark::Link(number)) => Some(image.path(number)?),
            _ => None,
        };
        Ok(JsonRow {
            path: image.path(self.inode.number)?,
            kind,
            size: self.size(),
            stored: self.stored,
            executable,
            digest: digest.map(|digest| digest.to_string()),
            mtime: time::to_the_nanosecond(self.inode.mtime_ns),
            target: self.target.map(String::from_utf8_lossy),
            link,
        })
    }
}

/// A row of `--json`. docs/JSON.md describes the fields.
#[derive(Serialize)]
pub(super) struct JsonRow<'e> {
    path: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    mtime: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Cow<'e, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// The widths of columns in the long format.
#[derive(Clone, Copy, Default)]
pub(super) struct Widths {
    size: usize,
    share: usize,
}

impl Widths {
    /// Widens the columns for a row.
    pub(super) fn fit(&mut self, row: &Row<'_>, style: &Style) {
        self.size = self.size.max(style.len(row.size()).len());
        self.share = self.share.max(style.len(row.stored).len());
    }
}

impl Style {
    /// Prints `rows`, with aligned columns in the long format.
    pub(super) fn print_all(&self, rows: &[Row<'_>], out: &mut dyn Write) -> io::Result<()> {
        let mut widths = Widths::default();
        rows.iter().for_each(|row| widths.fit(row, self));
        let mut rows = rows.iter();
        rows.try_for_each(|row| self.print(row, "", widths, out))
    }

    /// Prints a row with `branch` before its name.
    pub(super) fn print(
        &self,
        row: &Row<'_>,
        branch: &str,
        widths: Widths,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.long {
            self.print_columns(row, widths, out)?;
        }
        out.write_all(branch.as_bytes())?;
        self.print_name(&row.name, out)?;
        if row.mark == Some(Mark::Removed) {
            out.write_all(b" (removed)")?;
        }
        if let (true, Some(target)) = (self.long, row.target) {
            out.write_all(b" -> ")?;
            self.print_name(target, out)?;
        }
        out.write_all(b"\n")
    }

    fn print_columns(
        &self,
        row: &Row<'_>,
        Widths { size, share }: Widths,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mode = row.mode();
        let (len, stored) = (self.len(row.size()), self.len(row.stored));
        let time = time::to_the_second(row.inode.mtime_ns);
        write!(out, "{mode} {len:>size$} {stored:>share$} {time} ")
    }

    /// Prints the line above the rows of a directory.
    pub(super) fn print_heading(&self, path: &str, out: &mut dyn Write) -> io::Result<()> {
        self.print_name(path.as_bytes(), out)?;
        out.write_all(b":\n")
    }

    fn print_name(&self, name: &[u8], out: &mut dyn Write) -> io::Result<()> {
        match self.escape {
            true => out.write_all(text::escape(name).as_bytes()),
            false => out.write_all(name),
        }
    }

    fn len(&self, len: Option<u64>) -> String {
        match len {
            None => "-".to_owned(),
            Some(len) if self.human => text::len(len),
            Some(len) => len.to_string(),
        }
    }
}
