//! A path of a call, copied out of the program's memory.

use super::{Fault, Memory};
use alloc::vec::Vec;
use wasi_vfs_format::limits::MAX_PATH_LEN;

/// Why a path cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// It is not in the program's memory.
    Fault,
    /// It is longer than [`MAX_PATH_LEN`].
    TooLong,
    /// It is not UTF-8.
    NotText,
    /// Memory ran out.
    NoMemory,
}

impl From<Fault> for PathError {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

/// A path that was read out of the program's memory. Keeps its memory for the next one.
#[derive(Default)]
pub(crate) struct PathBuffer(Vec<u8>);

impl PathBuffer {
    /// Reads a path, which must be text and not too long.
    pub(crate) fn read(
        &mut self,
        memory: &impl Memory,
        (path, len): (u32, u32),
    ) -> Result<(), PathError> {
        memory.check(path, len.into())?;
        if len as usize > MAX_PATH_LEN {
            return Err(PathError::TooLong);
        }
        self.0.clear();
        let reserved = self.0.try_reserve(MAX_PATH_LEN);
        reserved.map_err(|_| PathError::NoMemory)?;
        self.0.resize(len as usize, 0);
        memory.read(path, &mut self.0)?;
        core::str::from_utf8(&self.0).map_err(|_| PathError::NotText)?;
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
