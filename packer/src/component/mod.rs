//! WebAssembly components: finds their core modules, and packs one of them in
//! place or wires a runtime between them.
//!
//! A component contains core modules, nested components, and sections that connect them.
//! Everything about the bytes of a core module belongs to [`crate::module`]. For a host
//! without a file system, the packed component is sealed in an outer one.

mod checkup;
mod describe;
mod error;
mod in_place;
mod invalid;
mod locate;
mod opened;
mod parse;
mod place;
mod program;
mod replace;
mod seal;
mod seal_error;
#[cfg(test)]
mod tests;
mod wire;
mod wire_error;

pub use checkup::{ComponentCheckup, check};
pub use describe::{Description, Kind, describe, package_of, program};
pub use error::ComponentError;
pub(crate) use in_place::{InPlace, len_with_module, with_module};
pub(crate) use invalid::without_invalid;
pub use locate::{CoreModulePlace, is_component};
pub(crate) use locate::{find, find_in, part};
pub(crate) use opened::{opened, opened_bytes, opened_place};
pub(crate) use seal::Seal;
pub use seal_error::SealError;
pub(crate) use wire::Wiring;
pub(crate) use wire::original::unwired_in;
pub use wire::original::without_image;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use wire::text;
pub use wire_error::WireError;
