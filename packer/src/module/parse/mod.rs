//! Reads the structure of a module.

pub(crate) mod leb;
pub(crate) mod limits;
pub(crate) mod section;
pub(crate) mod shape;
pub(crate) mod skeleton;
pub(crate) mod validate;
