//! WebAssembly components: finds their core modules, and packs one of them in place.
//!
//! A component contains core modules, nested components, and sections that connect them.
//! Everything about the bytes of a core module belongs to [`crate::module`].

mod error;
mod parse;
mod program;
#[cfg(test)]
mod tests;

pub use error::ComponentError;
