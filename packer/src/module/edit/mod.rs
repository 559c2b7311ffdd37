//! Writes a module that differs from another in a few places.

pub(crate) mod code;
pub(crate) mod custom;
pub(crate) mod dropped;
pub(crate) mod globals;
pub(crate) mod imports;
pub(crate) mod items;
pub(crate) mod names;
pub(crate) mod rebuild;
pub(crate) mod redirect;
pub(crate) mod references;
pub(crate) mod rope;
