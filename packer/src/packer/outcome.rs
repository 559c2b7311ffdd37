//! The results of packing: bytes, statistics and warnings.

use crate::module;
use crate::warning::Warning;
use wasi_vfs_format::manifest::{LeftOut, Statistics};

/// The result of [`Packer::image`](crate::Packer::image).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PackedImage {
    /// The image, for [`Contents::find`](crate::Contents::find) and
    /// [`Packer::add_image`](crate::Packer::add_image).
    pub bytes: Vec<u8>,
    /// Counts and lengths of the image.
    pub statistics: Statistics,
    /// The files that [`Packer::only`](crate::Packer::only) left out. `None` without a
    /// selection.
    pub left_out: Option<LeftOut>,
    /// The number of files and links that a [`Packer::union`](crate::Packer::union) hides.
    pub hidden_count: u64,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}

/// The result of [`Packer::pack`](crate::Packer::pack).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Packed {
    /// The packed module.
    pub module: Vec<u8>,
    /// How the runtime was bound to the application.
    pub form: module::Form,
    /// Counts and lengths of the image.
    pub statistics: Statistics,
    /// The files that [`Packer::only`](crate::Packer::only) left out. `None` without a
    /// selection.
    pub left_out: Option<LeftOut>,
    /// The number of files and links that a [`Packer::union`](crate::Packer::union) hides.
    pub hidden_count: u64,
    /// The bytes that the state of [`Packer::init`](crate::Packer::init) adds. `None` without
    /// a start.
    pub state_len: Option<u64>,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}
