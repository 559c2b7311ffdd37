//! `wasi-vfs pack`: packs directories into a module.

use super::exit_codes::exit_codes;
use super::init::InitOptions;
use super::pack_error::explain;
use super::pack_options::PackOptions;
use super::progress::Bar;
use super::summary::Done;
use super::usage::{WrongUsage, level_hint};
use super::writable::WritableOptions;
use super::{input, output};
use anyhow::{Context, Result};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use wasi_vfs::{MemoryKind, Packer};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs pack app.wasm --dir ./lib::/usr/lib -o packed.wasm
  wasi-vfs pack app.wasm --dir root::/ --exclude '*.pyc' --compress -o out.wasm
  wasi-vfs pack app.wasm --tar rootfs.tar.gz::/ --max-size 20MB -o packed.wasm
  wasi-vfs pack app.wasm --dir ./lib::/usr/lib --writable /tmp -o packed.wasm
  wasi-vfs pack packed.wasm --dir ./new-lib::/usr/lib -o packed.wasm
  wasi-vfs pack app.wasm --from lib.wvfs -o packed.wasm
  wasi-vfs pack packed.wasm --only trace.txt --compress -o small.wasm
  wasi-vfs pack app.wasm --dir ./lib::/usr/lib --init setup -o fast.wasm",
    exit_codes!()
);

/// Pack directories into a module or component.
///
/// Writes a module that holds the directories and serves them to its program as
/// preopened directories. Any finished WASI preview 1 module can be packed, also one
/// inside a component that the preview 1 adapter made.
///
/// All directories form one tree. If guest directories are nested, the inner one
/// wins. A packed module can be packed again: it keeps its other directories, and
/// its compression level, block size, kind of memory, writable directories and their
/// limit unless options change them. It does not keep the order of --order-by. A
/// component keeps --no-host-files.
///
/// Packed directories are read-only, except those of --writable.
///
/// `pack` warns of input that it drops and of files that the program cannot use.
///
/// `wasi-vfs image` writes the tree as an image without a module. Any number of modules
/// can embed the image with --from.
///
/// Patterns are guest paths with `*`, `?`, `[a-z]`, `{a,b}` and `**`. A pattern of
/// --exclude without a leading slash matches at any depth.
///
/// --only and --order-by take guest paths and patterns; `run --trace` writes the
/// paths that a program uses. Links are followed and kept. A directory stands for
/// everything below it, unless its path ends with `/.`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Pack {
    /// Module or component to pack into; `-` is standard input
    #[arg(value_name = "APP.wasm")]
    module: PathBuf,

    #[command(flatten)]
    options: PackOptions,

    /// Memory of the runtime [default: as before, else separate]
    ///
    /// With `separate`, the runtime has a memory of its own, and the engine needs
    /// multi-memory. With `single`, the runtime shares the memory of the program, and
    /// the engine needs bulk memory only.
    #[arg(long, value_name = "KIND", value_parser = memory_kinds())]
    memory: Option<MemoryKind>,

    #[command(flatten)]
    writable: WritableOptions,

    #[command(flatten)]
    init: InitOptions,

    /// Accept functions that may receive packed files and trap on them
    ///
    /// Only functions of `wasi:filesystem` and `wasi:io` accept descriptors and streams of
    /// packed files. By default, a component is an error if another import takes one or
    /// an export returns one. With this option, a warning names these functions.
    #[arg(long)]
    allow_escape: bool,

    /// Remove the import of `wasi:filesystem`, for hosts without files
    ///
    /// For components. The program has the packed directories only, and no directories of
    /// the host. The other imports and the exports stay. Packing again keeps this.
    #[arg(long)]
    no_host_files: bool,

    /// Module to write, also the input itself; `-` is standard output
    #[arg(short, long, value_name = "OUT.wasm")]
    output: PathBuf,
}

impl Pack {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let start = Instant::now();
        self.options.start(&self.output)?;
        if let Some(script) = self.init.script() {
            output::require_other_file(&self.output, script)?;
        }
        let done = self.pack();
        self.options.finish(&done?, &self.output, start)?;
        Ok(ExitCode::SUCCESS)
    }

    fn pack(&self) -> Result<Done> {
        let bar = Bar::on_terminal_unless(self.options.quiet, "reading");
        let module = input::read(&self.module);
        let module = module.map_err(|error| self.explain_level(error))?;
        let mut packer = Packer::new(module).allow_escape(self.allow_escape);
        packer = packer.no_host_files(self.no_host_files);
        if let Some(memory) = self.memory {
            packer = packer.memory(memory);
        }
        packer = self.writable.add_to(packer);
        packer = self.init.add_to(packer)?;
        let own = [self.module.as_path(), &self.output];
        let packer = self.options.packer(packer, &own)?;
        let packed = packer.pack_with_progress(&bar);
        let packed = packed.map_err(|error| explain(error, &self.options.from));
        let cannot = || format!("cannot pack `{}`", self.module.display());
        Ok(packed.with_context(cannot)?.into())
    }

    /// Explains `--compress 9` without a module, where clap parses 9 as the module.
    fn explain_level(&self, error: anyhow::Error) -> anyhow::Error {
        let level = self.module.to_str().and_then(|name| name.parse().ok());
        match level {
            Some(level) if self.options.has_bare_compress() && !self.module.exists() => {
                let module = self.module.display();
                let hint = level_hint(level);
                WrongUsage(format!("there is no module `{module}`; {hint}")).into()
            }
            _ => error,
        }
    }
}

/// The kinds of memory by name, also for completions.
fn memory_kinds() -> impl TypedValueParser<Value = MemoryKind> {
    PossibleValuesParser::new(["separate", "single"]).map(|name| match name.as_str() {
        "single" => MemoryKind::Single,
        _ => MemoryKind::Separate,
    })
}
