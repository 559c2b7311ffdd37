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
    /// Where it is, relative to the repository.
    path: &'static str,
}

/// The standard library of Ruby 3.4.
pub(crate) const RUBY: Tree = Tree {
    name: "ruby",
    title: "Ruby's library",
    path: ".tools/ruby-lib",
};

/// The library that a published CPython was built with, as `.pyc`.
pub(crate) const CPYTHON: Tree = Tree {
    name: "cpython",
    title: "CPython 3.15's library",
    path: ".tools/python-lib",
};

/// Three versions of one package, for deduplication.
pub(crate) const TYPESCRIPT: Tree = Tree {
    name: "typescript",
    title: "three TypeScripts",
    path: ".tools/trees/typescript",
};

/// What compresses no further.
pub(crate) const MEDIA: Tree = Tree {
    name: "media",
    title: "media",
    path: ".tools/trees/media",
};

/// Python's library, sources alone.
const PYTHON: Tree = Tree {
    name: "python",
    title: "Python's `.py`",
    path: ".tools/trees/python",
};

const PYTHON_PYC: Tree = Tree {
    name: "python-pyc",
    title: "Python's `.py` and `.pyc`",
    path: ".tools/trees/python-pyc",
};

const APP: Tree = Tree {
    name: "app",
    title: "`node_modules`",
    path: ".tools/trees/app",
};

/// All that somebody else made.
pub(crate) const REAL: [Tree; 6] = [RUBY, PYTHON, PYTHON_PYC, APP, TYPESCRIPT, MEDIA];

/// 10,000 files in one directory.
pub(crate) const FLAT: Tree = Tree {
    name: "flat",
    title: "10,000 files in one directory",
    path: "target/bench/trees/flat",
};

/// A hundredth of the next, to see what does not grow.
pub(crate) const THOUSAND: Tree = Tree {
    name: "thousand",
    title: "1,000 files",
    path: "target/bench/trees/thousand",
};

/// Small files in directories of a hundred.
pub(crate) const HUNDRED_THOUSAND: Tree = Tree {
    name: "hundred-thousand",
    title: "100,000 files",
    path: "target/bench/trees/hundred-thousand",
};

/// The same, ten times as many.
pub(crate) const MILLION: Tree = Tree {
    name: "million",
    title: "1,000,000 files",
    path: "target/bench/trees/million",
};

/// One file of 3 GiB.
pub(crate) const LARGE: Tree = Tree {
    name: "large",
    title: "one repetitive file of 3 GiB",
    path: "target/bench/trees/large",
};

impl Tree {
    /// Where it is, relative to the repository.
    pub(crate) fn path(&self) -> &'static str {
        self.path
    }

    /// Its files, read natively.
    pub(crate) fn content(&self) -> Result<Content> {
        let content = Content::of(&root().join(self.path));
        content.with_context(|| format!("`tools/install trees` brings {}", self.path))
    }

    /// The argument that says what to preopen, and where.
    pub(crate) fn mapping(&self) -> String {
        format!("{}::{GUEST}", self.path)
    }

    /// A file of this tree's in the directory for results.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("{WORK}/{}-{name}", self.name)
    }
}
