//! What packing gives beside bytes: statistics, and what is missing.

use crate::module;
use wasi_vfs_format::manifest::{LeftOut, Statistics};

/// What [`Packer::image`](crate::Packer::image) gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PackedImage {
    /// The image, which [`Contents::find`](crate::Contents::find) reads and [`Packer::add_image`](crate::Packer::add_image)
    /// takes.
    pub bytes: Vec<u8>,
    /// What it holds.
    pub statistics: Statistics,
    /// What [`Packer::only`](crate::Packer::only) left out; `None` without it.
    pub left_out: Option<LeftOut>,
    /// Paths of [`Packer::only`](crate::Packer::only) and [`Packer::order_by`](crate::Packer::order_by) that are not in the
    /// tree.
    pub missing: Vec<String>,
    /// Guest paths of what is left out since something else hides it: a file or link at
    /// whose place, or below which, a directory is mapped, what a directory holds at whose
    /// place another is mapped, and a directory of
    /// [`Packer::add_image`](crate::Packer::add_image) that is mapped again.
    pub hidden: Vec<String>,
    /// Whether an image that was taken in was compressed, and the result is not.
    pub is_decompressed: bool,
}

/// What [`Packer::pack`](crate::Packer::pack) gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Packed {
    /// The packed module.
    pub module: Vec<u8>,
    /// How the runtime was bound to the application.
    pub form: module::Form,
    /// Names of the custom sections that could not be kept.
    pub dropped: Vec<String>,
    /// What the image holds.
    pub statistics: Statistics,
    /// What [`Packer::only`](crate::Packer::only) left out; `None` without it.
    pub left_out: Option<LeftOut>,
    /// Paths of [`Packer::only`](crate::Packer::only) and [`Packer::order_by`](crate::Packer::order_by) that are not in the
    /// tree.
    pub missing: Vec<String>,
    /// Guest paths of what is left out since something else hides it: a file or link at
    /// whose place, or below which, a directory is mapped, what a directory holds at whose
    /// place another is mapped, and a directory of
    /// [`Packer::add_image`](crate::Packer::add_image) that is mapped again.
    pub hidden: Vec<String>,
    /// Whether an image that was taken in was compressed, and the result is not.
    pub is_decompressed: bool,
}
