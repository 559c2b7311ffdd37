//! Any bytes as an image of changes.

use super::{CLEARED_LEN_MAX, Listed, clear, layer, list, saved};
use crate::overlay::ApplyError;
use std::sync::LazyLock;
use std::vec::Vec;
use wasi_vfs_format::Index;
use wasi_vfs_format::testing::seal_all;

/// Enough for most images of the fuzzer.
const LIMIT_LEN: u64 = 1 << 20;

/// So little that many images do not fit.
const SHORT_LIMIT_LEN: u64 = 3000;

/// The tree without changes.
static PACKED: LazyLock<Vec<(Listed, Vec<u8>)>> = LazyLock::new(|| list(&mut layer(LIMIT_LEN)));

/// Applies `data` as an image of changes: unchanged, and with all checksums right.
///
/// # Panics
///
/// If an image that is refused changes anything. If an image that is accepted makes a tree that
/// cannot be saved and cleared.
pub fn applied(data: &[u8]) {
    apply(data, LIMIT_LEN);
    let Ok(index) = Index::parse(data) else {
        return;
    };
    let mut image = data.to_vec();
    let (index, payload) = image.split_at_mut(index.bytes().len());
    seal_all(index, payload, None);
    apply(&image, LIMIT_LEN);
    apply(&image, SHORT_LIMIT_LEN);
}

fn apply(image: &[u8], limit_len: u64) {
    let mut layer = layer(limit_len);
    match layer.apply(image) {
        Ok(()) => {
            assert!(layer.used_len() <= limit_len);
            saved::check_save(&mut layer);
            if limit_len == LIMIT_LEN {
                clear(&mut layer);
                assert!(layer.used_len() < CLEARED_LEN_MAX, "{}", layer.used_len());
            }
        }
        Err(error) => {
            assert_ne!(error, ApplyError::Changed);
            assert_eq!(layer.used_len(), 0, "{error:?}");
            assert_eq!(list(&mut layer), *PACKED, "{error:?}");
        }
    }
}
