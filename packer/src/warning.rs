//! What a user should know about a pack that succeeded.
//!
//! Owns the list of these things and their wording. Whoever notices one reports
//! it in [`Packed::warnings`](crate::Packed::warnings); whether a warning is
//! printed, ignored or an error is the caller's decision.

use std::fmt;

/// Something that a pack did or found that its user may not expect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Custom sections were dropped because packing invalidates them or because
    /// they have the name of one of ours.
    DroppedSections(Vec<String>),
    /// Custom sections that sign the module were dropped, because packing changes the
    /// signed bytes.
    Unsigned(Vec<String>),
    /// The program was instrumented by Asyncify. The runtime that `pack` merges into it
    /// is not, so a call that the host suspends reaches the runtime twice.
    Asyncified,
    /// The program imports functions from `wasi_snapshot_preview1` that preview 1 does
    /// not define. The host's descriptors from them bypass the runtime.
    UnknownCalls(Vec<String>),
    /// Paths of [`Packer::only`](crate::Packer::only) or
    /// [`Packer::order_by`](crate::Packer::order_by) are not in the tree.
    Missing(Vec<String>),
    /// Guest paths were left out because another mapping or image hides them: a
    /// file or link where a directory is mapped, the content of a directory where
    /// another one is mapped, and a directory of an image that is mapped again.
    Hidden(Vec<String>),
    /// The image was compressed before, and the new one is not.
    Decompressed,
    /// The module is longer than browsers and Node accept.
    TooLongForBrowsers,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DroppedSections(names) => write!(
                f,
                "dropped custom sections that packing invalidates: {}",
                List(names)
            ),
            Self::Unsigned(names) => write!(
                f,
                "dropped signatures that packing invalidates: {}; sign the packed module",
                List(names)
            ),
            Self::Asyncified => f.write_str(
                "Asyncify was run before packing, so calls that the host suspends are served twice; run it on the packed module instead",
            ),
            Self::UnknownCalls(names) => write!(
                f,
                "preview 1 does not have these imported calls: {}; if they return descriptors, check that the host and the packed files do not use the same numbers",
                List(names)
            ),
            Self::Missing(paths) => {
                let (count, plural) = (paths.len(), if paths.len() == 1 { "" } else { "s" });
                write!(f, "{count} listed path{plural} not in the tree: {}", List(paths))
            }
            Self::Hidden(paths) => write!(
                f,
                "left out because another mapping hides them: {}",
                List(paths)
            ),
            Self::Decompressed => f.write_str(
                "the image was compressed and is now stored uncompressed; add --compress to keep it compressed",
            ),
            Self::TooLongForBrowsers => {
                f.write_str("browsers and Node reject modules of more than 1 GiB")
            }
        }
    }
}

/// The first names of a list, and how many more there are.
pub(crate) struct List<'a>(pub(crate) &'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN_MAX: usize = 20;
        let shown = &self.0[..self.0.len().min(SHOWN_MAX)];
        f.write_str(&shown.join(", "))?;
        match self.0.len() - shown.len() {
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
}
