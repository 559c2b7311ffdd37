//! Parses components into sections and core modules.

pub(crate) mod layout;
pub(crate) mod walk;
