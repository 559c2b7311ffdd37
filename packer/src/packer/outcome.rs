//! The results of packing: bytes, statistics and warnings.

use crate::module;
use crate::warning::Warning;
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
    /// How many files and links of a [`Packer::union`](crate::Packer::union) others hide.
    pub hidden_count: u64,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

/// What [`Packer::pack`](crate::Packer::pack) gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Packed {
    /// The packed module.
    pub module: Vec<u8>,
    /// How the runtime was bound to the application.
    pub form: module::Form,
    /// What the image holds.
    pub statistics: Statistics,
    /// What [`Packer::only`](crate::Packer::only) left out; `None` without it.
    pub left_out: Option<LeftOut>,
    /// How many files and links of a [`Packer::union`](crate::Packer::union) others hide.
    pub hidden_count: u64,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}
