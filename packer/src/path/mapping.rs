//! Mappings of host paths to guest paths, and their two forms on a command line.

use super::guest::{GuestPath, GuestPathError};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A host path and its guest path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The path on the host.
    pub host: PathBuf,
    /// The path of the guest.
    pub guest: GuestPath,
}

/// An error of a mapping.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MappingError {
    /// The text has no `::`.
    #[error("`{text}` has no `::`; expected {expected}, such as `{example}`")]
    NoSeparator {
        /// The text.
        text: String,
        /// The expected form.
        expected: &'static str,
        /// A suggestion.
        example: String,
    },
    /// The text has a single `:`, as mappings of other tools have.
    #[error("`{text}` has a single `:`, expected {expected}; did you mean `{meant}`?")]
    SingleColon {
        /// The text.
        text: String,
        /// The expected form.
        expected: &'static str,
        /// The text with `::`.
        meant: String,
    },
    /// The host path is empty.
    #[error("`{text}` names no host directory; expected {expected}")]
    NoHost {
        /// The text.
        text: String,
        /// The expected form.
        expected: &'static str,
    },
    /// The guest path is invalid.
    #[error(transparent)]
    Guest(#[from] GuestPathError),
}

const HOST_FIRST: &str = "HOST::GUEST";
const GUEST_FIRST: &str = "GUEST::HOST";

impl Mapping {
    /// A mapping of `host` to the guest path `guest`.
    pub fn new(host: impl Into<PathBuf>, guest: impl AsRef<Path>) -> Result<Self, GuestPathError> {
        let guest = guest.as_ref();
        let text = guest.to_str().ok_or_else(|| GuestPathError::NotUtf8 {
            path: guest.display().to_string(),
        })?;
        Ok(Self {
            host: host.into(),
            guest: GuestPath::parse(text)?,
        })
    }

    /// Parses `HOST::GUEST`, the form of `--dir`. Splits at the last `::`, because users
    /// choose guest paths, but not always the names of host directories.
    pub fn parse_host_first(text: &str) -> Result<Self, MappingError> {
        let parts = text.rsplit_once("::");
        let (host, guest) = parts.ok_or_else(|| no_separator(text, HOST_FIRST))?;
        Self::from_parts(text, HOST_FIRST, host, guest)
    }

    /// Parses `GUEST::HOST`, the form of `--mapdir`. Splits at the first `::`.
    pub fn parse_guest_first(text: &str) -> Result<Self, MappingError> {
        let parts = text.split_once("::");
        let (guest, host) = parts.ok_or_else(|| no_separator(text, GUEST_FIRST))?;
        Self::from_parts(text, GUEST_FIRST, host, guest)
    }

    fn from_parts(
        text: &str,
        expected: &'static str,
        host: &str,
        guest: &str,
    ) -> Result<Self, MappingError> {
        if host.is_empty() {
            let text = text.to_owned();
            return Err(MappingError::NoHost { text, expected });
        }
        Ok(Self::new(host, guest)?)
    }
}

fn no_separator(text: &str, expected: &'static str) -> MappingError {
    if let Some((before, after)) = text.split_once(':')
        && ![before, after].contains(&"")
        && !after.contains(':')
        // The colon belongs to the drive of a Windows path.
        && !after.starts_with('\\')
    {
        return MappingError::SingleColon {
            text: text.to_owned(),
            expected,
            meant: format!("{before}::{after}"),
        };
    }
    let name = text.trim_matches(['.', '/', ':']);
    let (host, guest) = match name {
        "" => (".", "/".to_owned()),
        _ => (text, format!("/{name}")),
    };
    let example = match expected {
        HOST_FIRST => format!("{host}::{guest}"),
        _ => format!("{guest}::{host}"),
    };
    MappingError::NoSeparator {
        text: text.to_owned(),
        expected,
        example,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_forms_differ_only_in_order() {
        let host_first = Mapping::parse_host_first("./lib::/usr/lib").unwrap();
        let guest_first = Mapping::parse_guest_first("/usr/lib::./lib").unwrap();
        assert_eq!(host_first, guest_first);
        assert_eq!(host_first.host, Path::new("./lib"));
        assert_eq!(host_first.guest.spelling(), "/usr/lib");
    }

    #[test]
    fn host_paths_may_contain_the_separator() {
        let mapping = Mapping::parse_host_first("a::b::/c").unwrap();
        assert_eq!(mapping.host, Path::new("a::b"));
        let mapping = Mapping::parse_guest_first("/c::a::b").unwrap();
        assert_eq!(mapping.host, Path::new("a::b"));
    }

    #[test]
    fn errors_suggest_the_separator() {
        let error = Mapping::parse_host_first("./lib").unwrap_err();
        let text = "`./lib` has no `::`; expected HOST::GUEST, such as `./lib::/lib`";
        assert_eq!(error.to_string(), text);
        let error = Mapping::parse_guest_first(".").unwrap_err();
        let text = "`.` has no `::`; expected GUEST::HOST, such as `/::.`";
        assert_eq!(error.to_string(), text);
        let error = Mapping::parse_host_first("./lib:/lib").unwrap_err();
        let text = "`./lib:/lib` has a single `:`, expected HOST::GUEST; \
                    did you mean `./lib::/lib`?";
        assert_eq!(error.to_string(), text);
        let error = Mapping::parse_host_first("C:\\lib").unwrap_err();
        assert!(matches!(error, MappingError::NoSeparator { .. }));
    }

    #[test]
    fn empty_sides_are_rejected() {
        assert!(matches!(
            Mapping::parse_host_first("::/lib"),
            Err(MappingError::NoHost { .. })
        ));
        assert_eq!(
            Mapping::parse_host_first("lib::"),
            Err(MappingError::Guest(GuestPathError::Empty))
        );
    }
}
