//! `wasi-vfs image`: writes directories as an image without a module.

use super::exit_codes::exit_codes;
use super::pack_error::explain;
use super::pack_options::PackOptions;
use super::progress::Bar;
use super::summary::Done;
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use wasi_vfs::Packer;

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs image --dir ./lib::/usr/lib --compress -o lib.wvfs
  wasi-vfs image --tar rootfs.tar.gz::/ --exclude '/dev/*' -o rootfs.wvfs
  wasi-vfs image --from lib.wvfs --only trace.txt -o small.wvfs",
    exit_codes!()
);

/// Write directories as an image, without a module.
///
/// `wasi-vfs pack --from` embeds an image in any number of modules, without compressing
/// it again. `ls`, `cat`, `extract`, `info`, `verify` and `diff` read images as well.
///
/// All directories form one tree. `wasi-vfs help pack` describes patterns and lists.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Image {
    #[command(flatten)]
    options: PackOptions,

    /// Image to write; `-` is standard output
    #[arg(short, long, value_name = "OUT.wvfs")]
    output: PathBuf,
}

impl Image {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let start = Instant::now();
        self.options.start(&self.output)?;
        let done = self.image();
        self.options.finish(&done?, &self.output, start)?;
        Ok(ExitCode::SUCCESS)
    }

    fn image(&self) -> Result<Done> {
        let bar = Bar::on_terminal_unless(self.options.quiet, "reading");
        let packer = self
            .options
            .packer(Packer::without_module(), &[&self.output])?;
        let image = packer.image_with_progress(&bar);
        let image = image.map_err(|error| explain(error, &self.options.from));
        Ok(image.context("cannot write an image")?.into())
    }
}
