//! Decides whether a module can be packed, and in which form.

pub(crate) mod bypass;
pub(crate) mod caveats;
pub(crate) mod checkup;
pub(crate) mod subject;
