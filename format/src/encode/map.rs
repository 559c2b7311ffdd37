//! The map of the encoder: hashed with the standard library, ordered without it.
//!
//! Both have the methods that the encoder uses. No result depends on the order.

#[cfg(not(feature = "std"))]
pub(crate) use alloc::collections::{BTreeMap as Map, btree_map::Entry};
#[cfg(feature = "std")]
pub(crate) use std::collections::{HashMap as Map, hash_map::Entry};
