//! What can be wrong with a frame.

use core::fmt;

/// Why a frame was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The frame ends before what its headers announce.
    Truncated,
    /// The first four bytes are not those of a zstd frame.
    Magic,
    /// The frame wants a dictionary, or uses a bit that the format reserves.
    Unsupported,
    /// A block has the reserved type or is longer than the format allows.
    Block,
    /// Bytes follow the end of the frame, of a block or of a table.
    Excess,
    /// A Huffman tree is incomplete, too deep, or missing.
    Huffman,
    /// The distribution of an FSE table does not add up, or the table is missing.
    Fse,
    /// The literals section announces lengths that cannot be.
    Literals,
    /// A bit stream ends before or after its last value.
    BitStream,
    /// One of four streams of literals ends before or after its last literal,
    /// or nowhere.
    FourStreams {
        /// Whether each has 8 bytes or more. Decoders that then load words and
        /// check nothing (zstd's own does) take what the format forbids.
        are_long: bool,
    },
    /// A sequence takes more literals than there are.
    Sequence,
    /// A match begins before the prefix.
    Offset,
    /// The content is shorter or longer than the output.
    ContentLen,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the frame is truncated",
            Self::Magic => "not a zstd frame",
            Self::Unsupported => "the frame needs a dictionary or a newer decoder",
            Self::Block => "a block of a kind or length that does not exist",
            Self::Excess => "bytes after the expected end",
            Self::Huffman => "a Huffman tree is damaged or missing",
            Self::Fse => "an FSE table is damaged or missing",
            Self::Literals => "the lengths of a literals section are impossible",
            Self::BitStream => "a bit stream does not end with its last value",
            Self::FourStreams { .. } => "a stream of literals does not end with its last literal",
            Self::Sequence => "a sequence takes more literals than there are",
            Self::Offset => "a match begins before the content",
            Self::ContentLen => "the content is not as long as expected",
        })
    }
}

impl core::error::Error for Error {}

// A result of decoding is a byte, which calls return in a register.
const _: () = assert!(size_of::<Result<(), Error>>() == 1);
