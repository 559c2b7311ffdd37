//! Frames and blocks (RFC 8878, 3.1.1).

use super::error::Error;
use super::input::Input;

const MAGIC: u64 = 0xfd2f_b528;

/// What is needed of a frame's header.
pub(super) struct FrameHeader {
    pub(super) content_len: Option<u64>,
    pub(super) has_checksum: bool,
}

impl FrameHeader {
    /// The window is not looked at: content and prefix are at hand in full.
    pub(super) fn read(input: &mut Input<'_>) -> Result<Self, Error> {
        if input.number(4)? != MAGIC {
            return Err(Error::Magic);
        }
        let descriptor = input.byte()?;
        let is_single_segment = descriptor & 1 << 5 != 0;
        // A reserved bit, and the length of a dictionary's number.
        if descriptor & (1 << 3 | 3) != 0 {
            return Err(Error::Unsupported);
        }
        if !is_single_segment {
            input.byte()?;
        }
        Ok(Self {
            content_len: read_content_len(input, descriptor >> 6, is_single_segment)?,
            has_checksum: descriptor & 1 << 2 != 0,
        })
    }
}

fn read_content_len(
    input: &mut Input<'_>,
    flag: u8,
    is_single_segment: bool,
) -> Result<Option<u64>, Error> {
    Ok(match flag {
        0 if is_single_segment => Some(input.number(1)?),
        0 => None,
        1 => Some(input.number(2)? + 256),
        2 => Some(input.number(4)?),
        _ => Some(input.number(8)?),
    })
}

/// A block's header and what it is about.
pub(super) struct Block<'a> {
    pub(super) is_last: bool,
    pub(super) content: BlockContent<'a>,
}

pub(super) enum BlockContent<'a> {
    Raw(&'a [u8]),
    Repeated(u8, usize),
    Compressed(Input<'a>),
}

impl<'a> Block<'a> {
    pub(super) fn read(input: &mut Input<'a>) -> Result<Self, Error> {
        let header = input.number(3)?;
        let len = (header >> 3) as usize;
        if len > super::output::BLOCK_LEN_MAX {
            return Err(Error::Block);
        }
        let content = match header >> 1 & 3 {
            0 => BlockContent::Raw(input.take(len)?.rest()),
            1 => BlockContent::Repeated(input.byte()?, len),
            2 => BlockContent::Compressed(input.take(len)?),
            _ => return Err(Error::Block),
        };
        let is_last = header & 1 != 0;
        Ok(Self { is_last, content })
    }
}
