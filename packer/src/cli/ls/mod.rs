//! `wasi-vfs ls`: lists packed files, for people and for scripts.
//!
//! [`lister`] reads directories, [`row`] prints an entry, and [`tree`] draws a tree. This
//! file resolves the arguments and chooses among the formats: for `ls -lR packed.wasm
//! /usr`, it prints the rows of `/usr` and then those of each directory below it.

mod lister;
mod row;
mod tree;

use super::complete::guest_path;
use super::digest::digest;
use super::exit_codes::exit_codes;
use super::message::{code_after, report};
use super::opened::{self, Opened};
use super::path_args::{self, PathArg};
use anyhow::{Context, Result};
use clap::Args;
use lister::{Argument, DirectoryWalk, Lister};
use row::{Row, Style, Widths};

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::{Digests, ImageReader};
use wasi_vfs_format::{Inode, Kind};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs ls packed.wasm
  wasi-vfs ls -l packed.wasm /usr/lib
  wasi-vfs ls --tree packed.wasm '/usr/lib/ruby/*'
  wasi-vfs ls -R --json packed.wasm | jq '.[] | select(.size > 100000)'
  wasi-vfs ls -R --json --digests packed.wasm > files.json",
    exit_codes!()
);

/// List packed files.
///
/// For a directory, prints its entries. For other paths, prints the path. Without PATH,
/// lists the root of the tree.
///
/// A PATH may be a pattern: `*` and `?` stop at slashes, `**` does not. Quote patterns,
/// so that the shell does not expand them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ls {
    /// Packed module, component or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Directories, files or patterns; the leading slash is optional
    #[arg(value_name = "PATH", default_value = "/", add = guest_path())]
    paths: Vec<String>,

    /// Show kind, size, stored bytes, time and target
    ///
    /// Columns: kind with executable bit, size in bytes, share of the stored blocks in
    /// bytes, modification time in UTC, name. A link has its target behind the name.
    #[arg(short, long)]
    long: bool,

    /// With --long, print sizes in units, such as 1.5 kB
    #[arg(long, requires = "long")]
    human_readable: bool,

    /// List directories below directories as well
    #[arg(short = 'R', long)]
    recursive: bool,

    /// Draw each directory as a tree
    #[arg(short, long, conflicts_with_all = ["recursive", "json"])]
    tree: bool,

    /// Print a JSON array, which docs/JSON.md describes
    #[arg(long)]
    json: bool,

    /// With --json, print the BLAKE3 digest of each file
    ///
    /// The digest is that of the uncompressed content. All listed files are read.
    #[arg(long, requires = "json")]
    digests: bool,

    /// With --digests, disable the decompression-bomb limit
    ///
    /// By default the listed files may have 1 GiB or 1000 times the bytes of the image,
    /// whichever is larger.
    #[arg(long, requires = "digests")]
    no_size_limit: bool,
}

impl Ls {
    pub(super) fn execute(self) -> Result<ExitCode> {
        opened::with(&self.packed, |opened| self.list(opened))
    }

    fn list(&self, opened: &Opened<'_>) -> Result<ExitCode> {
        let (arguments, code) = self.resolve(&opened.image)?;
        let lister = Lister {
            image: &opened.image,
            accounting: match self.long || self.json {
                true => Some(opened.accounting()?),
                false => None,
            },
        };
        code_after(self.show(&lister, &arguments), code)
    }

    fn show(&self, lister: &Lister<'_, '_>, arguments: &[Argument]) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        match (self.json, self.tree) {
            (true, _) => self.print_json(lister, arguments, &mut out)?,
            (_, true) => self.print_trees(lister, arguments, &mut out)?,
            _ => self.print(lister, arguments, &mut out)?,
        }
        Ok(out.flush()?)
    }

    /// Resolves the arguments. Reports each missing path, and then the exit code is 1, as
    /// that of ls(1).
    fn resolve(&self, image: &ImageReader<'_>) -> Result<(Vec<Argument>, ExitCode)> {
        let mut arguments = Vec::with_capacity(self.paths.len());
        let mut code = ExitCode::SUCCESS;
        for arg in path_args::expand(image, &self.paths)? {
            let inode = self.lookup(image, &arg);
            let cannot = || {
                let path = arg.path(image).unwrap_or_default();
                format!("cannot list `{path}` in `{}`", self.packed.display())
            };
            match inode.with_context(cannot) {
                Ok(inode) => arguments.push(Argument { arg, inode }),
                Err(error) => {
                    report(&error);
                    code = ExitCode::FAILURE;
                }
            }
        }
        Ok((arguments, code))
    }

    /// The inode of an argument. A link to a directory is followed, except in the long
    /// format.
    fn lookup(&self, image: &ImageReader<'_>, arg: &PathArg) -> Result<Inode> {
        let inode = arg.find(image, false)?;
        if inode.kind() == Kind::Symlink
            && !self.long
            && let Ok(target) = arg.find(image, true)
            && target.kind() == Kind::Directory
        {
            return Ok(target);
        }
        Ok(inode)
    }

    fn print(
        &self,
        lister: &Lister<'_, '_>,
        arguments: &[Argument],
        out: &mut dyn Write,
    ) -> Result<()> {
        let style = self.style();
        let (directories, others): (Vec<_>, Vec<_>) = arguments
            .iter()
            .partition(|argument| argument.inode.kind() == Kind::Directory);
        let mut widths = Widths::default();
        for argument in &others {
            widths.fit(&lister.argument(argument)?, &style);
        }
        for argument in &others {
            style.print(&lister.argument(argument)?, "", widths, out)?;
        }
        let has_headings = self.recursive || arguments.len() > 1 || self.paths.len() > 1;
        let mut is_first = others.is_empty();
        for argument in directories {
            let mut walk = DirectoryWalk::new(lister, argument)?;
            while let Some((path, rows)) = walk.next_directory(self.recursive)? {
                if !is_first {
                    writeln!(out)?;
                }
                is_first = false;
                if has_headings {
                    style.print_heading(&path, out)?;
                }
                style.print_all(&rows, out)?;
            }
        }
        Ok(())
    }

    fn style(&self) -> Style {
        Style {
            long: self.long,
            human: self.human_readable,
            escape: io::stdout().is_terminal(),
        }
    }

    fn print_trees(
        &self,
        lister: &Lister<'_, '_>,
        arguments: &[Argument],
        out: &mut dyn Write,
    ) -> Result<()> {
        for argument in arguments {
            tree::print(lister, &self.style(), lister.argument(argument)?, out)?;
        }
        Ok(())
    }

    fn print_json(
        &self,
        lister: &Lister<'_, '_>,
        arguments: &[Argument],
        out: &mut dyn Write,
    ) -> Result<()> {
        let mut separator = "[\n";
        let mut digests = Digests::new(lister.image).no_size_limit(self.no_size_limit);
        let mut print = |row: &Row<'_>| -> Result<()> {
            let digest = match self.digests {
                true => digest(lister.image, &mut digests, &row.inode)?,
                false => None,
            };
            out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut *out, &row.to_json(lister.image, digest)?)
                .map_err(io::Error::from)?;
            separator = ",\n";
            Ok(())
        };
        for argument in arguments {
            if argument.inode.kind() != Kind::Directory {
                print(&lister.argument(argument)?)?;
                continue;
            }
            let mut walk = DirectoryWalk::new(lister, argument)?;
            while let Some((_, rows)) = walk.next_directory(self.recursive)? {
                rows.iter().try_for_each(&mut print)?;
            }
        }
        let end = if separator == "[\n" { "[]\n" } else { "\n]\n" };
        out.write_all(end.as_bytes())?;
        Ok(())
    }
}
