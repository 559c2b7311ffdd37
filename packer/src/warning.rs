//! What a user should know about a pack that succeeded.
//!
//! Owns the list of these things and their wording. Whoever notices one reports
//! it in [`Packed::warnings`](crate::Packed::warnings); whether a warning is
//! printed, ignored or an error is the caller's decision.

use crate::figures::{count, len};
use std::fmt;
use std::path::PathBuf;

/// Something that a pack did or found that its user may not expect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Custom sections were dropped because packing invalidates them or because
    /// they have the name of one of ours.
    DroppedSections(Vec<DroppedSection>),
    /// Patterns of [`Packer::exclude`](crate::Packer::exclude) matched nothing in
    /// any mapped directory. Packing does not look into excluded directories.
    UnusedPatterns(Vec<String>),
    /// Paths of [`Packer::only`](crate::Packer::only) or
    /// [`Packer::order_by`](crate::Packer::order_by) are not in the tree.
    Missing(Vec<String>),
    /// The paths of [`Packer::only`](crate::Packer::only) keep directories and
    /// links, and no file.
    NoFileKept,
    /// Host directories that are empty, or of which every entry is excluded.
    EmptyDirectories(Vec<String>),
    /// Images of [`Packer::add_image`](crate::Packer::add_image) without any file or
    /// link, by their positions, the first of which is 1.
    EmptyImages(Vec<usize>),
    /// Guest paths were left out because another mapping or image hides them: a
    /// file or link where a directory is mapped, the content of a directory where
    /// another one is mapped, and a directory of an image that is mapped again.
    Hidden(Vec<String>),
    /// Files of [`Packer::own_file`](crate::Packer::own_file) were packed.
    OwnFiles(Vec<OwnFile>),
    /// Symbolic links of mapped directories lead nowhere in the image: their targets
    /// are missing, or outside of the mapped directory.
    BrokenLinks {
        /// How many there are.
        count: u64,
        /// The guest path of the first.
        link: String,
        /// Its target.
        target: String,
    },
    /// Compiled Python files (`.pyc`) of mapped directories record another time or
    /// length than their sources have, so that Python compiles these at each start.
    StalePythonCaches {
        /// How many there are.
        count: u64,
        /// The guest path of the first.
        example: String,
    },
    /// Shared libraries of mapped directories are for a processor or system, and
    /// WebAssembly cannot load them.
    NativeLibraries {
        /// How many there are.
        count: u64,
        /// The guest path of the first.
        example: String,
    },
    /// An image was compressed, and the new one is not.
    Decompressed,
    /// The module is longer than browsers and Node accept.
    TooLongForBrowsers,
}

/// A custom section that was dropped. Several of one name count as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedSection {
    /// Its name.
    pub name: String,
    /// Its length in bytes, that of the name included.
    pub len: u64,
}

impl DroppedSection {
    fn is_debug_information(&self) -> bool {
        self.name.starts_with(".debug_") || self.name.starts_with("reloc..debug_")
    }
}

/// A file that the pack itself reads or writes, and that is packed.
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
            Self::UnusedPatterns(patterns) => write!(
                f,
                "{} excluded nothing: {}; correct or remove {}",
                count(patterns.len() as u64, "pattern"),
                List(patterns),
                them(patterns.len()),
            ),
            Self::Missing(paths) => write!(
                f,
                "{} not in the tree: {}",
                count(paths.len() as u64, "listed path"),
                List(paths)
            ),
            Self::NoFileKept => f.write_str(
                "the listed paths keep no file; end the path of a directory with a slash to keep its content",
            ),
            Self::EmptyDirectories(paths) => write!(
                f,
                "{} with nothing to pack: {}; check the path and the exclude patterns",
                count(paths.len() as u64, "mapped directory"),
                List(paths),
            ),
            Self::EmptyImages(numbers) => write!(
                f,
                "{} without any file or link: number {}; check how it was packed",
                count(numbers.len() as u64, "image"),
                List(numbers),
            ),
            Self::Hidden(paths) => write!(
                f,
                "left out because another mapping hides them: {}",
                List(paths)
            ),
            Self::OwnFiles(files) => write!(
                f,
                "a mapped directory holds files that this pack reads or writes, so they are packed: {}",
                List(files)
            ),
            Self::BrokenLinks { count: number, link, target } => write!(
                f,
                "{} without a target in the image, such as `{link}` -> `{target}`; \
                 map the target or replace the link",
                count(*number, "symbolic link"),
            ),
            Self::StalePythonCaches { count: number, example } => write!(
                f,
                "Python will recompile {} at each start, because the source of `{example}` has another time or size; \
                 run `python -m compileall -f --invalidation-mode unchecked-hash` before packing",
                count(*number, "module"),
            ),
            Self::NativeLibraries { count: number, example } => write!(
                f,
                "{} that WebAssembly cannot load, such as `{example}`; exclude them",
                count(*number, "native library"),
            ),
            Self::Decompressed => f.write_str(
                "an image was compressed and its files are now stored uncompressed; choose a compression level to compress them",
            ),
            Self::TooLongForBrowsers => {
                f.write_str("browsers and Node reject modules of more than 1 GiB")
            }
        }
    }
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

fn them(number: usize) -> &'static str {
    if number == 1 { "it" } else { "them" }
}

/// The first entries of a list, and how many more there are.
pub(crate) struct List<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN_MAX: usize = 20;
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
        assert!(List(&names).to_string().ends_with("18, 19, and 3 more"));
    }

    #[test]
    fn debug_information_is_one_length_and_other_sections_are_named() {
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
