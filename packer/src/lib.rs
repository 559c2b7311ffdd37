//! packer

pub mod module;
