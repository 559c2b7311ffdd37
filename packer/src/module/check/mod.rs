//! Whether and in which form a module can be packed.

pub(crate) mod bypass;
pub(crate) mod caveats;
pub(crate) mod checkup;
pub(crate) mod subject;
