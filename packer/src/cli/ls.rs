//! `wasi-vfs ls`: what is packed, for people and for scripts.
//!
//! Decides what is listed and in which order; how an entry looks is
//! [`entry`](super::entry)'s.

use super::entry::{Entry, Style};
use super::opened::{self, Opened};
use super::{exit_codes, report, select};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::ImageReader;
use wasi_vfs::accounting::Accounting;
use wasi_vfs_format::limits::MAX_PATH_LEN;
use wasi_vfs_format::{Content, Corrupt, Directory, Inode, InodeNumber, Kind};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs ls packed.wasm
  wasi-vfs ls -l packed.wasm /usr/lib
  wasi-vfs ls --tree packed.wasm '/usr/lib/ruby/*'
  wasi-vfs ls -R --json packed.wasm | jq -r '.[] | select(.size > 100000) | .path'

Fields of --json, for each entry: path (from the root); kind (file, directory or
symlink); mtime (ISO 8601, UTC, to the nanosecond); for files size (in bytes),
stored (its share of the stored blocks; what files have in common is shared in
equal parts) and executable; for symbolic links target.",
    exit_codes!()
);

/// List what is packed.
///
/// A directory is listed with what it holds, anything else by itself. Without
/// PATH, the root of the tree. A PATH may be a pattern, in which `*` and `?`
/// stop at slashes and `**` does not; quote it, so that the shell leaves it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ls {
    /// Packed module or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Directories, files or patterns in it, from the root of the tree with or
    /// without a leading slash
    #[arg(value_name = "PATH", default_value = "/")]
    paths: Vec<String>,

    /// Show kind and executable bit, size, share of the stored blocks, time in
    /// UTC, and targets of links
    #[arg(short, long)]
    long: bool,

    /// Descend into directories
    #[arg(short = 'R', long)]
    recursive: bool,

    /// Draw what is below each directory as a tree
    #[arg(short, long, conflicts_with_all = ["recursive", "json"])]
    tree: bool,

    /// Print a JSON array, whose fields are described in --help
    #[arg(long)]
    json: bool,
}

/// A path of the command line and what it leads to.
struct Argument {
    path: String,
    inode: Inode,
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
        let mut out = BufWriter::new(io::stdout().lock());
        match (self.json, self.tree) {
            (true, _) => self.print_json(&lister, &arguments, &mut out)?,
            (_, true) => self.print_trees(&lister, &arguments, &mut out)?,
            _ => self.print(&lister, &arguments, &mut out)?,
        }
        out.flush()?;
        Ok(code)
    }

    /// What the paths lead to. One that leads nowhere is reported and makes
    /// the exit code 1, and the others are listed, as with ls(1).
    fn resolve(&self, image: &ImageReader<'_>) -> Result<(Vec<Argument>, ExitCode)> {
        let mut arguments = Vec::with_capacity(self.paths.len());
        let mut code = ExitCode::SUCCESS;
        for path in select::expand(image, &self.paths)? {
            let inode = self.lookup(image, &path);
            match inode.with_context(|| format!("cannot list `{path}`")) {
                Ok(inode) => arguments.push(Argument { path, inode }),
                Err(error) => {
                    report(&error);
                    code = ExitCode::FAILURE;
                }
            }
        }
        Ok((arguments, code))
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
        lister: &Lister<'_, '_>,
        arguments: &[Argument],
        out: &mut dyn Write,
    ) -> Result<()> {
        let style = self.style();
        let (directories, others): (Vec<_>, Vec<_>) = arguments
            .iter()
            .partition(|argument| argument.inode.kind() == Kind::Directory);
        let others = others
            .iter()
            .map(|argument| lister.entry(argument.path.as_bytes().into(), argument.inode))
            .collect::<Result<Vec<_>, _>>()?;
        style.print(&others, out)?;
        let has_headings = self.recursive || arguments.len() > 1 || self.paths.len() > 1;
        let mut is_first = others.is_empty();
        for argument in directories {
            let mut walk = Walk::new(lister, argument.path.clone(), argument.inode);
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

    fn style(&self) -> Style {
        Style {
            long: self.long,
            escape: io::stdout().is_terminal(),
        }
    }

    fn print_trees(
        &self,
        lister: &Lister<'_, '_>,
        arguments: &[Argument],
        out: &mut dyn Write,
    ) -> Result<()> {
        for Argument { path, inode } in arguments {
            let tree = lister.tree(path, *inode)?;
            self.style().print(&tree, out)?;
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
        let mut print = |entry: &Entry<'_>| -> Result<()> {
            out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut *out, &entry.to_json(lister.image)?)
                .map_err(io::Error::from)?;
            separator = ",\n";
            Ok(())
        };
        for Argument { path, inode } in arguments {
            if inode.kind() != Kind::Directory {
                print(&lister.entry(path.as_bytes().into(), *inode)?)?;
                continue;
            }
            let mut walk = Walk::new(lister, path.clone(), *inode);
            while let Some((_, entries)) = walk.next_directory(self.recursive)? {
                entries.iter().try_for_each(&mut print)?;
            }
        }
        let end = if separator == "[\n" { "[]\n" } else { "\n]\n" };
        out.write_all(end.as_bytes())?;
        Ok(())
    }
}

/// Makes entries of inodes.
struct Lister<'i, 'a> {
    image: &'i ImageReader<'a>,
    /// Present where shares are shown.
    accounting: Option<Accounting>,
}

impl<'a> Lister<'_, 'a> {
    fn entry(&self, name: Vec<u8>, inode: Inode) -> Result<Entry<'a>, Corrupt> {
        let entry = Entry::new(self.image, name, inode)?;
        match &self.accounting {
            Some(accounting) => entry.with_share(self.image, accounting),
            None => Ok(entry),
        }
    }

    fn children(&self, parent: InodeNumber, directory: &Directory) -> Result<Vec<Entry<'a>>> {
        let child = |number| {
            let inode = self.image.index().inode(number)?;
            // Children that two directories claim would be listed again and
            // again.
            if inode.parent != parent {
                return Err(Corrupt::ChildParent {
                    inode: number.0,
                    expected: parent.0,
                    found: inode.parent.0,
                }
                .into());
            }
            let name = self.image.index().name(number)?;
            Ok(self.entry(name.into(), inode)?)
        };
        directory.children().map(child).collect()
    }

    /// `inode`, called `path`, and all below it, each with its branch.
    fn tree(&self, path: &str, inode: Inode) -> Result<Vec<Entry<'a>>> {
        let mut tree = Vec::new();
        // The entries to come, the next one last, and what is drawn before
        // those below them.
        let mut pending = vec![(self.entry(path.into(), inode)?, String::new())];
        while let Some((entry, trunk)) = pending.pop() {
            if trunk.len() > MAX_TRUNK_LEN {
                bail!("`{path}` is nested too deep to draw; use --recursive");
            }
            if let Content::Directory(directory) = entry.inode.content {
                let mut children = self.children(entry.inode.number, &directory)?;
                children.reverse();
                for (distance, mut child) in children.into_iter().enumerate() {
                    let (branch, below) = match distance {
                        0 => ("└── ", "    "),
                        _ => ("├── ", "│   "),
                    };
                    child.branch = format!("{trunk}{branch}");
                    pending.push((child, format!("{trunk}{below}")));
                }
            }
            tree.push(entry);
        }
        Ok(tree)
    }
}

/// Bytes drawn before a name. A path of the greatest length nests half as deep
/// as it is long, which takes no more than 6 bytes for each directory.
const MAX_TRUNK_LEN: usize = MAX_PATH_LEN * 3;

/// Directories in the order in which `ls -R` shows them: one, then what is
/// below its first child, and so on. The list of those to come is kept here:
/// nothing bounds how deep a damaged image says it is nested.
struct Walk<'l, 'i, 'a> {
    lister: &'l Lister<'i, 'a>,
    /// The next is the last.
    rest: Vec<(String, Inode)>,
}

impl<'l, 'i, 'a> Walk<'l, 'i, 'a> {
    fn new(lister: &'l Lister<'i, 'a>, path: String, directory: Inode) -> Self {
        Self {
            lister,
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
        let entries = self.lister.children(inode.number, &directory)?;
        if recursive {
            for entry in entries.iter().rev() {
                if entry.inode.kind() == Kind::Directory {
                    let name = String::from_utf8_lossy(&entry.name);
                    let path = format!("{}/{name}", path.trim_end_matches('/'));
                    // The path of the argument, then one within the image.
                    if path.len() > 2 * (MAX_PATH_LEN + 1) {
                        let inode = entry.inode.number.0;
                        return Err(Corrupt::PathLen { inode }.into());
                    }
                    self.rest.push((path, entry.inode));
                }
            }
        }
        Ok(Some((path, entries)))
    }
}
