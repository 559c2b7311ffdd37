//! Errors of inputs, with a remedy.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use thiserror::Error;
use wasi_vfs_format::limits::{MAX_FILE_LEN, MAX_NAME_LEN, MAX_PATH_LEN, MAX_SYMLINK_LEN};

/// An error of a host path or archive entry that cannot be packed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The mapped directory does not exist.
    #[error("directory `{}` does not exist", path.display())]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// The mapped path is a broken symbolic link.
    #[error("`{}` is a symbolic link to something that does not exist; change the link", path.display())]
    DanglingLink {
        /// The path.
        path: PathBuf,
    },
    /// The mapped path is neither a directory nor a file.
    #[error("`{}` is not a directory; map the directory that holds it", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The host cannot read a path.
    #[error("cannot read {what} `{}`; {}", path.display(), advice(path, *what, source))]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The part that cannot be read.
        what: Read,
        /// The host's reason.
        source: io::Error,
    },
    /// A name is not UTF-8, which preview 1 requires.
    #[error("the name of `{}` is not UTF-8; rename it or exclude it", path.display())]
    NameNotUtf8 {
        /// The path.
        path: PathBuf,
    },
    /// A symbolic link has a target that is not UTF-8.
    #[error(
        "the target `{target}` of symbolic link `{}` is not UTF-8; change the link or exclude it",
        path.display()
    )]
    TargetNotUtf8 {
        /// The link.
        path: PathBuf,
        /// The target with replacement characters.
        target: String,
    },
    /// The path is neither a file nor a directory nor a symbolic link.
    #[error("`{}` is a {kind}, which an image cannot hold; remove it or exclude it", path.display())]
    Special {
        /// The path.
        path: PathBuf,
        /// Its kind.
        kind: SpecialKind,
    },
    /// A name is longer than an image can hold.
    #[error("the name of `{}` has {len} bytes, at most {MAX_NAME_LEN} are possible; shorten it or exclude it", path.display())]
    NameTooLong {
        /// The path.
        path: PathBuf,
        /// Length of the name in bytes.
        len: usize,
    },
    /// A guest path is longer than an image can hold.
    #[error(
        "the guest path of `{}` would have {len} bytes, at most {MAX_PATH_LEN} are possible; map it higher up or exclude it",
        path.display()
    )]
    PathTooLong {
        /// The path on the host.
        path: PathBuf,
        /// Length of the path in the image in bytes.
        len: usize,
    },
    /// The target of a symbolic link is longer than an image can hold.
    #[error(
        "the target of symbolic link `{}` has {len} bytes, at most {MAX_SYMLINK_LEN} are possible; change the link or exclude it",
        path.display()
    )]
    TargetTooLong {
        /// The link.
        path: PathBuf,
        /// Length of the target in bytes.
        len: usize,
    },
    /// The target of a followed link is a directory above the link.
    #[error(
        "symbolic link `{}` leads to `{}`, which holds the link; exclude the link",
        path.display(),
        target.display()
    )]
    LinkToHolder {
        /// The link.
        path: PathBuf,
        /// The directory.
        target: PathBuf,
    },
    /// An archive cannot be read.
    #[error("cannot read archive `{}`; expected a tar archive, plain or compressed with gzip or zstd", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// An entry of an archive cannot be packed.
    #[error("entry `{entry}` of archive `{}` {problem}", archive.display())]
    Entry {
        /// The archive.
        archive: PathBuf,
        /// The path of the entry.
        entry: String,
        /// Why it cannot be packed.
        problem: EntryProblem,
    },
    /// A line of a `.gitignore` file is an invalid pattern.
    #[error("line {line} of `{}` cannot be used: {reason}; correct it or pack without .gitignore files", path.display())]
    Gitignore {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The reason.
        reason: String,
    },
    /// A modification time exceeds 64 bits of nanoseconds.
    #[error("the modification time of `{}` lies outside the years 1678 to 2261; set it with touch(1)", path.display())]
    TimeOutOfRange {
        /// The path.
        path: PathBuf,
    },
}

impl SourceError {
    pub(super) fn unreadable(path: &Path, what: Read, source: io::Error) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            what,
            source,
        }
    }

    /// The error of a name or guest path that is longer than an image can hold, if any.
    /// `path` returns the path for the message.
    pub(super) fn too_long(
        path: impl Fn() -> PathBuf,
        name_len: usize,
        guest_len: usize,
    ) -> Option<Self> {
        if name_len > MAX_NAME_LEN {
            let (path, len) = (path(), name_len);
            return Some(Self::NameTooLong { path, len });
        }
        let (path, len) = (path(), guest_len);
        (len > MAX_PATH_LEN).then_some(Self::PathTooLong { path, len })
    }
}

/// The remedy for an unreadable path. Only paths below a mapped directory can be excluded.
fn advice(path: &Path, what: Read, source: &io::Error) -> String {
    let leave_out = match what {
        Read::Mapped | Read::Patterns => "",
        Read::Directory | Read::Link | Read::Metadata => " or exclude it",
    };
    let len = path.as_os_str().len();
    let cure = match source.kind() {
        ErrorKind::PermissionDenied => "make it readable",
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::StaleNetworkFileHandle => {
            return "it changed while it was read; pack again".to_owned();
        }
        ErrorKind::InvalidFilename => {
            return format!(
                "the path has {len} bytes, more than the system takes; change to a \
                 directory nearer to it and map that by a relative path{leave_out}"
            );
        }
        ErrorKind::OutOfMemory => return "close other programs, and pack again".to_owned(),
        ErrorKind::TimedOut | ErrorKind::Interrupted | ErrorKind::ResourceBusy => "pack again",
        _ => return advice_by_number(what, source).to_owned() + leave_out,
    };
    cure.to_owned() + leave_out
}

/// The remedy for an error that only its number identifies.
fn advice_by_number(what: Read, source: &io::Error) -> &'static str {
    match (source.raw_os_error(), what) {
        #[cfg(unix)]
        (Some(libc::EMFILE | libc::ENFILE), _) => {
            "raise the limit on open files (ulimit -n), and pack again"
        }
        #[cfg(unix)]
        (Some(libc::ELOOP), Read::Mapped) => "its symbolic links form a loop: change one",
        #[cfg(unix)]
        (Some(libc::EIO), _) => "check the disk or the connection to it",
        // Errors of this crate have no number, and their text is clear.
        (None, _) => "pack again",
        _ => "copy it to another place and map that",
    }
}

/// A part of a host path that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// A mapped directory.
    Mapped,
    /// The entries of a directory.
    Directory,
    /// The target of a symbolic link.
    Link,
    /// Kind, length and times.
    Metadata,
    /// The lines of a `.gitignore`.
    Patterns,
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mapped | Self::Directory => "directory",
            Self::Link => "symbolic link",
            Self::Metadata => "the metadata of",
            Self::Patterns => "the patterns of",
        })
    }
}

/// The reason why an archive entry cannot be packed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryProblem {
    /// The archive ends within the content of the entry.
    #[error("is truncated; write the archive again")]
    Truncated,
    /// Its path contains `..`.
    #[error("has `..` in its path; exclude the entry or write the archive again")]
    Parent,
    /// An entry that is not a directory has the path of the root.
    #[error("has no name; write the archive again")]
    NoName,
    /// The entry deletes a file of a lower layer of a container image.
    #[error(
        "deletes a file of a lower layer; pack the archive that `docker export` writes, or exclude the entry"
    )]
    Whiteout,
    /// A parent of the entry is a file or link.
    #[error("lies below a file or symbolic link; exclude one of them")]
    BelowNoDirectory,
    /// The archive has a directory and another object at the path of the entry.
    #[error(
        "is a directory and also something else in the archive; exclude it or write the archive again"
    )]
    TwoKinds,
    /// The entry is a hard link without an earlier target.
    #[error(
        "is a hard link to `{target}`, which is no earlier file of the archive; exclude the entry or write the archive again"
    )]
    HardLink {
        /// The path of the target.
        target: String,
    },
    /// The entry is a sparse file in an unsupported form.
    #[error(
        "is a sparse file in an unsupported form; exclude it, or write the archive with `tar --sparse --sparse-version=1.0`"
    )]
    Sparse,
    /// The map of a sparse file contradicts its content or its length.
    #[error("has a damaged map of its holes; exclude it or write the archive again")]
    SparseMap,
    /// A sparse file is longer than a file of an image.
    #[error("has {len} bytes, more than the {MAX_FILE_LEN} of a file in an image; exclude it")]
    TooLong {
        /// Its length.
        len: u64,
    },
    /// A global header changes all later entries.
    #[error(
        "sets `{key}` for all later entries, which is unsupported; write the archive without global headers"
    )]
    Global {
        /// The name of the value.
        key: String,
    },
}

/// A file-system object that an image cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecialKind {
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharacterDevice,
    /// Another object.
    Unknown,
}

impl fmt::Display for SpecialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fifo => "FIFO",
            Self::Socket => "socket",
            Self::BlockDevice => "block device",
            Self::CharacterDevice => "character device",
            Self::Unknown => "special file",
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn message(what: Read, code: i32) -> String {
        let error = io::Error::from_raw_os_error(code);
        SourceError::unreadable(Path::new("/some/path"), what, error).to_string()
    }

    #[test]
    fn advice_fits_the_reason() {
        for (code, words) in [
            (libc::EACCES, "; make it readable or exclude it"),
            (libc::EPERM, "; make it readable or exclude it"),
            (libc::ENAMETOOLONG, "; the path has 10 bytes, more than"),
            (libc::EMFILE, "(ulimit -n)"),
            (libc::ENFILE, "(ulimit -n)"),
            (libc::EIO, "; check the disk"),
            (libc::ENOENT, "; it changed while it was read; pack again"),
            (libc::ENOTDIR, "; it changed while it was read; pack again"),
            (libc::ESTALE, "; it changed while it was read; pack again"),
            (libc::ENOMEM, "; close other programs, and pack again"),
            (libc::EOVERFLOW, "; copy it to another place"),
        ] {
            for what in [Read::Directory, Read::Link, Read::Metadata] {
                let text = message(what, code);
                assert!(text.contains(words), "{code}: {text}");
                let may_help = [libc::EACCES, libc::EPERM].contains(&code);
                assert_eq!(text.contains("make it readable"), may_help, "{text}");
            }
        }
    }

    #[test]
    fn advice_never_excludes_a_mapped_directory() {
        for code in [libc::EACCES, libc::ENAMETOOLONG, libc::ELOOP, libc::EIO] {
            let text = message(Read::Mapped, code);
            assert!(!text.contains("exclude"), "{text}");
        }
        assert!(message(Read::Mapped, libc::ELOOP).contains("form a loop"));
    }
}
