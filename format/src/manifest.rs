//! The manifest: version, options and statistics of the writer. Reading files does not
//! need it, and it does not describe the machine that wrote the image.
//!
//! Only this file uses bincode. bincode is no longer developed, so it must be easy to
//! replace.

use crate::error::Corrupt;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Longest manifest in bytes. A reader allocates no more than this for one.
pub const MAX_MANIFEST_LEN: usize = 1 << 16;

/// The manifest of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the tool that wrote the image, such as `0.1.0`.
    pub tool_version: String,
    /// zstd level; `None` if the payload is stored.
    pub compression: Option<i32>,
    /// Logarithm of the block size.
    pub block_shift: u32,
    /// Smallest, average and largest chunk, in bytes.
    pub chunk_lens: [u32; 3],
    /// Counts and lengths of the image.
    pub statistics: Statistics,
    /// The omitted files, if the user selected paths. Encoded behind the other fields,
    /// and only if present, so other images do not pay for it.
    #[serde(skip)]
    pub left_out: Option<LeftOut>,
}

/// The files of the tree that a selection of paths omitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Regular files.
    pub file_count: u32,
    /// Their bytes.
    pub file_len: u64,
}

/// Counts and lengths of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Regular files.
    pub file_count: u32,
    /// Directories, the root included.
    pub directory_count: u32,
    /// Symbolic links.
    pub symlink_count: u32,
    /// Bytes of all files.
    pub file_len: u64,
    /// Bytes of all distinct chunks.
    pub raw_len: u64,
    /// Bytes of the payload.
    pub stored_len: u64,
    /// Chunks of all files, each time they occur.
    pub chunk_reference_count: u64,
    /// Distinct chunks.
    pub chunk_count: u32,
    /// Blocks.
    pub block_count: u32,
    /// Uncompressed blocks.
    pub stored_block_count: u32,
    /// Non-empty files that added no new chunk.
    pub duplicate_file_count: u32,
}

impl Manifest {
    /// The bytes of the manifest; `None` if they exceed [`MAX_MANIFEST_LEN`].
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = bincode::serde::encode_to_vec(self, config()).ok()?;
        if let Some(left_out) = self.left_out {
            bytes.extend(bincode::serde::encode_to_vec(left_out, config()).ok()?);
        }
        Some(bytes).filter(|bytes| bytes.len() <= MAX_MANIFEST_LEN)
    }

    /// Reads a manifest, which must fill `bytes`.
    ///
    /// No input makes it panic, or allocate much more than [`MAX_MANIFEST_LEN`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Corrupt> {
        let decoded = bincode::serde::decode_from_slice(bytes, config());
        let (manifest, len): (Self, usize) = decoded.map_err(|_| Corrupt::Manifest)?;
        let left_out = match bytes.get(len..) {
            None | Some([]) => None,
            Some(rest) => match bincode::serde::decode_from_slice(rest, config()) {
                Ok((left_out, len)) if len == rest.len() => Some(left_out),
                _ => return Err(Corrupt::Manifest),
            },
        };
        Ok(Self {
            left_out,
            ..manifest
        })
    }
}

/// Limit of bincode, which counts each number at its longest, though most take one
/// byte.
const MAX_CLAIM: usize = MAX_MANIFEST_LEN + 1024;

/// Little-endian, variable-length integers, bounded.
fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<MAX_CLAIM>()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is how a test reports a failure"
    )]
    use super::*;
    use alloc::string::ToString;

    fn manifest() -> Manifest {
        Manifest {
            tool_version: "0.1.0".to_string(),
            compression: Some(19),
            block_shift: 17,
            ..Manifest::default()
        }
    }

    #[test]
    fn manifests_round_trip() {
        let bytes = manifest().encode().unwrap();
        assert_eq!(Manifest::decode(&bytes), Ok(manifest()));
    }

    #[test]
    fn counts_of_omitted_files_round_trip() {
        let manifest = Manifest {
            left_out: Some(LeftOut {
                file_count: 3,
                file_len: 1 << 40,
            }),
            ..manifest()
        };
        let bytes = manifest.encode().unwrap();
        assert_eq!(Manifest::decode(&bytes), Ok(manifest));
    }

    #[test]
    fn bytes_behind_a_manifest_are_rejected() {
        let mut bytes = manifest().encode().unwrap();
        bytes.push(0);
        assert_eq!(Manifest::decode(&bytes), Err(Corrupt::Manifest));
    }

    #[test]
    fn truncated_manifests_are_rejected() {
        let bytes = manifest().encode().unwrap();
        for len in 0..bytes.len() {
            assert_eq!(Manifest::decode(&bytes[..len]), Err(Corrupt::Manifest));
        }
    }

    #[test]
    fn a_false_length_does_not_allocate() {
        // 0xfd announces a 64-bit length: a string of 2^64 - 1 bytes.
        assert_eq!(Manifest::decode(&[0xfd; 9]), Err(Corrupt::Manifest));
        assert_eq!(Manifest::decode(&[0xff; 99]), Err(Corrupt::Manifest));
    }

    #[test]
    fn manifest_beyond_its_limit_is_rejected() {
        let of_version = |len| {
            let tool_version = "1".repeat(len);
            Manifest {
                tool_version,
                ..manifest()
            }
            .encode()
        };
        // The length of such a string takes two bytes more.
        let rest_len = manifest().encode().unwrap().len() - "0.1.0".len() + 2;
        let most = MAX_MANIFEST_LEN - rest_len;
        let bytes = of_version(most).unwrap();
        assert_eq!(bytes.len(), MAX_MANIFEST_LEN);
        assert!(Manifest::decode(&bytes).is_ok());
        assert_eq!(of_version(most + 1), None);
    }
}
