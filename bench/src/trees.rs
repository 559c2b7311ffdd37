//! The trees that are packed. `tools/install` brings the real ones, at fixed
//! versions; `synthetic` makes the others.

use crate::command::root;
use crate::content::Content;
use crate::variant::WORK;
use anyhow::{Context, Result};

/// Where a module finds its tree.
pub(crate) const GUEST: &str = "/usr/local/lib";

/// A directory to pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tree {
    /// One word, for the names of files.
    pub(crate) name: &'static str,
    /// What tables call it.
    pub(crate) title: &'static str,
    /// The directory that it is in, relative to the repository, and its name
    /// there.
    place: (&'static str, &'static str),
}

const TOOLS: &str = ".tools";
const INSTALLED: &str = ".tools/trees";
pub(crate) const MADE: &str = "target/bench/trees";

/// The standard library of Ruby 3.4.
pub(crate) const RUBY: Tree = Tree::new("ruby", "Ruby's library", (TOOLS, "ruby-lib"));

/// The library that a published CPython was built with, as `.pyc`.
pub(crate) const CPYTHON: Tree =
    Tree::new("cpython", "CPython 3.15's library", (TOOLS, "python-lib"));

/// Python's library, sources alone.
pub(crate) const PYTHON: Tree = Tree::installed("python", "Python's `.py`");
const PYTHON_PYC: Tree = Tree::installed("python-pyc", "Python's `.py` and `.pyc`");
const APP: Tree = Tree::installed("app", "`node_modules`");

/// Three versions of one package, for deduplication.
pub(crate) const TYPESCRIPT: Tree = Tree::installed("typescript", "three TypeScripts");

/// What compresses no further.
pub(crate) const MEDIA: Tree = Tree::installed("media", "media");

/// All that somebody else made.
pub(crate) const REAL: [Tree; 6] = [RUBY, PYTHON, PYTHON_PYC, APP, TYPESCRIPT, MEDIA];

/// No file at all.
pub(crate) const EMPTY: Tree = Tree::made("empty", "an empty directory");

/// All of [`PYTHON`] in one file.
pub(crate) const ONE_FILE: Tree = Tree::made("one-file", "Python's `.py` as one file");

/// A large directory.
pub(crate) const FLAT: Tree = Tree::made("flat", "10,000 files in one directory");

/// Small files in directories of a hundred, from few to very many.
pub(crate) const THOUSAND: Tree = Tree::made("thousand", "1,000 files");
pub(crate) const HUNDRED_THOUSAND: Tree = Tree::made("hundred-thousand", "100,000 files");
pub(crate) const MILLION: Tree = Tree::made("million", "1,000,000 files");

pub(crate) const LARGE: Tree = Tree::made("large", "one repetitive file of 3 GiB");

impl Tree {
    const fn new(
        name: &'static str,
        title: &'static str,
        place: (&'static str, &'static str),
    ) -> Self {
        Self { name, title, place }
    }

    const fn installed(name: &'static str, title: &'static str) -> Self {
        Self::new(name, title, (INSTALLED, name))
    }

    const fn made(name: &'static str, title: &'static str) -> Self {
        Self::new(name, title, (MADE, name))
    }

    /// Where it is, relative to the repository.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.place.0, self.place.1)
    }

    /// Its files, read natively.
    pub(crate) fn content(&self) -> Result<Content> {
        let content = Content::of(&root().join(self.path()));
        content.with_context(|| format!("`tools/install trees` brings {}", self.path()))
    }

    /// The argument that says what to preopen, and where.
    pub(crate) fn mapping(&self) -> String {
        format!("{}::{GUEST}", self.path())
    }

    /// A file of this tree's in the directory for results.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("{WORK}/{}-{name}", self.name)
    }
}
