//! A tree packed into a program: by which command, and where.

use crate::command::Command;
use crate::file;
use crate::program::Program;
use crate::progress::step;
use crate::storage::Storage;
use crate::trees::{GUEST, Tree};
use crate::variant::{Variant, WASI_VFS};
use anyhow::Result;
use wasi_vfs::Contents;

/// A packed program, which may have been made or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Packed {
    pub(crate) program: Program,
    pub(crate) tree: Tree,
    pub(crate) storage: Storage,
}

impl Packed {
    pub(crate) fn new(program: Program, tree: &Tree, storage: Storage) -> Self {
        Self {
            program,
            tree: *tree,
            storage,
        }
    }

    /// A program in each of the two ways that are run.
    pub(crate) fn both(program: Program, tree: &Tree) -> [Self; 2] {
        Storage::RUN.map(|storage| Self::new(program, tree, storage))
    }

    /// What tables call it.
    pub(crate) fn title(&self) -> String {
        format!("{}, {}", self.program.title(), self.storage.title())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> String {
        self.tree.file(&format!(
            "{}-{}.wasm",
            self.program.name(),
            self.storage.name()
        ))
    }

    /// What makes it.
    pub(crate) fn command(&self) -> Command {
        self.command_with("", &self.path())
    }

    /// What makes something like it, with more options.
    pub(crate) fn command_with(&self, options: &str, output: &str) -> Command {
        self.command_into(&self.program.path(), options, output)
    }

    /// What packs the same, in the same way, into another module.
    pub(crate) fn command_into(&self, module: &str, options: &str, output: &str) -> Command {
        Command::new(WASI_VFS)
            .with(&format!("pack {module}"))
            .with(&format!("--dir {}::{GUEST}", self.tree.path()))
            .with(self.program.options())
            .with(self.storage.option())
            .with(&format!("{options} -o {output}"))
    }

    /// What it is made from, but for the tree, which does not change.
    pub(crate) fn sources(&self) -> [String; 2] {
        [WASI_VFS.to_owned(), self.program.path()]
    }

    /// Makes it, if the command or the program is newer.
    pub(crate) fn make(&self) -> Result<()> {
        if file::is_newer(&self.path(), &self.sources())? {
            return Ok(());
        }
        step(format_args!(
            "packing {} into {}",
            self.tree.title,
            self.title()
        ));
        self.command().run()?;
        Ok(())
    }

    /// Makes it, to be run.
    pub(crate) fn variant(&self) -> Result<Variant> {
        self.make()?;
        let name = format!("{}-{}", self.program.name(), self.storage.name());
        Ok(Variant::new(&name, &self.title(), &self.path()))
    }

    /// Bytes that packing adds.
    pub(crate) fn added(&self) -> Result<u64> {
        self.make()?;
        file::added(&self.path(), &self.program.path())
    }

    /// The image in it.
    pub(crate) fn contents(&self) -> Result<Contents<'static>> {
        self.make()?;
        contents(&self.path())
    }
}

/// The image in a module.
pub(crate) fn contents(path: &str) -> Result<Contents<'static>> {
    Ok(Contents::find(&file::read(path)?)?.into_owned())
}
