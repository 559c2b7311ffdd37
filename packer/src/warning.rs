//! Warnings about a successful pack, and their texts.
//!
//! [`Packed::warnings`](crate::Packed::warnings) returns them. The caller prints them,
//! ignores them or treats them as errors. Each text names the remedy: `exclude 2 native
//! libraries that WebAssembly cannot load, such as ...`.

use crate::figures::{count, len};
use std::fmt;
use std::path::PathBuf;

/// An action or finding of a pack that the user may not expect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Custom sections were dropped, because packing invalidates them or because they have
    /// the name of a section of wasi-vfs.
    DroppedSections(Vec<DroppedSection>),
    /// Signatures in custom sections were dropped, because packing changes the signed bytes.
    Unsigned(Vec<String>),
    /// Asyncify instrumented the program, but not the runtime. A call that the host suspends
    /// reaches the runtime twice.
    Asyncified,
    /// The program imports `wasi_unstable`, and the packed module preview 1 instead. This
    /// is a [note](Self::is_note).
    Preview0,
    /// The program imports functions from `wasi_snapshot_preview1` that preview 1 does not
    /// define. Host descriptors from these functions bypass the runtime.
    UnknownCalls(Vec<String>),
    /// Functions may receive a handle of a packed file, and would trap on it.
    /// [`Packer::allow_escape`](crate::Packer::allow_escape) allows them.
    Escapes(Vec<String>),
    /// Functions take or return streams or futures of WASI 0.3, and would trap or wait
    /// without end on those of a packed file.
    Streams(Vec<String>),
    /// Functions of WASI 0.3 fail with `unsupported` for files in writable directories. All
    /// others can write.
    CannotWrite(Vec<String>),
    /// Patterns of [`Packer::exclude`](crate::Packer::exclude) matched nothing in
    /// any mapped directory. Excluded directories are not read.
    UnusedPatterns(Vec<String>),
    /// Paths of [`Packer::only`](crate::Packer::only) or
    /// [`Packer::order_by`](crate::Packer::order_by) are not in the tree.
    Missing(Vec<String>),
    /// The selection of [`Packer::only`](crate::Packer::only) has directories and links, but
    /// no file.
    NoFileKept,
    /// Directories of [`Packer::writable`](crate::Packer::writable) were missing, and their
    /// names read like patterns.
    WritablePatterns(Vec<String>),
    /// Mapped directories are empty, or all their entries are excluded.
    EmptyDirectories(Vec<String>),
    /// Tar archives hold the layers of a container image, and not its files.
    Layers(Vec<String>),
    /// Images of [`Packer::add_image`](crate::Packer::add_image) have no file and no link.
    /// The numbers are their positions, counted from 1.
    EmptyImages(Vec<usize>),
    /// Images of changes remove paths that the changed image does not have. They were made
    /// above another image.
    NotRemoved(Vec<String>),
    /// Guest paths were left out, because another mapping or image hides them: files and
    /// links at a mapped directory, the content of a directory at another mapped directory,
    /// and directories of images that are mapped again.
    Hidden(Vec<String>),
    /// Files of [`Packer::own_file`](crate::Packer::own_file) were packed.
    OwnFiles(Vec<OwnFile>),
    /// Symbolic links of mapped directories are broken in the image: their targets are
    /// missing, or outside of the mapped directory.
    BrokenLinks {
        /// Their number.
        count: u64,
        /// The guest path of the first.
        link: String,
        /// Its target.
        target: String,
    },
    /// Compiled Python files (`.pyc`) of mapped directories record a different time or
    /// length of their sources, so Python recompiles the sources at each start.
    StalePythonCaches {
        /// Their number.
        count: u64,
        /// The guest path of the first.
        example: String,
    },
    /// Mapped directories have native shared libraries, which WebAssembly cannot load.
    NativeLibraries {
        /// Their number.
        count: u64,
        /// The guest path of the first.
        example: String,
    },
    /// The files of a compressed image are stored uncompressed.
    Decompressed,
    /// The module is longer than browsers and Node accept.
    TooLongForBrowsers,
}

impl Warning {
    /// Whether this is only for information. It needs no remedy, and `--strict` accepts it.
    pub fn is_note(&self) -> bool {
        matches!(self, Self::Preview0)
    }
}

/// A dropped custom section. Sections with the same name are one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedSection {
    /// Its name.
    pub name: String,
    /// Its length in bytes, including the name.
    pub len: u64,
}

impl DroppedSection {
    fn is_debug_information(&self) -> bool {
        self.name.starts_with(".debug_") || self.name.starts_with("reloc..debug_")
    }
}

/// A packed file that the pack itself reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFile {
    /// Its path on the host, in the mapped directory.
    pub path: PathBuf,
    /// The pattern that excludes it.
    pub pattern: String,
}

impl fmt::Display for OwnFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, pattern } = self;
        write!(f, "`{}` (exclude `{pattern}`)", path.display())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DroppedSections(sections) => write_dropped(f, sections),
            Self::Unsigned(names) => write_list(f, UNSIGNED, names),
            Self::Asyncified => f.write_str(ASYNCIFIED),
            Self::Preview0 => f.write_str(PREVIEW0),
            Self::UnknownCalls(names) => write_list(f, UNKNOWN_CALLS, names),
            Self::Escapes(users) => write_list(f, ESCAPES, users),
            Self::Streams(users) => write_list(f, STREAMS, users),
            Self::CannotWrite(names) => write_list(f, CANNOT_WRITE, names),
            Self::UnusedPatterns(patterns) => {
                let patterns_count = count(patterns.len() as u64, "pattern");
                let what = format!("correct or remove {patterns_count} that excluded nothing");
                write_list(f, &what, patterns)
            }
            Self::Missing(paths) => {
                let paths_count = count(paths.len() as u64, "listed path");
                write_list(f, &format!("{paths_count} not in the tree"), paths)
            }
            Self::NoFileKept => f.write_str(NO_FILE_KEPT),
            Self::WritablePatterns(paths) => write_list(f, WRITABLE_PATTERNS, paths),
            Self::EmptyDirectories(paths) => write_list(f, EMPTY_DIRECTORIES, paths),
            Self::Layers(archives) => write_list(f, LAYERS, archives),
            Self::EmptyImages(numbers) => write_list(f, EMPTY_IMAGES, numbers),
            Self::NotRemoved(paths) => write_list(f, NOT_REMOVED, paths),
            Self::Hidden(paths) => write_list(f, HIDDEN, paths),
            Self::OwnFiles(files) => write_list(f, OWN_FILES, files),
            Self::BrokenLinks {
                count: links,
                link,
                target,
            } => write!(
                f,
                "map or copy the missing target of {}, such as `{link}` -> `{target}`",
                count(*links, "symbolic link"),
            ),
            Self::StalePythonCaches {
                count: modules,
                example,
            } => write!(
                f,
                "run `{COMPILE}` before packing, or Python recompiles {} at each start, such as that of `{example}`",
                count(*modules, "module"),
            ),
            Self::NativeLibraries {
                count: libraries,
                example,
            } => write!(
                f,
                "exclude {} that WebAssembly cannot load, such as `{example}`",
                count(*libraries, "native library"),
            ),
            Self::Decompressed => f.write_str(DECOMPRESSED),
            Self::TooLongForBrowsers => {
                f.write_str("browsers and Node reject modules of more than 1 GiB")
            }
        }
    }
}

const UNSIGNED: &str = "sign the packed module again, because packing dropped its signatures";
const ASYNCIFIED: &str = "run Asyncify on the packed module instead, because the runtime is not instrumented and a suspended call reaches it twice";
const PREVIEW0: &str = "the packed module imports `wasi_snapshot_preview1` instead of `wasi_unstable`, so run it on a host with preview 1";
const UNKNOWN_CALLS: &str =
    "check that descriptors from imports that preview 1 does not define differ from the program's";
const ESCAPES: &str = "pass no descriptor or stream of a packed file, because the program traps then, through these functions";
const STREAMS: &str = "copy packed files into a stream of your own, because the program traps or hangs if it passes a packed file's stream to these functions";
const CANNOT_WRITE: &str = "write to packed files by WASI 0.2, for example with the standard library, because these functions of 0.3 fail with `unsupported`";
const NO_FILE_KEPT: &str =
    "the listed paths keep no file, so list files, or directories without `/.` at the end";
const WRITABLE_PATTERNS: &str = "name each writable directory without a pattern, because an empty directory of this name was created";
const EMPTY_DIRECTORIES: &str =
    "check the paths and the exclude patterns of mapped directories with nothing to pack";
const LAYERS: &str = "pack the archive of `docker export`, because that of `docker save` holds layers instead of files";
const EMPTY_IMAGES: &str = "check how images without any file or link were packed, by their number";
const NOT_REMOVED: &str = "check that the changes were made in this module, because they remove paths that it does not have";
const HIDDEN: &str = "left out because another mapping hides them";
const OWN_FILES: &str = "a mapped directory has files that this pack reads or writes";
const COMPILE: &str = "python -m compileall -f --invalidation-mode unchecked-hash";
const DECOMPRESSED: &str = "the files of a compressed image are stored uncompressed, unless you choose a compression level";

fn write_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, what: &str, list: &[T]) -> fmt::Result {
    write!(f, "{what}: {}", List(list))
}

fn write_dropped(f: &mut fmt::Formatter<'_>, sections: &[DroppedSection]) -> fmt::Result {
    let (debug, others): (Vec<_>, Vec<_>) = sections
        .iter()
        .partition(|section| section.is_debug_information());
    let debug_len = debug.iter().map(|section| section.len).sum();
    let others: Vec<_> = others.iter().map(|section| &section.name).collect();
    f.write_str("removed ")?;
    if !debug.is_empty() {
        write!(f, "debug information ({})", len(debug_len))?;
    }
    if !debug.is_empty() && !others.is_empty() {
        f.write_str(" and ")?;
    }
    if !others.is_empty() {
        write!(f, "custom sections ({})", List(&others))?;
    }
    f.write_str(", which packing invalidates")
}

/// The first entries of a list, and the number of further entries.
pub(crate) struct List<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN_MAX: usize = 10;
        for (position, entry) in self.0.iter().take(SHOWN_MAX).enumerate() {
            let separator = if position > 0 { ", " } else { "" };
            write!(f, "{separator}{entry}")?;
        }
        match self.0.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_show_their_first_entries_and_a_count() {
        let names: Vec<_> = (0..23).map(|n| n.to_string()).collect();
        assert_eq!(List(&names[..2]).to_string(), "0, 1");
        assert!(List(&names).to_string().ends_with("8, 9, and 13 more"));
    }

    #[test]
    fn debug_sections_are_one_length_and_others_are_named() {
        let dropped = |sections: &[(&str, u64)]| {
            let sections = sections.iter().map(|&(name, len)| DroppedSection {
                name: name.to_owned(),
                len,
            });
            Warning::DroppedSections(sections.collect()).to_string()
        };
        let debug = [(".debug_info", 3_000_000), (".debug_line", 100_000)];
        assert_eq!(
            dropped(&debug),
            "removed debug information (3.1 MB), which packing invalidates"
        );
        assert_eq!(
            dropped(&[("linking", 5), ("reloc.CODE", 9)]),
            "removed custom sections (linking, reloc.CODE), which packing invalidates"
        );
        assert_eq!(
            dropped(&[("linking", 5), ("reloc..debug_info", 9)]),
            "removed debug information (9 B) and custom sections (linking), which packing invalidates"
        );
    }
}
