//! Names that packer and runtime share: exports, sections and functions.
//!
//! docs/ABI.md describes the ABI.

use wasi_vfs_embedding::{ALLOC_FN, ANCHOR_FN, MOUNT_FN};
use wasmparser::{FuncType, ValType};

/// Custom section with the metadata section of the image.
pub(crate) const METADATA_SECTION: &str = "wasi_vfs";

/// Custom section of a program that imported `wasi_unstable`. Its content is the number
/// of functions before the conversion to preview 1.
pub(crate) const PREVIEW0_SECTION: &str = "wasi_vfs.wasi_unstable";

/// Prefix of the name of each appended function.
pub(crate) const NAME_PREFIX: &str = "wasi_vfs::";

/// A function by which `pack` talks to a runtime.
pub(crate) struct AbiFunction {
    pub(crate) name: &'static str,
    params: &'static [ValType],
    results: &'static [ValType],
}

impl AbiFunction {
    /// The type of the function.
    pub(crate) fn ty(&self) -> FuncType {
        FuncType::new(self.params.to_vec(), self.results.to_vec())
    }

    pub(crate) fn is(&self, ty: &FuncType) -> bool {
        ty.params() == self.params && ty.results() == self.results
    }
}

/// All three, in the order of [`wasi_vfs_embedding::EntryPoints`].
pub(crate) const ABI: [AbiFunction; 3] = [
    AbiFunction {
        name: ANCHOR_FN,
        params: &[],
        results: &[ValType::I32],
    },
    AbiFunction {
        name: ALLOC_FN,
        params: &[ValType::I32],
        results: &[ValType::I32],
    },
    AbiFunction {
        name: MOUNT_FN,
        params: &[],
        results: &[],
    },
];
