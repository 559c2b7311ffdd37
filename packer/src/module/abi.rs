//! Names that packer and runtime share: exports, sections and functions.
//!
//! DESIGN.md describes the ABI.

use wasmparser::{FuncType, ValType};

/// Custom section with the metadata section of the image.
pub(crate) const COLD_SECTION: &str = "wasi_vfs";

/// Custom section of a program that imported `wasi_unstable`. Its content is the number
/// of functions before the conversion to preview 1.
pub(crate) const PREVIEW0_SECTION: &str = "wasi_vfs.wasi_unstable";

/// Prefix of the name of each appended function.
pub(crate) const NAME_PREFIX: &str = "wasi_vfs::";

/// The export that returns the address of the anchor.
pub(crate) const ANCHOR_FN: &str = "wasi_vfs_anchor";
/// The export that allocates memory for an image, and frees that of the previous one.
pub const ALLOC_FN: &str = "wasi_vfs_alloc";
/// The export that Wizer calls.
pub(crate) const MOUNT_FN: &str = "wasi_vfs_mount";

/// One of these exports.
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

/// All three, in the order of [`wasi_vfs_format::anchor::EntryPoints`].
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
