//! The agreement between `pack` and the runtime, which is no part of the image.

#![no_std]
#![forbid(unsafe_code)]

pub mod anchor;
