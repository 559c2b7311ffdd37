//! Errors of packing as users of the command read them: with the options that help,
//! and whether the arguments are to blame.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use wasi_vfs::PackError;

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
    pub(super) fn is_usage(&self) -> bool {
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

impl Error for Explained {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
