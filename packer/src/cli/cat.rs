//! `wasi-vfs cat`: the content of packed files.

use super::complete::guest_path;
use super::exit_codes::exit_codes;
use super::message::{code_after, report};
use super::path_args::PathArg;
use super::{opened, path_args};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use std::io::{self, ErrorKind, StdoutLock, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::ImageReader;

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs cat packed.wasm /usr/lib/set.rb
  wasi-vfs cat packed.wasm etc/passwd etc/group | sort
  wasi-vfs cat packed.wasm '/usr/share/licenses/**/LICENSE'",
    exit_codes!()
);

/// Write packed files to standard output.
///
/// Follows symbolic links within the image. A pattern chooses files, not directories.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Cat {
    /// Packed module, component or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,

    /// Files or patterns; the leading slash is optional
    #[arg(value_name = "PATH", required = true, add = guest_path())]
    paths: Vec<String>,
}

impl Cat {
    /// Writes all readable files. Reports each unreadable path, and then the exit code is
    /// 1, as that of cat(1).
    pub(super) fn execute(self) -> Result<ExitCode> {
        opened::with(&self.packed, |opened| self.write(&opened.image))
    }

    fn write(&self, image: &ImageReader<'_>) -> Result<ExitCode> {
        let mut stdout = Stdout::new();
        let mut code = ExitCode::SUCCESS;
        for (path, files) in path_args::expand_files(image, &self.paths)? {
            if files.is_empty() {
                report(&anyhow!(
                    "`{path}` matches directories only; a pattern for their files is `{path}/**`"
                ));
                code = ExitCode::FAILURE;
            }
            for wanted in files {
                let Err(error) = write_file(image, &wanted, &mut stdout) else {
                    continue;
                };
                if stdout.has_failed {
                    return code_after(Err(error.context(CANNOT_WRITE)), code);
                }
                let path = wanted.path(image).unwrap_or_default();
                report(&error.context(format!("cannot read `{path}`")));
                code = ExitCode::FAILURE;
            }
        }
        code_after(stdout.flush().context(CANNOT_WRITE), code)
    }
}

fn write_file(image: &ImageReader<'_>, wanted: &PathArg, out: &mut dyn Write) -> Result<()> {
    let inode = wanted.find(image, true)?;
    match image.copy_to(&inode, out) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            let path = wanted.path(image)?;
            let path = path.trim_end_matches('/');
            bail!("it is a directory; a pattern for its files is `{path}/**`")
        }
        Err(error) => Err(error.into()),
    }
}

const CANNOT_WRITE: &str = "cannot write standard output";

/// Standard output that remembers whether writing failed.
struct Stdout {
    out: StdoutLock<'static>,
    has_failed: bool,
}

impl Stdout {
    fn new() -> Self {
        Self {
            out: io::stdout().lock(),
            has_failed: false,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.has_failed |= written.is_err();
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
