//! An image: index, payload, metadata section and a cache of decoded blocks.

use super::blocks::{BlockCache, decode};
use super::payload::Payload;
use crate::block::{Block, BlockNumber};
use crate::error::{Corrupt, Error};
use crate::image::Parts;
use crate::index::Index;
use crate::inode::{Content, InodeNumber};
use crate::metadata::MetadataSection;
use std::borrow::Cow;
use std::io;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

/// An image. The index is in memory, the payload in memory or in a file. Clones are
/// cheap and share the cache of decoded blocks.
#[derive(Clone, Debug)]
pub struct ImageReader<'a> {
    pub(super) index: Index<'a>,
    pub(super) payload: Payload<'a>,
    pub(super) metadata: Option<MetadataSection<'a>>,
    pub(super) cache: Arc<BlockCache>,
}

impl<'a> ImageReader<'a> {
    /// Opens an image and compares the checksums of index and metadata section. Ignores
    /// the bytes behind the index and the payload.
    ///
    /// # Errors
    ///
    /// A part is damaged, too short, or newer than this reader; or the metadata section
    /// belongs to another image.
    pub fn new(
        index: &'a [u8],
        payload: impl Into<Payload<'a>>,
        metadata: Option<&'a [u8]>,
    ) -> Result<Self, Error> {
        let reader = Self::new_unverified(index, payload)?;
        reader.index.verify_checksum()?;
        match metadata {
            Some(metadata) => reader.with_metadata(metadata),
            None => Ok(reader),
        }
    }

    /// Opens an image in one byte string, such as the result of
    /// [`Image::to_bytes`](crate::Image::to_bytes).
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, Error> {
        let parts = Parts::split(bytes)?;
        Self::new(parts.index, parts.payload, parts.metadata)
    }

    /// Opens an image in constant time, without checksums: for an index whose checksum
    /// was verified, or to inspect a damaged one. A damaged image never makes the
    /// reader panic or loop, but may yield wrong bytes.
    pub fn new_unverified(index: &'a [u8], payload: impl Into<Payload<'a>>) -> Result<Self, Error> {
        let (index, payload) = (Index::parse(index)?, payload.into());
        let expected = index.superblock().payload_len.get();
        if payload.len() < expected.into() {
            let found = usize::try_from(payload.len()).unwrap_or(usize::MAX);
            return Err(Corrupt::PayloadLen { expected, found }.into());
        }
        let cache = Arc::new(BlockCache::new(index.superblock().block_len()));
        Ok(Self {
            index,
            payload,
            metadata: None,
            cache,
        })
    }

    fn with_metadata(self, bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.len() != self.index.superblock().metadata_len.get() as usize {
            return Err(Corrupt::MetadataLen { len: bytes.len() }.into());
        }
        let metadata = MetadataSection::parse(bytes)?;
        metadata.validate_chunks(self.index.superblock().raw_len.get())?;
        let metadata = Some(metadata);
        Ok(Self { metadata, ..self })
    }

    /// The index.
    pub fn index(&self) -> &Index<'a> {
        &self.index
    }

    /// The payload. More bytes than [`ImageReader::payload_len`] may follow it.
    pub fn payload(&self) -> &Payload<'a> {
        &self.payload
    }

    /// Length of the payload in bytes.
    pub fn payload_len(&self) -> u64 {
        self.index.superblock().payload_len.get().into()
    }

    /// All stored blocks, read at once.
    ///
    /// # Errors
    ///
    /// The payload cannot be read from its source.
    pub fn payload_bytes(&self) -> io::Result<Cow<'a, [u8]>> {
        // The length has 32 bits.
        self.payload.read(0, self.payload_len() as usize)
    }

    /// The metadata section, if the image has one.
    pub fn metadata(&self) -> Option<&MetadataSection<'a>> {
        self.metadata.as_ref()
    }

    /// Bytes of all files together.
    pub fn file_len(&self) -> Result<u64, Corrupt> {
        let mut len: u64 = 0;
        for number in (0..self.index.inode_count()).map(InodeNumber) {
            if let Content::File(file) = self.index.inode(number)?.content {
                len = len.saturating_add(file.len);
            }
        }
        Ok(len)
    }

    /// The decompressed bytes of a block. Compares its checksum.
    pub fn block_bytes(&self, block: &Block) -> Result<Arc<[u8]>, Corrupt> {
        self.cache.get_or_insert(block.number, || {
            let base = block.base.map(|base| self.base(base)).transpose()?;
            let stored = self.payload.stored(block, self.payload_len())?;
            decode(block, stored, base.as_deref().unwrap_or_default())
        })
    }

    /// The content of a base.
    fn base(&self, number: BlockNumber) -> Result<Arc<[u8]>, Corrupt> {
        // Ends: the base of a block has no base.
        self.block_bytes(&self.index.block(number.0)?)
    }

    /// The path of an inode within the image, such as `/usr/lib`. Replaces bytes that
    /// are not UTF-8, which only a damaged image has.
    pub fn path(&self, number: InodeNumber) -> Result<String, Corrupt> {
        let mut names = Vec::new();
        let mut number = number;
        // Ends: parents precede their children.
        while number != InodeNumber::ROOT {
            names.push(String::from_utf8_lossy(self.index.name(number)?));
            number = self.index.inode(number)?.parent;
        }
        names.reverse();
        Ok(std::format!("/{}", names.join("/")))
    }
}
