//! The anchor: the record in the runtime's data that locates the image.
//!
//! `pack` fills it in before the snapshot, so a packed module carries it in a data
//! segment, which optimisers and strippers keep. A tool applies the active data segments
//! to an empty memory and searches it for [`ANCHOR_MAGIC`]. A match is the anchor only if
//! it lies at its own [`Anchor::address`]; other matches are copies in the data of some
//! program.

use crate::version::{VERSION_LEN, version_text};
use crate::{ABI_VERSION, Application, Table, Unsupported};
use core::mem::{offset_of, size_of};
use wasi_vfs_format::limits::{MAX_INDEX_LEN, MAX_INDEX_RATIO};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of the anchor.
pub const ANCHOR_MAGIC: [u8; 16] = *b"\x89wasi-vfs anchor";

/// Bit of [`Anchor::required_features`]: the runtime can keep changes, so
/// [`Anchor::layers`] may name a layer.
pub const FEATURE_LAYER: u32 = 1;

/// The anchor in the runtime's memory. If that memory is a region of another one, all
/// addresses count from the start of the region.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Anchor {
    /// [`ANCHOR_MAGIC`].
    pub magic: [u8; 16],
    /// [`ABI_VERSION`].
    pub abi_version: U32,
    /// [`FORM_LINKED`](crate::FORM_LINKED), [`FORM_MERGED`](crate::FORM_MERGED),
    /// [`FORM_MERGED_SINGLE`](crate::FORM_MERGED_SINGLE),
    /// [`FORM_WIRED`](crate::FORM_WIRED) or
    /// [`FORM_WIRED_SINGLE`](crate::FORM_WIRED_SINGLE).
    pub form: U32,
    /// Version of the runtime, such as `0.1.0`, padded with zeros.
    pub runtime_version: [u8; VERSION_LEN],
    /// Address of this anchor; 0 until `pack` fills it in.
    pub address: U32,
    /// Address of the index; 0 without an image.
    pub index_address: U32,
    /// Length of the index; 0 without an image.
    pub index_len: U32,
    /// Number of bytes at `index_address`: the length of the index, or less if the bytes
    /// are a zstd frame of it.
    pub index_stored_len: U32,
    /// Linked: address of the payload. Merged: number of the passive data segment that
    /// holds the payload.
    pub payload_address: U32,
    /// Length of the payload.
    pub payload_len: U32,
    /// Single memory: start of the region before its memory first grows. Otherwise 0.
    pub region_address: U32,
    /// Bits of features that a reader must know, such as [`FEATURE_LAYER`].
    pub required_features: U32,
    /// Reserved, empty: records of [`Source`](crate::Source).
    pub sources: Table,
    /// One [`Layer`](crate::Layer) if the program may change files. Otherwise empty.
    pub layers: Table,
    /// Merged: the application before the merge.
    pub application: Application,
    /// Merged: checksum of `application` and of the function bodies that the merge added.
    pub merged_checksum: U64,
}

/// Length of the anchor in bytes.
pub const ANCHOR_LEN: usize = 136;

const _: () = {
    assert!(size_of::<Anchor>() == ANCHOR_LEN);
    assert!(offset_of!(Anchor, abi_version) == 16);
    assert!(offset_of!(Anchor, form) == 20);
    assert!(offset_of!(Anchor, runtime_version) == 24);
    assert!(offset_of!(Anchor, address) == 40);
    assert!(offset_of!(Anchor, index_address) == 44);
    assert!(offset_of!(Anchor, index_len) == 48);
    assert!(offset_of!(Anchor, index_stored_len) == 52);
    assert!(offset_of!(Anchor, payload_address) == 56);
    assert!(offset_of!(Anchor, payload_len) == 60);
    assert!(offset_of!(Anchor, region_address) == 64);
    assert!(offset_of!(Anchor, required_features) == 68);
    assert!(offset_of!(Anchor, sources) == 72);
    assert!(offset_of!(Anchor, layers) == 80);
    assert!(offset_of!(Anchor, application) == 88);
    assert!(offset_of!(Anchor, merged_checksum) == 128);
};

impl Anchor {
    /// The anchor of a runtime without an image.
    pub const fn empty(form: u32, runtime_version: [u8; VERSION_LEN]) -> Self {
        const ZERO: U32 = U32::ZERO;
        Self {
            magic: ANCHOR_MAGIC,
            abi_version: U32::new(ABI_VERSION),
            form: U32::new(form),
            runtime_version,
            address: ZERO,
            index_address: ZERO,
            index_len: ZERO,
            index_stored_len: ZERO,
            payload_address: ZERO,
            payload_len: ZERO,
            region_address: ZERO,
            required_features: ZERO,
            sources: Table::EMPTY,
            layers: Table::EMPTY,
            application: Application::EMPTY,
            merged_checksum: U64::ZERO,
        }
    }

    /// The same, of a runtime that can keep changes.
    pub const fn keeping_changes(mut self) -> Self {
        self.required_features = U32::new(FEATURE_LAYER);
        self
    }

    /// The first field that this version does not understand. A tool and a runtime reject
    /// such an anchor, because the image may depend on that field.
    pub fn unsupported(&self) -> Option<Unsupported> {
        let unknown = self.required_features.get() & !FEATURE_LAYER;
        if unknown != 0 {
            return Some(Unsupported::Features(unknown));
        }
        if !self.sources.is_empty() {
            return Some(Unsupported::Sources);
        }
        let is_known = self.layers.is_empty() || self.keeps_changes() && self.has_layer();
        (!is_known).then_some(Unsupported::Layers)
    }

    /// As [`unsupported`](Self::unsupported), for a runtime that keeps no changes.
    pub fn unsupported_without_layer(&self) -> Option<Unsupported> {
        if self.required_features.get() != 0 {
            return Some(Unsupported::Features(self.required_features.get()));
        }
        if !self.sources.is_empty() {
            return Some(Unsupported::Sources);
        }
        (!self.layers.is_empty()).then_some(Unsupported::Layers)
    }

    /// Whether the runtime can keep changes.
    pub fn keeps_changes(&self) -> bool {
        self.required_features.get() & FEATURE_LAYER != 0
    }

    /// Whether the anchor names a layer.
    pub fn has_layer(&self) -> bool {
        self.layers.address.get() != 0 && self.layers.count.get() == 1
    }

    /// Whether the lengths of the index are plausible: the index is stored unchanged, or
    /// as a frame that may expand to it. Check this before you allocate memory for the
    /// decompressed index.
    pub fn has_possible_index(&self) -> bool {
        let (len, stored_len) = (self.index_len.get(), self.index_stored_len.get());
        u64::from(len) <= MAX_INDEX_LEN
            && stored_len <= len
            && u64::from(len) <= u64::from(stored_len) * MAX_INDEX_RATIO
    }

    /// The version of the runtime as text; empty if it is not UTF-8.
    pub fn runtime_version(&self) -> &str {
        version_text(&self.runtime_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerocopy::IntoBytes;

    fn empty() -> Anchor {
        Anchor::empty(1, [0; VERSION_LEN])
    }

    #[test]
    fn empty_anchor_is_supported() {
        assert_eq!(empty().unsupported(), None);
        assert!(empty().has_possible_index());
    }

    #[test]
    fn every_reserved_byte_is_rejected() {
        let reserved = offset_of!(Anchor, required_features)..offset_of!(Anchor, application);
        for at in 0..ANCHOR_LEN {
            let mut anchor = empty();
            anchor.as_mut_bytes()[at] ^= 0x80;
            let is_reserved = reserved.contains(&at);
            assert_eq!(anchor.unsupported().is_some(), is_reserved, "byte {at}");
            assert_eq!(anchor.unsupported_without_layer().is_some(), is_reserved);
        }
    }

    #[test]
    fn one_layer_needs_a_runtime_that_keeps_changes() {
        let with = |features: u32, layers: Table| {
            let mut anchor = empty();
            (anchor.required_features, anchor.layers) = (features.into(), layers);
            assert!(anchor.unsupported_without_layer().is_some());
            anchor.unsupported()
        };
        assert_eq!(with(FEATURE_LAYER, Table::EMPTY), None);
        assert_eq!(with(FEATURE_LAYER, Table::new(4096, 1)), None);
        let rejected = Some(Unsupported::Layers);
        assert_eq!(with(0, Table::new(4096, 1)), rejected);
        for (address, count) in [(4096, 2), (4096, 0), (0, 1)] {
            assert_eq!(with(FEATURE_LAYER, Table::new(address, count)), rejected);
        }
        let features = with(FEATURE_LAYER | 2, Table::EMPTY);
        assert_eq!(features, Some(Unsupported::Features(2)));
    }

    #[test]
    fn index_lengths_are_bounded() {
        let with = |len: u32, stored_len: u32| {
            let mut anchor = empty();
            (anchor.index_len, anchor.index_stored_len) = (len.into(), stored_len.into());
            anchor.has_possible_index()
        };
        let most = u32::try_from(MAX_INDEX_RATIO).expect("small");
        assert!(with(100, 100) && with(100, 7) && with(most, 1));
        assert!(!with(100, 101) && !with(most + 1, 1) && !with(u32::MAX, u32::MAX));
    }
}
