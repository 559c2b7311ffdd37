//! Guest paths of mappings: a spelling and its components.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use wasi_vfs_format::limits::{MAX_NAME_LEN, MAX_PATH_LEN};

/// The guest path of a mapping: its spelling, which is the name of the preopen, and its
/// components in the tree.
///
/// All mappings share one tree, and relative paths start at its root: `/usr/lib`,
/// `usr/lib` and `./usr//lib/` have the same components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestPath {
    spelling: String,
    components: Vec<String>,
}

/// An error of a guest path.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuestPathError {
    /// The path is empty.
    #[error("the guest path is empty; the root of the tree is `/`")]
    Empty,
    /// A component is `..`.
    #[error("guest path `{path}` contains `..`; write the path that is meant")]
    Parent {
        /// The text.
        path: String,
    },
    /// The path contains a NUL.
    #[error("guest path {path:?} contains a NUL")]
    Nul {
        /// The text.
        path: String,
    },
    /// A component is longer than [`MAX_NAME_LEN`].
    #[error(
        "guest path `{path}` has a component of {len} bytes; at most {MAX_NAME_LEN} are possible"
    )]
    NameTooLong {
        /// The text.
        path: String,
        /// Length of the component in bytes.
        len: usize,
    },
    /// The path is longer than [`MAX_PATH_LEN`].
    #[error("a guest path has {len} bytes; at most {MAX_PATH_LEN} are possible")]
    TooLong {
        /// Length of the text in bytes.
        len: usize,
    },
    /// The path is not UTF-8, which preview 1 requires.
    #[error("guest path `{path}` is not UTF-8")]
    NotUtf8 {
        /// The text with replacement characters.
        path: String,
    },
}

impl GuestPath {
    /// Parses a guest path such as `/usr/lib`, `./lib`, `.` or `/`.
    ///
    /// Ignores repeated slashes and `.` components. Drops trailing slashes from the
    /// spelling.
    ///
    /// ```
    /// use wasi_vfs::GuestPath;
    ///
    /// let path = GuestPath::parse("./usr//lib/").unwrap();
    /// assert_eq!(path.spelling(), "./usr//lib");
    /// assert_eq!(path.components(), ["usr", "lib"]);
    /// assert!(GuestPath::parse("/usr/../etc").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, GuestPathError> {
        check_text(text)?;
        let components = text.split('/').filter(|&name| !matches!(name, "" | "."));
        let components = components
            .map(|name| check_component(text, name))
            .collect::<Result<_, _>>()?;
        let spelling = match text.trim_end_matches('/') {
            "" => "/",
            spelling => spelling,
        };
        Ok(Self {
            spelling: spelling.to_owned(),
            components,
        })
    }

    /// The path as written, without trailing slashes. It is the name of the preopen.
    pub fn spelling(&self) -> &str {
        &self.spelling
    }

    /// The spelling of the parent directory.
    pub(crate) fn parent_spelling(&self) -> String {
        let parent = match self.spelling.rsplit_once('/') {
            Some((parent, _)) => parent.trim_end_matches('/'),
            None => ".",
        };
        match parent {
            "" => "/".to_owned(),
            parent => parent.to_owned(),
        }
    }

    /// The names from the root of the tree. Empty for the root.
    pub fn components(&self) -> &[String] {
        &self.components
    }
}

fn check_text(text: &str) -> Result<(), GuestPathError> {
    let path = || text.to_owned();
    match text.len() {
        0 => Err(GuestPathError::Empty),
        len if len > MAX_PATH_LEN => Err(GuestPathError::TooLong { len }),
        _ if text.contains('\0') => Err(GuestPathError::Nul { path: path() }),
        _ => Ok(()),
    }
}

fn check_component(text: &str, name: &str) -> Result<String, GuestPathError> {
    let path = || text.to_owned();
    match name.len() {
        _ if name == ".." => Err(GuestPathError::Parent { path: path() }),
        len if len > MAX_NAME_LEN => Err(GuestPathError::NameTooLong { path: path(), len }),
        _ => Ok(name.to_owned()),
    }
}

impl FromStr for GuestPath {
    type Err = GuestPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Vec<String>) {
        let path = GuestPath::parse(text).unwrap();
        (path.spelling, path.components)
    }

    #[test]
    fn spellings_of_one_path_have_the_same_components() {
        for text in ["/usr/lib", "usr/lib", "./usr/lib", "//usr/./lib//"] {
            assert_eq!(parts(text).1, ["usr", "lib"], "{text}");
        }
    }

    #[test]
    fn the_root_has_no_components() {
        for (text, spelling) in [
            ("/", "/"),
            ("//", "/"),
            (".", "."),
            ("./", "."),
            ("/.", "/."),
        ] {
            assert_eq!(parts(text), (spelling.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn spelling_loses_only_trailing_slashes() {
        assert_eq!(parts("/usr//lib///").0, "/usr//lib");
        assert_eq!(parts("./lib").0, "./lib");
    }

    #[test]
    fn parents_keep_the_spelling() {
        for (text, parent) in [
            ("/etc/a", "/etc"),
            ("/a", "/"),
            ("a", "."),
            ("./a", "."),
            ("usr//lib/a/", "usr//lib"),
            ("//a", "/"),
        ] {
            assert_eq!(
                GuestPath::parse(text).unwrap().parent_spelling(),
                parent,
                "{text}"
            );
        }
    }

    #[test]
    fn names_that_contain_dots_are_names() {
        assert_eq!(parts("/.../..a/.b").1, ["...", "..a", ".b"]);
    }

    #[test]
    fn empty_paths_dot_dot_and_nul_are_rejected() {
        let rejected = [
            ("", GuestPathError::Empty),
            (
                "/usr/../etc",
                GuestPathError::Parent {
                    path: "/usr/../etc".into(),
                },
            ),
            (
                "a\0b",
                GuestPathError::Nul {
                    path: "a\0b".into(),
                },
            ),
        ];
        for (text, error) in rejected {
            assert_eq!(GuestPath::parse(text), Err(error));
        }
    }

    #[test]
    fn paths_and_names_over_the_limits_are_rejected() {
        let name = "n".repeat(MAX_NAME_LEN);
        assert!(GuestPath::parse(&name).is_ok());
        assert!(matches!(
            GuestPath::parse(&format!("/{name}n")),
            Err(GuestPathError::NameTooLong { len: 256, .. })
        ));
        let longest = "/a".repeat(MAX_PATH_LEN / 2) + "a";
        assert!(GuestPath::parse(&longest).is_ok());
        let len = MAX_PATH_LEN + 1;
        let above = GuestPath::parse(&(longest + "a"));
        assert_eq!(above, Err(GuestPathError::TooLong { len }));
    }
}
