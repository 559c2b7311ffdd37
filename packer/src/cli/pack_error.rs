//! Errors of packing as users of the command read them: with the options that help,
//! and whether the arguments are to blame.

use super::report;
use anyhow::Result;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use thiserror::Error;
use wasi_vfs::PackError;

/// As clap exits when it rejects arguments.
const WRONG_USAGE: u8 = 2;

/// The exit code of a command that packs. Reports wrong usage here.
pub(super) fn code_of(done: Result<()>) -> Result<ExitCode> {
    match done {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if is_usage(&error) => {
            report(&error);
            Ok(ExitCode::from(WRONG_USAGE))
        }
        Err(error) => Err(error),
    }
}

fn is_usage(error: &anyhow::Error) -> bool {
    let explained = error.downcast_ref::<Explained>();
    error.is::<Usage>() || explained.is_some_and(Explained::is_usage)
}

/// Arguments or variables that cannot be used, which clap does not notice.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Usage(pub(super) String);

#[derive(Debug)]
pub(super) struct Explained {
    error: PackError,
    text: String,
}

impl Explained {
    /// `images` are the arguments of `--from`.
    pub(super) fn new(error: PackError, images: &[PathBuf]) -> Self {
        let text = match &error {
            PackError::Image { number, .. } => match images.get(number.saturating_sub(1)) {
                Some(image) => format!("cannot pack the files of `{}`", image.display()),
                None => error.to_string(),
            },
            _ => match hint(&error) {
                Some(hint) => format!("{error} ({hint})"),
                None => error.to_string(),
            },
        };
        Self { error, text }
    }

    /// Whether other arguments would help, whatever the files hold.
    fn is_usage(&self) -> bool {
        matches!(
            self.error,
            PackError::Guest(_)
                | PackError::MappedTwice { .. }
                | PackError::Pattern(_)
                | PackError::ExcludesNothing
                | PackError::Nothing
                | PackError::BlockLen { .. }
        )
    }
}

fn hint(error: &PackError) -> Option<&'static str> {
    match error {
        PackError::Nothing => {
            Some("map a directory with --dir HOST::GUEST, or embed an image with --from")
        }
        PackError::ExcludesNothing => {
            Some("to leave out packed files, list the others with --only")
        }
        PackError::NothingKept { .. } => Some("`wasi-vfs ls -R` lists paths"),
        _ => None,
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Explained {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
