//! `wasi-vfs ls`: what is packed, for people and for scripts.
//!
//! Decides what is listed and in which order; how an entry looks is
//! [`entry`](super::entry)'s.

use super::entry::{Entry, Style};
use super::{exit_codes, input, report};
use anyhow::{Context, Result};
use clap::Args;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::{Contents, ImageReader};
use wasi_vfs_format::{Content, Corrupt, Directory, Inode, InodeNumber, Kind};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs ls packed.wasm
  wasi-vfs ls -l packed.wasm /usr/lib
  wasi-vfs ls -R --json packed.wasm | jq -r '.[] | select(.size > 100000) | .path'

Fields of --json, for each entry: path (from the root); kind (file, directory or
symlink); mtime (ISO 8601, UTC, to the nanosecond); for files size (in bytes)
and executable; for symbolic links target.",
    exit_codes!()
);

/// List what is packed.
///
/// A directory is listed with what it holds, anything else by itself. Without
/// PATH, the root of the tree.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ls {
    /// Packed module or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Directories or files in it, from the root of the tree with or without a
    /// leading slash
    #[arg(value_name = "PATH", default_value = "/")]
    paths: Vec<String>,

    /// Show kind and executable bit, size, time in UTC, and targets of links
    #[arg(short, long)]
    long: bool,

    /// Descend into directories
    #[arg(short = 'R', long)]
    recursive: bool,

    /// Print a JSON array, whose fields are described in --help
    #[arg(long)]
    json: bool,
}

/// A path of the command line and what it leads to.
struct Argument<'p> {
    path: &'p str,
    inode: Inode,
}

impl Ls {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let bytes = input::read(&self.packed)?;
        let cannot = || format!("cannot open `{}`", self.packed.display());
        let contents = Contents::find(&bytes).with_context(cannot)?;
        let image = contents.reader().with_context(cannot)?;
        let (arguments, code) = self.resolve(&image);
        let mut out = BufWriter::new(io::stdout().lock());
        if self.json {
            self.print_json(&image, &arguments, &mut out)?;
        } else {
            self.print(&image, &arguments, &mut out)?;
        }
        out.flush()?;
        Ok(code)
    }

    /// What the paths lead to. One that leads nowhere is reported and makes
    /// the exit code 1, and the others are listed, as with ls(1).
    fn resolve(&self, image: &ImageReader<'_>) -> (Vec<Argument<'_>>, ExitCode) {
        let mut arguments = Vec::with_capacity(self.paths.len());
        let mut code = ExitCode::SUCCESS;
        for path in &self.paths {
            let inode = self.lookup(image, path);
            match inode.with_context(|| format!("cannot list `{path}`")) {
                Ok(inode) => arguments.push(Argument { path, inode }),
                Err(error) => {
                    report(&error);
                    code = ExitCode::FAILURE;
                }
            }
        }
        (arguments, code)
    }

    /// A link that leads to a directory stands for it, unless the links
    /// themselves are to be shown.
    fn lookup(&self, image: &ImageReader<'_>, path: &str) -> Result<Inode> {
        let inode = image.resolve(path, false)?;
        if inode.kind() == Kind::Symlink
            && !self.long
            && let Ok(target) = image.resolve(path, true)
            && target.kind() == Kind::Directory
        {
            return Ok(target);
        }
        Ok(inode)
    }

    fn print(
        &self,
        image: &ImageReader<'_>,
        arguments: &[Argument<'_>],
        out: &mut dyn Write,
    ) -> Result<()> {
        let style = Style {
            long: self.long,
            escape: io::stdout().is_terminal(),
        };
        let (directories, others): (Vec<_>, Vec<_>) = arguments
            .iter()
            .partition(|argument| argument.inode.kind() == Kind::Directory);
        let others = others
            .iter()
            .map(|argument| Entry::new(image, argument.path.as_bytes().into(), argument.inode))
            .collect::<Result<Vec<_>, _>>()?;
        style.print(&others, out)?;
        let has_headings = self.recursive || self.paths.len() > 1;
        let mut is_first = others.is_empty();
        for argument in directories {
            let mut walk = Walk::new(image, argument.path.to_owned(), argument.inode);
            while let Some((path, entries)) = walk.next_directory(self.recursive)? {
                if !is_first {
                    writeln!(out)?;
                }
                is_first = false;
                if has_headings {
                    style.print_heading(&path, out)?;
                }
                style.print(&entries, out)?;
            }
        }
        Ok(())
    }

    fn print_json(
        &self,
        image: &ImageReader<'_>,
        arguments: &[Argument<'_>],
        out: &mut dyn Write,
    ) -> Result<()> {
        let mut separator = "[\n";
        let mut print = |entry: &Entry<'_>| -> Result<()> {
            out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut *out, &entry.to_json(image)?).map_err(io::Error::from)?;
            separator = ",\n";
            Ok(())
        };
        for Argument { path, inode } in arguments {
            if inode.kind() != Kind::Directory {
                print(&Entry::new(image, path.as_bytes().into(), *inode)?)?;
                continue;
            }
            let mut walk = Walk::new(image, (*path).to_owned(), *inode);
            while let Some((_, entries)) = walk.next_directory(self.recursive)? {
                entries.iter().try_for_each(&mut print)?;
            }
        }
        let end = if separator == "[\n" { "[]\n" } else { "\n]\n" };
        out.write_all(end.as_bytes())?;
        Ok(())
    }
}

/// Directories in the order in which `ls -R` shows them: one, then what is
/// below its first child, and so on. The list of those to come is kept here:
/// nothing bounds how deep a damaged image says it is nested.
struct Walk<'i, 'a> {
    image: &'i ImageReader<'a>,
    /// The next is the last.
    rest: Vec<(String, Inode)>,
}

impl<'i, 'a> Walk<'i, 'a> {
    fn new(image: &'i ImageReader<'a>, path: String, directory: Inode) -> Self {
        Self {
            image,
            rest: vec![(path, directory)],
        }
    }

    /// The next directory and its entries.
    fn next_directory(&mut self, recursive: bool) -> Result<Option<(String, Vec<Entry<'a>>)>> {
        let Some((path, inode)) = self.rest.pop() else {
            return Ok(None);
        };
        let Content::Directory(directory) = inode.content else {
            return Ok(None);
        };
        let entries = entries(self.image, inode.number, &directory)?;
        if recursive {
            for entry in entries.iter().rev() {
                if entry.inode.kind() == Kind::Directory {
                    let name = String::from_utf8_lossy(&entry.name);
                    let path = format!("{}/{name}", path.trim_end_matches('/'));
                    self.rest.push((path, entry.inode));
                }
            }
        }
        Ok(Some((path, entries)))
    }
}

fn entries<'a>(
    image: &ImageReader<'a>,
    parent: InodeNumber,
    directory: &Directory,
) -> Result<Vec<Entry<'a>>> {
    directory
        .children()
        .map(|number| {
            let inode = image.index().inode(number)?;
            // Children that two directories claim would be listed again and
            // again.
            if inode.parent != parent {
                let inode = parent.0;
                return Err(Corrupt::Children { inode }.into());
            }
            let name = image.index().name(number)?;
            Ok(Entry::new(image, name.into(), inode)?)
        })
        .collect()
}
