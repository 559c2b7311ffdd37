//! The compressed blocks of an image, as frames of zstd, and what the library
//! that everybody has makes of them.

use anyhow::{Context, Result, ensure};
use std::borrow::Cow;
use std::time::Instant;
use wasi_vfs::Contents;
use wasi_vfs_format::{Block, Codec, Index};
use zstd::zstd_safe::{DCtx, get_error_name};

/// Frames and what they decompress to.
pub(crate) struct Frames {
    base: Vec<u8>,
    frames: Vec<Frame>,
}

struct Frame {
    bytes: Vec<u8>,
    has_base: bool,
    content: Vec<u8>,
}

impl Frames {
    /// The compressed blocks of an image, or so many of them, from all over it,
    /// that they have at most `len_max` bytes.
    pub(crate) fn of(image: &Contents<'_>, len_max: usize) -> Result<Self> {
        let index = Index::parse(&image.index)?;
        let all = (0..index.block_count()).map(|number| index.block(number));
        let all = all.collect::<Result<Vec<_>, _>>()?;
        let base = match all.first() {
            Some(block) => decode_block(image, block, &[])?,
            None => Vec::new(),
        };
        let compressed = all.iter().filter(|block| block.codec != Codec::Stored);
        let compressed: Vec<_> = compressed.collect();
        let total: usize = compressed.iter().map(|block| block.raw_len as usize).sum();
        let step = total.div_ceil(len_max).max(1);
        let frame = |block: &&Block| {
            let has_base = block.codec == Codec::Based;
            Ok(Frame {
                bytes: stored(image, block)?.into_owned(),
                has_base,
                content: decode_block(image, block, if has_base { &base } else { &[] })?,
            })
        };
        let frames = compressed.iter().step_by(step).map(frame);
        Ok(Self {
            frames: frames.collect::<Result<_>>()?,
            base,
        })
    }

    /// Whether there is nothing to decompress.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Bytes that they decompress to.
    pub(crate) fn len(&self) -> usize {
        self.frames.iter().map(|frame| frame.content.len()).sum()
    }

    /// What the programs in `engines/` read: for each frame the lengths of frame,
    /// prefix and content, of four bytes each, and the bytes of all three.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut file = Vec::new();
        for frame in &self.frames {
            let parts = [&*frame.bytes, self.prefix(frame), &*frame.content];
            for part in parts {
                file.extend(u32::try_from(part.len())?.to_le_bytes());
            }
            parts.into_iter().for_each(|part| file.extend(part));
        }
        Ok(file)
    }

    /// Room for what they decompress to.
    pub(crate) fn room(&self) -> Vec<Vec<u8>> {
        let room = |frame: &Frame| vec![0; frame.content.len()];
        self.frames.iter().map(room).collect()
    }

    /// Nanoseconds that libzstd takes for all of them.
    pub(crate) fn decode(&self, outputs: &mut [Vec<u8>]) -> Result<f64> {
        let mut context = DCtx::create();
        let start = Instant::now();
        for (frame, output) in self.frames.iter().zip(outputs.iter_mut()) {
            decode(&mut context, &frame.bytes, self.prefix(frame), output)?;
        }
        let elapsed = start.elapsed();
        let is_right = |(frame, output): (&Frame, &Vec<u8>)| frame.content == *output;
        let all_right = self.frames.iter().zip(outputs.iter()).all(is_right);
        ensure!(all_right, "libzstd gave something else than before");
        Ok(elapsed.as_nanos() as f64)
    }

    /// Nanoseconds that copying what they decompress to takes.
    pub(crate) fn copy(&self, outputs: &mut [Vec<u8>]) -> f64 {
        let start = Instant::now();
        for (frame, output) in self.frames.iter().zip(outputs.iter_mut()) {
            output.copy_from_slice(&frame.content);
        }
        std::hint::black_box(outputs);
        start.elapsed().as_nanos() as f64
    }

    fn prefix(&self, frame: &Frame) -> &[u8] {
        if frame.has_base { &self.base } else { &[] }
    }
}

fn stored<'a>(image: &Contents<'a>, block: &Block) -> Result<Cow<'a, [u8]>> {
    let (start, len) = (block.stored_offset.into(), block.stored_len as usize);
    let bytes = image.payload.read(start, len);
    bytes.context("cannot read a block of the payload")
}

fn decode_block(image: &Contents<'_>, block: &Block, prefix: &[u8]) -> Result<Vec<u8>> {
    let bytes = stored(image, block)?;
    if block.codec == Codec::Stored {
        return Ok(bytes.into_owned());
    }
    let mut content = vec![0; block.raw_len as usize];
    decode(&mut DCtx::create(), &bytes, prefix, &mut content)?;
    Ok(content)
}

fn decode<'a>(
    context: &mut DCtx<'a>,
    frame: &[u8],
    prefix: &'a [u8],
    output: &mut [u8],
) -> Result<()> {
    let error = |code| anyhow::anyhow!(get_error_name(code));
    if !prefix.is_empty() {
        context.ref_prefix(prefix).map_err(error)?;
    }
    let len = context.decompress(output, frame).map_err(error)?;
    ensure!(
        len == output.len(),
        "a frame gives {len} bytes, not {}",
        output.len()
    );
    Ok(())
}
