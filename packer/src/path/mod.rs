//! Guest paths as users write them: single paths, mappings, patterns and lists.
//!
//! Knows neither a tree nor an image.

mod exclude;
mod guest;
mod list;
mod mapping;
mod pattern;

pub use exclude::Exclude;
pub use guest::{GuestPath, GuestPathError};
pub use list::{Trace, parse_paths, parse_patterns};
pub use mapping::{Mapping, MappingError};
pub use pattern::{Pattern, PatternError};
pub(crate) use pattern::{TOO_DEEP, is_too_deep};
