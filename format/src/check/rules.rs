//! The two checks that need no digest: all rules of an index, and all blocks.

use super::checker::{Checker, MAX_REPORTED};
use crate::error::Corrupt;
use crate::index::Index;
use crate::reader::ImageReader;
use crate::threads::with_threads;
use rayon::prelude::*;
use std::vec::Vec;

/// Compares an index with the rules of the format. Returns the broken rules in the
/// order of discovery, at most [`MAX_REPORTED`]. Takes linear time, except for sorting
/// the runs of the files, and reads no block.
pub fn check(index: &Index<'_>) -> Vec<Corrupt> {
    let mut checker = Checker::new(index);
    checker.superblock();
    checker.changes();
    checker.mounts();
    checker.inodes();
    checker.content();
    checker.blocks();
    checker.bases();
    checker.broken
}

/// Reads every block, in parallel. Returns each damaged block once, at most
/// [`MAX_REPORTED`]. All blocks that need a base find its damage.
pub fn check_blocks(image: &ImageReader<'_>) -> Vec<Corrupt> {
    let index = image.index();
    let damage = |number| {
        let block = index.block(number);
        block.and_then(|block| image.block_bytes(&block)).err()
    };
    let mut broken: Vec<_> = with_threads(|| {
        let blocks = (0..index.block_count()).into_par_iter();
        blocks.filter_map(damage).collect()
    });
    let mut seen = Vec::new();
    broken.retain(|corrupt| {
        let is_new = seen.len() < MAX_REPORTED && !seen.contains(corrupt);
        seen.extend(is_new.then_some(*corrupt));
        is_new
    });
    broken
}
