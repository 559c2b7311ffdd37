//! `wasi-vfs verify`: reports the damage of an image.

use super::message::code_after;
use super::{input, text};
use anyhow::{Context, Result};
use clap::Args;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::{Contents, ImageReader, Verification, verify};
use wasi_vfs_format::digest::Digest;

const EXAMPLES: &str = "\
Examples:
  wasi-vfs verify packed.wasm
  wasi-vfs verify --quiet packed.wasm && deploy packed.wasm

Exit codes: 0 undamaged, 1 damaged or unreadable, 2 wrong usage.";

/// Check every checksum, digest and reference of an image.
///
/// Prints each damaged part and the files in it. All other files can still be read.
///
/// If an optimiser stripped the digests from a module, `verify` says so and checks
/// everything else.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Verify {
    /// Packed module, component or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Print damaged parts only
    #[arg(short, long)]
    quiet: bool,
}

impl Verify {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let source = input::open(&self.packed)?;
        let contents = Contents::read(&source);
        let contents =
            contents.with_context(|| format!("cannot open `{}`", self.packed.display()))?;
        let verification = verify(&contents);
        let printed = self.print(&contents, &verification);
        let code = match verification.is_whole() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        };
        code_after(printed, code)
    }

    fn print(&self, contents: &Contents<'_>, verification: &Verification) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        print_findings(contents, verification, &mut out)?;
        self.print_rest(verification, &mut out)?;
        Ok(out.flush()?)
    }

    fn print_rest(&self, verification: &Verification, out: &mut dyn Write) -> io::Result<()> {
        if verification.has_more {
            writeln!(out, "damaged: more, which is not listed")?;
        }
        if self.quiet {
            return Ok(());
        }
        for (what, why) in &verification.unchecked {
            writeln!(out, "not checked: {what}, since {why}")?;
        }
        if verification.is_whole() {
            // An image of changes has none.
            let digest = match verification.digest {
                digest if digest == Digest::default() => String::new(),
                digest => format!(", digest {digest}"),
            };
            writeln!(
                out,
                "{}: whole: {}, {}{digest}",
                text::path(&self.packed),
                text::count(verification.inode_count.into(), "object"),
                text::count(verification.block_count.into(), "block"),
            )?;
        }
        Ok(())
    }
}

fn print_findings(
    contents: &Contents<'_>,
    verification: &Verification,
    out: &mut dyn Write,
) -> Result<()> {
    let image = ImageReader::new_unverified(&contents.index, &contents.payload);
    for finding in &verification.findings {
        writeln!(out, "damaged: {}", finding.what)?;
        // Without a readable index, the affected files are unknown.
        let Ok(image) = &image else { continue };
        for number in finding.files(image)? {
            writeln!(out, "  {}", text::escape(image.path(number)?.as_bytes()))?;
        }
    }
    Ok(())
}
