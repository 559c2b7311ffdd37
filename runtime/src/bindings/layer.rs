//! The record of the writable directories, which the anchor names.

use super::own_memory::{own_memory_len, read_packed};
use alloc::vec::Vec;
use wasi_vfs_embedding::{Anchor, LAYER_LEN, Layer, ROOT_LEN};
use wasi_vfs_format::{Content, Index, InodeNumber};

/// The directories that the program may change, and the memory for its changes.
#[derive(Default)]
pub(super) struct Writable {
    pub(super) roots: Vec<InodeNumber>,
    pub(super) limit_len: u64,
}

/// Why there is no layer.
pub(super) enum LayerError {
    /// The record is not what `pack` writes.
    Damaged,
    /// Memory ran out.
    NoMemory,
}

impl Writable {
    /// Reads the record. Without one, nothing is writable.
    pub(super) fn read(anchor: &Anchor) -> Result<Self, LayerError> {
        if !anchor.has_layer() {
            return Ok(Self::default());
        }
        let layer = layer_of(anchor).ok_or(LayerError::Damaged)?;
        Ok(Self {
            roots: roots_of(&layer)?,
            limit_len: layer.limit_len.get(),
        })
    }

    /// Whether all roots are directories, and ascend.
    pub(super) fn fits(&self, index: &Index<'_>) -> bool {
        let is_directory = |root: &InodeNumber| {
            let inode = index.inode(*root);
            inode.is_ok_and(|inode| matches!(inode.content, Content::Directory(_)))
        };
        self.roots.is_sorted_by(|one, next| one.0 < next.0) && self.roots.iter().all(is_directory)
    }
}

fn layer_of(anchor: &Anchor) -> Option<Layer> {
    let mut bytes = [0; LAYER_LEN];
    read_packed(anchor.layers.address.get(), &mut bytes)?;
    let layer = Layer::from_bytes(bytes);
    layer.unsupported().is_none().then_some(layer)
}

fn roots_of(layer: &Layer) -> Result<Vec<InodeNumber>, LayerError> {
    let (address, count) = (layer.roots.address.get(), layer.roots.count.get());
    // A false count must not look as if memory ran out.
    if u64::from(address) + u64::from(count) * ROOT_LEN as u64 > own_memory_len() {
        return Err(LayerError::Damaged);
    }
    let mut roots = Vec::new();
    let reserved = roots.try_reserve_exact(count as usize);
    reserved.map_err(|_| LayerError::NoMemory)?;
    for position in 0..count {
        // Saturated, it is outside of memory.
        let at = address.saturating_add(position.saturating_mul(ROOT_LEN as u32));
        let mut root = [0; ROOT_LEN];
        read_packed(at, &mut root).ok_or(LayerError::Damaged)?;
        roots.push(InodeNumber(u32::from_le_bytes(root)));
    }
    Ok(roots)
}
