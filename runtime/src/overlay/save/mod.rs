//! Saving the changes as an image.
//!
//! [`Overlay::save`] makes the index of an image of changes, and keeps it in memory.
//! [`Save::read`] returns the image in pieces, and reads the content of files for each piece. So
//! a save needs memory for the index and one block, however long the files are. It walks only
//! the changed directories and those above them.
//!
//! For example, a program wrote one byte of a packed file of 100 MB. The index has the file and
//! its directories. All 100 MB are in the image, and pass through a buffer of one block twice:
//! once for the checksums, once for the host.

mod content;
mod entries;
mod error;
mod in_place;
mod walk;

use super::clock::Clock;
use super::layer::Overlay;
use crate::fs::Origin;
use alloc::vec::Vec;
pub use error::SaveError;

use content::Content;
use walk::Walk;
use wasi_vfs_format::changes::BLOCK_SHIFT;

/// The longest image, so that its length is a positive number of 32 bits for the host.
const LEN_MAX: u64 = i32::MAX as u64;

/// An image of the changes, to read in pieces.
#[derive(Debug)]
pub struct Save<I> {
    index: Vec<u8>,
    content: Content<I>,
    edition: u64,
}

impl<L: Origin, C: Clock> Overlay<L, C>
where
    L::Id: From<u32> + Into<u32>,
{
    /// Makes an image of all changes. [`Save::read`] returns its bytes.
    ///
    /// # Errors
    ///
    /// See [`SaveError`]. The changes stay as they are.
    pub fn save(&mut self) -> Result<Save<L::Id>, SaveError> {
        let in_place = self.in_place()?;
        let (mut writer, content) = Walk::new(self, &in_place)?.run()?;
        drop(in_place);
        if content.len() > 0 {
            let mut block = buffer(content.len().min(1 << BLOCK_SHIFT) as usize)?;
            let mut offset = 0;
            while offset < content.len() {
                let len = (content.len() - offset).min(1 << BLOCK_SHIFT) as usize;
                content.read(self, offset, &mut block[..len])?;
                writer.add_block(&block[..len])?;
                offset += len as u64;
            }
        }
        let save = Save {
            index: writer.finish()?,
            content,
            edition: self.edition,
        };
        match save.image_len() > LEN_MAX {
            true => Err(SaveError::Limit),
            false => Ok(save),
        }
    }
}

impl<I: Copy + Eq + Into<u32>> Save<I> {
    /// Length of the image in bytes, at most that of the largest positive `i32`.
    pub fn image_len(&self) -> u64 {
        self.index.len() as u64 + self.content.len()
    }

    /// Fills the start of `buffer` with the bytes of the image from `offset` on. Returns their
    /// number: 0 only at the end, or for an empty buffer.
    ///
    /// # Errors
    ///
    /// [`SaveError::Changed`] if a file changed after the save began, [`SaveError::Io`] if
    /// the packed files cannot be read.
    pub fn read<L: Origin<Id = I>, C: Clock>(
        &self,
        overlay: &mut Overlay<L, C>,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, SaveError>
    where
        I: From<u32>,
    {
        if overlay.edition != self.edition {
            return Err(SaveError::Changed);
        }
        let index_len = self.index.len() as u64;
        if offset < index_len {
            // Below the length of a slice.
            let rest = &self.index[offset as usize..];
            let len = rest.len().min(buffer.len());
            buffer[..len].copy_from_slice(&rest[..len]);
            return Ok(len);
        }
        let rest_len = self.image_len().saturating_sub(offset);
        let len = rest_len.min(buffer.len() as u64) as usize;
        self.content
            .read(overlay, offset - index_len, &mut buffer[..len])?;
        Ok(len)
    }
}

/// Memory of this length.
fn buffer(len: usize) -> Result<Vec<u8>, SaveError> {
    let mut buffer = Vec::new();
    let reserved = buffer.try_reserve_exact(len);
    reserved.map_err(|_| SaveError::NoMemory)?;
    buffer.resize(len, 0);
    Ok(buffer)
}
