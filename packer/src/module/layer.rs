//! The record of the writable directories in the memory of the runtime.
//!
//! It lies behind the index. For example, an index of 300 bytes is at 4096. Then the record
//! is at 4400, which is a multiple of 16, and the number of the first directory at 4432.
//!
//! Owns the bytes of the record, and the fields of the anchor that name it.

use crate::module::error::ModuleError;
use crate::module::locate::memory::{Holes, Memory};
use crate::module::locate::placed::Located;
use crate::module::writable::Writable;
use std::borrow::Cow;
use wasi_vfs_embedding::{Anchor, LAYER_LEN, Layer, ROOT_LEN, Table};
use zerocopy::IntoBytes;

/// Alignment of the record, and of a payload behind it.
pub(super) const ALIGNMENT: usize = 16;

/// Length of the record of these directories.
pub(super) fn len(writable: &Writable) -> usize {
    LAYER_LEN.saturating_add(writable.directories.len().saturating_mul(ROOT_LEN))
}

/// The record for `address`.
pub(super) fn encode(writable: &Writable, address: u32) -> Vec<u8> {
    // The count fits, because all of it is in a memory of 32 bits.
    let count = writable.directories.len() as u32;
    let roots = Table::new(address.saturating_add(LAYER_LEN as u32), count);
    let mut bytes = Layer::changes(roots, writable.limit_len)
        .as_bytes()
        .to_vec();
    let numbers = writable.directories.iter();
    bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
    bytes
}

/// Records in the anchor where the record behind the index of `index_len` bytes is, if
/// there is one.
pub(super) fn fill(
    anchor: &mut Anchor,
    address: u32,
    (index_len, writable): (usize, Option<&Writable>),
) {
    // Fits, because index and record are in a memory of 32 bits.
    let offset = index_len.next_multiple_of(ALIGNMENT) as u32;
    anchor.layers = match writable {
        Some(_) => Table::new(address.saturating_add(offset), 1),
        None => Table::EMPTY,
    };
}

/// Reads the record that an anchor names.
pub(super) fn read(
    memory: &Memory<'_>,
    located: &Located,
) -> Result<Option<Writable>, ModuleError> {
    if !located.anchor.has_layer() {
        return Ok(None);
    }
    let layer = layer(memory, located)?;
    if let Some(what) = layer.unsupported() {
        return Err(ModuleError::Newer { what });
    }
    let count = layer.roots.count.get();
    let len = count.saturating_mul(ROOT_LEN as u32);
    let roots = part(memory, located, layer.roots.address.get(), len)?;
    let numbers = roots.chunks_exact(ROOT_LEN).map(|root| match *root {
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    });
    let directories: Vec<_> = numbers.collect();
    match directories.is_sorted_by(|one, next| one < next) {
        true => Ok(Some(Writable {
            directories,
            limit_len: layer.limit_len.get(),
        })),
        false => Err(out_of_range(
            layer.roots.address.get(),
            len,
            "their numbers do not ascend".into(),
        )),
    }
}

fn layer(memory: &Memory<'_>, located: &Located) -> Result<Layer, ModuleError> {
    let address = located.anchor.layers.address.get();
    let bytes = part(memory, located, address, LAYER_LEN as u32)?;
    let record = <[u8; LAYER_LEN]>::try_from(&*bytes);
    // `part` returns as many bytes as it was asked for.
    Ok(Layer::from_bytes(record.unwrap_or([0; LAYER_LEN])))
}

/// Bytes at an address of the anchor.
fn part<'a>(
    memory: &Memory<'a>,
    located: &Located,
    address: u32,
    len: u32,
) -> Result<Cow<'a, [u8]>, ModuleError> {
    // A saturated address is out of bounds.
    let place = located.start.saturating_add(address);
    let bytes = memory.read(place, len, Holes::Plain);
    bytes.map_err(|found| out_of_range(address, len, found))
}

fn out_of_range(address: u32, len: u32, found: String) -> ModuleError {
    ModuleError::ImageRange {
        part: "list of writable directories",
        address,
        len,
        found,
    }
}
