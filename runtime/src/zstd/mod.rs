//! A zstd decoder for one purpose: blocks of an image (RFC 8878).
//!
//! A block is one frame, its length is known, all of it is decoded at once into
//! memory that lies in one piece, and its bytes have been held against a
//! checksum before. So there is no window, no stream, no dictionary and no
//! checksum here. What a frame may refer to is a *prefix*: content that comes
//! before it, as the encoder got it through `ZSTD_CCtx_refPrefix`.
//!
//! Any bytes give content or an error, and never a panic.
//!
//! ```
//! use wasi_vfs_runtime::zstd::Decoder;
//!
//! let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 0x29, 0, 0, b'h', b'e', b'l', b'l', b'o'];
//! let mut output = [0; 5];
//! let mut decoder = Decoder::new().expect("there is memory");
//! decoder.decode(&frame, &[], &mut output)?;
//! assert_eq!(&output, b"hello");
//! # Ok::<(), wasi_vfs_runtime::zstd::Error>(())
//! ```

mod bits;
pub mod check;
mod copy;
mod error;
mod frame;
mod fse;
mod huffman;
mod input;
mod literals;
mod memory;
mod output;
mod repeats;
mod sequences;
#[cfg(test)]
mod tests;

pub use error::Error;
use frame::{Block, BlockContent, FrameHeader};
use input::Input;
use literals::Literals;
use output::{BLOCK_LEN_MAX, Output};
use sequences::Sequences;

/// A decoder with all the memory that decoding needs: 150 KB, most of it for literals.
pub struct Decoder {
    literals: Literals,
    sequences: Sequences,
}

impl Decoder {
    /// Bytes of memory behind one for any frame.
    pub const LEN: usize = Literals::LEN + Sequences::LEN;

    /// A decoder for any frame. `None` if memory runs out: decoding allocates no more.
    pub fn new() -> Option<Self> {
        Self::with_literals(BLOCK_LEN_MAX)
    }

    /// A decoder for this frame only, with a buffer as long as its longest literals. `None`
    /// if memory runs out. A damaged frame gets a decoder that rejects it.
    pub fn for_frame(frame: &[u8]) -> Option<Self> {
        let len = longest_literals(frame).unwrap_or_default();
        Self::with_literals(len.min(BLOCK_LEN_MAX))
    }

    fn with_literals(len_max: usize) -> Option<Self> {
        Some(Self {
            literals: Literals::new(len_max)?,
            sequences: Sequences::new()?,
        })
    }

    /// Decodes `frame`, which is one frame and whose content fills `output`.
    /// Content after an error is unspecified.
    ///
    /// `prefix` is what the encoder had as a prefix, or nothing.
    ///
    /// # Errors
    ///
    /// If `frame` is anything else. A frame that was altered may decode, and
    /// give other content.
    pub fn decode(&mut self, frame: &[u8], prefix: &[u8], output: &mut [u8]) -> Result<(), Error> {
        let mut input = Input::new(frame);
        let header = FrameHeader::read(&mut input)?;
        if header
            .content_len
            .is_some_and(|len| len != output.len() as u64)
        {
            return Err(Error::ContentLen);
        }
        self.literals.reset();
        self.sequences.reset();
        let mut output = Output::new(prefix, output);
        while !self.decode_block(&mut input, &mut output)? {}
        if header.has_checksum {
            input.take(4)?;
        }
        input.expect_end()?;
        output.expect_full()
    }

    /// Whether it was the last one.
    fn decode_block(
        &mut self,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<bool, Error> {
        let block = Block::read(input)?;
        match block.content {
            BlockContent::Raw(bytes) => output.push(bytes)?,
            BlockContent::Repeated(byte, len) => output.push_repeated(byte, len)?,
            BlockContent::Compressed(mut input) => {
                self.literals.read(&mut input)?;
                self.sequences.run(input, &self.literals, output)?;
            }
        }
        Ok(block.is_last)
    }
}

/// The length of the longest literals of a block, from the headers of all blocks.
fn longest_literals(frame: &[u8]) -> Result<usize, Error> {
    let mut input = Input::new(frame);
    FrameHeader::read(&mut input)?;
    let mut longest = 0;
    loop {
        let block = Block::read(&mut input)?;
        if let BlockContent::Compressed(mut content) = block.content {
            longest = longest.max(literals::section_len(&mut content)?);
        }
        if block.is_last {
            return Ok(longest);
        }
    }
}
