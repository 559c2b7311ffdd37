//! The compressed blocks of an image as frames of zstd, and libzstd on them.

use anyhow::{Context, Result, ensure};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Instant;
use wasi_vfs::Contents;
use wasi_vfs_format::{Block, Codec, Index};
use zstd::zstd_safe::{DCtx, get_error_name};

/// Frames and their content.
pub(crate) struct Frames {
    /// The content of each base, by block.
    bases: BTreeMap<u32, Vec<u8>>,
    frames: Vec<Frame>,
}

struct Frame {
    bytes: Vec<u8>,
    base: Option<u32>,
    content: Vec<u8>,
}

impl Frames {
    /// The compressed blocks of an image, or a sample from all over the image with about
    /// `len_max` bytes of content.
    pub(crate) fn of(image: &Contents<'_>, len_max: usize) -> Result<Self> {
        let index = Index::parse(&image.index)?;
        let all = (0..index.block_count()).map(|number| index.block(number));
        let all = all.collect::<Result<Vec<_>, _>>()?;
        let mut bases = BTreeMap::new();
        for base in all.iter().filter_map(|block| block.base) {
            if let Entry::Vacant(entry) = bases.entry(base.0) {
                entry.insert(decode_block(image, &index.block(base.0)?, &[])?);
            }
        }
        let compressed = all.iter().filter(|block| block.codec != Codec::Stored);
        let compressed: Vec<_> = compressed.collect();
        let total: usize = compressed.iter().map(|block| block.raw_len as usize).sum();
        let step = total.div_ceil(len_max).max(1);
        let frame = |block: &&Block| {
            let base = block.base.map(|base| base.0);
            let prefix = base.and_then(|base| bases.get(&base));
            let prefix = prefix.map(Vec::as_slice).unwrap_or_default();
            let content = decode_block(image, block, prefix)?;
            let bytes = stored(image, block)?.into_owned();
            Ok(Frame {
                bytes,
                base,
                content,
            })
        };
        let frames = compressed.iter().step_by(step).map(frame);
        let frames = frames.collect::<Result<_>>()?;
        Ok(Self { bases, frames })
    }

    /// Bytes of content.
    pub(crate) fn len(&self) -> usize {
        self.frames.iter().map(|frame| frame.content.len()).sum()
    }

    /// The file that the programs in `engines/` read: for each frame the lengths of
    /// frame, prefix and content, of four bytes each, and then all three.
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

    /// The nanoseconds that libzstd takes for all frames.
    pub(crate) fn decode(&self) -> Result<f64> {
        let output = |frame: &Frame| vec![0; frame.content.len()];
        let mut outputs: Vec<_> = self.frames.iter().map(output).collect();
        let mut context = DCtx::create();
        let start = Instant::now();
        for (frame, output) in self.frames.iter().zip(&mut outputs) {
            decode(&mut context, &frame.bytes, self.prefix(frame), output)?;
        }
        let elapsed = start.elapsed();
        let mut pairs = self.frames.iter().zip(&outputs);
        let is_right = pairs.all(|(frame, output)| frame.content == *output);
        ensure!(is_right, "libzstd decoded other bytes than before");
        Ok(elapsed.as_nanos() as f64)
    }

    fn prefix(&self, frame: &Frame) -> &[u8] {
        let base = frame.base.and_then(|base| self.bases.get(&base));
        base.map(Vec::as_slice).unwrap_or_default()
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
        "a frame has {len} bytes, expected {}",
        output.len()
    );
    Ok(())
}
