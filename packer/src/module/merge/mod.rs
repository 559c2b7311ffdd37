//! Adds a runtime to an application.

pub(crate) mod addition;
pub(crate) mod assemble;
pub(crate) mod binding;
pub(crate) mod claim;
pub(crate) mod dispatch;
pub(crate) mod exports;
pub(crate) mod glue;
pub(crate) mod growth;
pub(crate) mod numbers;
pub(crate) mod parts;
pub(crate) mod region;
pub(crate) mod relocate;
pub(crate) mod renumber;
pub(crate) mod runtime;
pub(crate) mod segments;
