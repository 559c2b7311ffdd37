//! packer

pub mod runtime;
