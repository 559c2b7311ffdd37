//! One line of a listing, in each of its looks.

use crate::cli::{text, time};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};
use wasi_vfs::ImageReader;
use wasi_vfs::accounting::Accounting;
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::{Content, Corrupt, Inode};

/// Something to be listed.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    /// What it is called: its name, or the path by which it was asked for.
    pub(super) name: Cow<'a, [u8]>,
    pub(super) inode: Inode,
    target: Option<&'a [u8]>,
    /// Bytes of the payload, where it was asked for.
    stored: Option<u64>,
}

/// How entries are shown.
pub(super) struct Style {
    pub(super) long: bool,
    /// Lengths in a unit for people and not in bytes.
    pub(super) human: bool,
    /// The reader is a terminal, so names must not steer it.
    pub(super) escape: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn new(
        image: &ImageReader<'a>,
        name: Cow<'a, [u8]>,
        inode: Inode,
    ) -> Result<Self, Corrupt> {
        let target = match &inode.content {
            Content::Symlink(link) => Some(image.index().target(link)?),
            _ => None,
        };
        Ok(Self {
            name,
            inode,
            target,
            stored: None,
        })
    }

    /// With its share of the payload, if it is a file.
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

    /// Kind and executable bit in the letters of ls(1). Everything in an image
    /// can be read and nothing can be written.
    fn mode(&self) -> &'static str {
        match &self.inode.content {
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

    /// The entry for scripts, with the digest of a file if it is known.
    pub(super) fn to_json(
        &self,
        image: &ImageReader<'_>,
        digest: Option<Digest>,
    ) -> Result<JsonEntry<'_>, Corrupt> {
        let (kind, executable) = match &self.inode.content {
            Content::Directory(_) => ("directory", None),
            Content::Symlink(_) => ("symlink", None),
            Content::File(file) => ("file", Some(file.executable)),
        };
        Ok(JsonEntry {
            path: image.path(self.inode.number)?,
            kind,
            size: self.size(),
            stored: self.stored,
            executable,
            digest: digest.map(|digest| digest.to_string()),
            mtime: time::to_the_nanosecond(self.inode.mtime_ns),
            target: self.target.map(String::from_utf8_lossy),
        })
    }
}

/// An entry as `--json` prints it. docs/JSON.md describes the fields.
#[derive(Serialize)]
pub(super) struct JsonEntry<'e> {
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
}

/// Columns of a long listing, in letters.
#[derive(Clone, Copy, Default)]
pub(super) struct Widths {
    size: usize,
    share: usize,
}

impl Widths {
    /// Makes room for an entry.
    pub(super) fn fit(&mut self, entry: &Entry<'_>, style: &Style) {
        self.size = self.size.max(style.len(entry.size()).len());
        self.share = self.share.max(style.len(entry.stored).len());
    }
}

impl Style {
    /// Prints `entries`, in columns if they are long.
    pub(super) fn print_all(&self, entries: &[Entry<'_>], out: &mut dyn Write) -> io::Result<()> {
        let mut widths = Widths::default();
        entries.iter().for_each(|entry| widths.fit(entry, self));
        let mut entries = entries.iter();
        entries.try_for_each(|entry| self.print(entry, "", widths, out))
    }

    /// Prints one, with `branch` before its name.
    pub(super) fn print(
        &self,
        entry: &Entry<'_>,
        branch: &str,
        widths: Widths,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.long {
            self.print_columns(entry, widths, out)?;
        }
        out.write_all(branch.as_bytes())?;
        self.print_name(&entry.name, out)?;
        if let (true, Some(target)) = (self.long, entry.target) {
            out.write_all(b" -> ")?;
            self.print_name(target, out)?;
        }
        out.write_all(b"\n")
    }

    fn print_columns(
        &self,
        entry: &Entry<'_>,
        Widths { size, share }: Widths,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mode = entry.mode();
        let (len, stored) = (self.len(entry.size()), self.len(entry.stored));
        let time = time::to_the_second(entry.inode.mtime_ns);
        write!(out, "{mode} {len:>size$} {stored:>share$} {time} ")
    }

    /// Prints the line above the entries of a directory.
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
