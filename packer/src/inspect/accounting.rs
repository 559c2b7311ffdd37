//! The share of each file in the stored bytes.
//!
//! A byte of content costs its share of the stored block. Files that contain the same byte
//! share its cost equally, so the costs of all files add up to the stored bytes of all
//! blocks. For example, a block of 100 bytes is stored in 50 bytes. Of two files, both
//! contain its first 40 bytes, and one contains the rest: they cost 10 and 40 bytes.
//!
//! [`Accounting`] keeps sums at the points where the set of files or the block changes. The
//! cost between two points grows linearly, so a share needs two binary searches.

use std::collections::BTreeMap;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Block, Content, Corrupt, File, Index, Inode, InodeNumber};

/// The costs of all content of an image.
///
/// Requires an image without findings of [`check`](wasi_vfs_format::check::check). For
/// another image, the numbers may be wrong and computing them may take long.
#[derive(Clone, Debug)]
pub struct Accounting {
    /// Ascending by `raw_offset`.
    points: Vec<Point>,
}

/// The costs of all content before an offset. Between two points, all bytes cost the same.
#[derive(Clone, Copy, Debug, Default)]
struct Point {
    raw_offset: u64,
    stored: f64,
    unique: f64,
}

/// The cost of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Share {
    /// Bytes of the payload.
    pub stored: f64,
    /// Bytes before compression: the length of the file, or half of it if another file is
    /// equal.
    pub unique: f64,
}

impl Share {
    /// The sum of two shares.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            stored: self.stored + other.stored,
            unique: self.unique + other.unique,
        }
    }

    /// Bytes of the payload, rounded.
    pub fn stored_len(&self) -> u64 {
        round(self.stored)
    }

    /// Bytes of the content, rounded.
    pub fn unique_len(&self) -> u64 {
        round(self.unique)
    }
}

impl Accounting {
    /// Visits all extents of all files, and all blocks.
    pub fn new(image: &ImageReader<'_>) -> Result<Self, Corrupt> {
        let index = image.index();
        let uses = uses(index)?;
        let mut points = Vec::with_capacity(uses.len() + 1);
        let mut at = Point::default();
        let mut use_count: i64 = 0;
        let mut block: Option<Block> = None;
        for (raw_offset, change) in uses {
            while at.raw_offset < raw_offset {
                let here = at.raw_offset;
                let ends = block.map_or(0, |block| end_of(&block));
                if here >= ends {
                    block = Some(index.block_at(here)?);
                }
                let Some(current) = block else { break };
                points.push(at);
                let to = raw_offset.min(end_of(&current));
                if to <= here {
                    break;
                }
                at = at.after(to, &current, use_count);
            }
            at.raw_offset = raw_offset;
            use_count += change;
        }
        points.push(at);
        Ok(Self { points })
    }

    /// The share of a file. Zero for other inodes.
    pub fn of(&self, image: &ImageReader<'_>, inode: &Inode) -> Result<Share, Corrupt> {
        match &inode.content {
            Content::File(file) => self.of_file(image.index(), inode.number, file),
            _ => Ok(Share::default()),
        }
    }

    fn of_file(
        &self,
        index: &Index<'_>,
        number: InodeNumber,
        file: &File,
    ) -> Result<Share, Corrupt> {
        let mut share = Share::default();
        for extent in index.extents(number, file)? {
            let extent = extent?;
            let start = self.before(extent.raw_offset);
            let end = self.before(extent.raw_offset.saturating_add(extent.len));
            share.stored += end.stored - start.stored;
            share.unique += end.unique - start.unique;
        }
        Ok(share)
    }

    /// The costs of all content before `raw_offset`.
    fn before(&self, raw_offset: u64) -> Share {
        let after = self
            .points
            .partition_point(|point| point.raw_offset <= raw_offset);
        let low = after.checked_sub(1).and_then(|at| self.points.get(at));
        let low = low.copied().unwrap_or_default();
        let high = self.points.get(after).copied().unwrap_or(low);
        let part = part(
            raw_offset - low.raw_offset,
            high.raw_offset - low.raw_offset,
        );
        Share {
            stored: low.stored + (high.stored - low.stored) * part,
            unique: low.unique + (high.unique - low.unique) * part,
        }
    }
}

impl Point {
    /// The point at `raw_offset`, in the same block and with the same number of files.
    fn after(self, raw_offset: u64, block: &Block, use_count: i64) -> Self {
        let len = raw_offset.saturating_sub(self.raw_offset);
        // Content of no file costs nothing. A valid image has no such content.
        let users = u64::try_from(use_count).unwrap_or(0);
        let unique = part(len, users);
        let stored = unique * part(block.stored_len.into(), block.raw_len.into());
        Self {
            raw_offset,
            stored: self.stored + stored,
            unique: self.unique + unique,
        }
    }
}

/// The starts (+1) and ends (-1) of extents, in the order of the content.
fn uses(index: &Index<'_>) -> Result<Vec<(u64, i64)>, Corrupt> {
    let mut changes: BTreeMap<u64, i64> = BTreeMap::new();
    for number in 0..index.inode_count() {
        let inode = index.inode(InodeNumber(number))?;
        let Content::File(file) = inode.content else {
            continue;
        };
        for extent in index.extents(inode.number, &file)? {
            let extent = extent?;
            let end = extent.raw_offset.saturating_add(extent.len);
            *changes.entry(extent.raw_offset).or_default() += 1;
            *changes.entry(end).or_default() -= 1;
        }
    }
    Ok(changes.into_iter().collect())
}

fn end_of(block: &Block) -> u64 {
    block.raw_offset.saturating_add(block.raw_len.into())
}

fn part(of: u64, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        _ => of as f64 / whole as f64,
    }
}

/// The value is not negative, and below 2^63 by the limits of the format.
fn round(bytes: f64) -> u64 {
    bytes.round() as u64
}

/// Groups of equal files, without empty files. Compares the extents of the files and
/// decompresses nothing.
pub fn duplicates(image: &ImageReader<'_>) -> Result<Vec<Vec<InodeNumber>>, Corrupt> {
    let index = image.index();
    let mut groups: BTreeMap<Vec<(u64, u64)>, Vec<InodeNumber>> = BTreeMap::new();
    for number in (0..index.inode_count()).map(InodeNumber) {
        let Content::File(file) = index.inode(number)?.content else {
            continue;
        };
        let runs = index.extents(number, &file)?;
        let runs = runs.map(|extent| extent.map(|extent| (extent.raw_offset, extent.len)));
        let runs: Vec<_> = runs.collect::<Result<_, _>>()?;
        if !runs.is_empty() {
            groups.entry(runs).or_default().push(number);
        }
    }
    let groups = groups.into_values().filter(|group| group.len() > 1);
    Ok(groups.collect())
}

/// The files with bytes in `blocks`.
pub fn files_in_blocks(
    image: &ImageReader<'_>,
    blocks: &[u32],
) -> Result<Vec<InodeNumber>, Corrupt> {
    let index = image.index();
    let mut ranges = Vec::with_capacity(blocks.len());
    for &number in blocks {
        if let Some(range) = range_of_block(index, number) {
            ranges.push(range);
        }
    }
    ranges.sort_unstable();
    let mut files = Vec::new();
    for number in (0..index.inode_count()).map(InodeNumber) {
        let Content::File(file) = index.inode(number)?.content else {
            continue;
        };
        let mut touched = false;
        for extent in index.extents(number, &file)? {
            let extent = extent?;
            let end = extent.raw_offset.saturating_add(extent.len);
            let first = ranges.partition_point(|range| range.1 <= extent.raw_offset);
            touched |= ranges.get(first).is_some_and(|range| range.0 < end);
        }
        if touched {
            files.push(number);
        }
    }
    Ok(files)
}

/// The content of a block, as a range. If the record of the block is damaged, the block
/// length determines the range.
fn range_of_block(index: &Index<'_>, number: u32) -> Option<(u64, u64)> {
    if let Ok(block) = index.block(number) {
        return Some((block.raw_offset, end_of(&block)));
    }
    let len = u64::from(index.superblock().block_len());
    let start = u64::from(number).checked_mul(len)?;
    Some((start, start.checked_add(len)?))
}
