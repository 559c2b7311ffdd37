//! The literals section of a block (RFC 8878, 3.1.1.3.1).

use super::copy::SLACK;
use super::error::Error;
use super::huffman;
use super::input::Input;
use super::memory::{zeroed, zeros};
use super::output::BLOCK_LEN_MAX;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The literals of the current block, and the code that the next may use again.
pub(super) struct Literals {
    /// The longest literals that fit, and [`SLACK`] bytes more.
    bytes: Vec<u8>,
    len: usize,
    table: Box<huffman::Table>,
    has_table: bool,
}

/// What the first bytes of the section say.
struct Header {
    kind: Kind,
    len: usize,
    /// Of tree and streams; only where there are any.
    compressed_len: usize,
    has_four_streams: bool,
}

#[derive(PartialEq)]
enum Kind {
    Raw,
    Repeated,
    Compressed,
    Treeless,
}

impl Literals {
    /// Bytes of memory behind it.
    pub(super) const LEN: usize = BLOCK_LEN_MAX + SLACK + size_of::<huffman::Table>();

    /// For literals of up to `len_max` bytes. `None` if memory runs out.
    pub(super) fn new(len_max: usize) -> Option<Self> {
        Some(Self {
            bytes: zeros(len_max + SLACK)?,
            len: 0,
            table: zeroed()?,
            has_table: false,
        })
    }

    /// The longest literals that fit.
    pub(super) fn len_max(&self) -> usize {
        self.bytes.len().saturating_sub(SLACK)
    }

    /// Forgets the code: another frame begins.
    pub(super) fn reset(&mut self) {
        self.has_table = false;
    }

    /// The literals and [`SLACK`] bytes more.
    pub(super) fn with_slack(&self) -> &[u8] {
        self.bytes.get(..self.len + SLACK).unwrap_or_default()
    }

    /// Reads a section.
    pub(super) fn read(&mut self, input: &mut Input<'_>) -> Result<(), Error> {
        let header = Header::read(input)?;
        self.len = header.len;
        if header.len > self.len_max() {
            return Err(Error::Literals);
        }
        let bytes = self.bytes.get_mut(..header.len).ok_or(Error::Literals)?;
        match header.kind {
            Kind::Raw => bytes.copy_from_slice(input.take(header.len)?.rest()),
            Kind::Repeated => bytes.fill(input.byte()?),
            Kind::Compressed => {
                let mut input = input.take(header.compressed_len)?;
                self.has_table = false;
                huffman::read_table(&mut input, &mut self.table)?;
                self.has_table = true;
                decode(&self.table, input, bytes, header.has_four_streams)?;
            }
            Kind::Treeless if self.has_table => {
                let input = input.take(header.compressed_len)?;
                decode(&self.table, input, bytes, header.has_four_streams)?;
            }
            Kind::Treeless => return Err(Error::Huffman),
        }
        Ok(())
    }
}

/// The length of the literals in a section. Reads its header only.
pub(super) fn section_len(input: &mut Input<'_>) -> Result<usize, Error> {
    Ok(Header::read(input)?.len)
}

impl Header {
    fn read(input: &mut Input<'_>) -> Result<Self, Error> {
        let first = *input.rest().first().ok_or(Error::Truncated)?;
        let size_format = first >> 2 & 3;
        match first & 3 {
            0 => Self::read_plain(Kind::Raw, size_format, input),
            1 => Self::read_plain(Kind::Repeated, size_format, input),
            2 => Self::read_compressed(Kind::Compressed, size_format, input),
            _ => Self::read_compressed(Kind::Treeless, size_format, input),
        }
    }

    /// A length of 5, 12 or 20 bits.
    fn read_plain(kind: Kind, size_format: u8, input: &mut Input<'_>) -> Result<Self, Error> {
        let (header_len, unused_bits) = match size_format {
            1 => (2, 4),
            3 => (3, 4),
            _ => (1, 3),
        };
        Ok(Self {
            kind,
            len: (input.number(header_len)? >> unused_bits) as usize,
            compressed_len: 0,
            has_four_streams: false,
        })
    }

    /// Two lengths of 10, 14 or 18 bits.
    fn read_compressed(kind: Kind, size_format: u8, input: &mut Input<'_>) -> Result<Self, Error> {
        let (header_len, bits) = match size_format {
            2 => (4, 14),
            3 => (5, 18),
            _ => (3, 10),
        };
        let lengths = input.number(header_len)? >> 4;
        Ok(Self {
            kind,
            len: (lengths & ((1 << bits) - 1)) as usize,
            compressed_len: (lengths >> bits) as usize,
            has_four_streams: size_format != 0,
        })
    }
}

fn decode(
    table: &huffman::Table,
    mut input: Input<'_>,
    output: &mut [u8],
    has_four_streams: bool,
) -> Result<(), Error> {
    if !has_four_streams {
        return huffman::decode_one(table, input.backward_bits()?, output);
    }
    // The jump table: lengths of all streams but the last.
    let lengths = [input.number(2)?, input.number(2)?, input.number(2)?];
    let mut stream = |len: u64| input.take(len as usize);
    let [a, b, c] = lengths;
    let streams = [stream(a)?, stream(b)?, stream(c)?, input];
    decode_four(table, streams, output).map_err(|error| match error {
        Error::BitStream => Error::FourStreams {
            are_long: streams.iter().all(|stream| stream.len() >= 8),
        },
        error => error,
    })
}

fn decode_four(
    table: &huffman::Table,
    [a, b, c, d]: [Input<'_>; 4],
    output: &mut [u8],
) -> Result<(), Error> {
    let [a, b] = [a.backward_bits()?, b.backward_bits()?];
    let [c, d] = [c.backward_bits()?, d.backward_bits()?];
    huffman::decode_four(table, [a, b, c, d], output)
}
