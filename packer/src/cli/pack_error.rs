//! Errors of packing for users of the command: with options that help, and with the exit
//! code of wrong usage if other arguments would help.

use super::usage::WrongUsage;
use std::fmt;
use std::path::PathBuf;
use wasi_vfs::PackError;

/// An error of packing in the words of the command.
#[derive(Debug)]
struct Explained {
    text: String,
    error: PackError,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Explained {
    /// The cause of the library's error. `text` already contains the error itself.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Explains `error`. `images` are the arguments of `--from`.
pub(super) fn explain(error: PackError, images: &[PathBuf]) -> anyhow::Error {
    let text = match (&error, hint(&error)) {
        (PackError::Image { number, .. }, _) => match images.get(number.saturating_sub(1)) {
            Some(image) => format!("cannot pack the files of `{}`", image.display()),
            None => error.to_string(),
        },
        (PackError::NothingToChange { number }, _) => match images.get(number.saturating_sub(1)) {
            Some(image) => format!(
                "`{}` has only the changes of a program; pack it into the packed module of that program",
                image.display()
            ),
            None => error.to_string(),
        },
        (_, Some(hint)) => format!("{error} ({hint})"),
        (_, None) => error.to_string(),
    };
    match is_usage(&error) {
        true => WrongUsage(text).into(),
        false => Explained { text, error }.into(),
    }
}

/// Whether other arguments would help, whatever the files hold. None of these errors
/// has a cause.
fn is_usage(error: &PackError) -> bool {
    matches!(
        error,
        PackError::Guest(_)
            | PackError::MappedTwice { .. }
            | PackError::Pattern(_)
            | PackError::ExcludesNothing
            | PackError::Nothing
            | PackError::NothingToChange { .. }
            | PackError::BlockLen { .. }
            | PackError::WritableLimit { .. }
            | PackError::LimitsNothing
    )
}

fn hint(error: &PackError) -> Option<&'static str> {
    match error {
        PackError::Nothing => {
            Some("map a directory with --dir HOST::GUEST, or embed an image with --from")
        }
        PackError::ExcludesNothing => {
            Some("to leave out packed files, list the others with --only")
        }
        PackError::LimitsNothing => Some("name a directory with --writable"),
        PackError::WritableFile { .. } | PackError::WritableLink { .. } => {
            Some("name other directories with --writable, or make all read-only with --no-writable")
        }
        PackError::NothingKept { .. } => Some("`wasi-vfs ls -R` lists paths"),
        _ => None,
    }
}
