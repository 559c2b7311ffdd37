//! The parts of the runtime in the module.

use crate::cli::opened::Opened;
use serde::Serialize;

/// A part of the runtime that only some images need.
#[derive(Debug, Serialize)]
pub(super) struct RuntimePart {
    pub(super) name: &'static str,
    /// Bytes of code that only this part needs, if the program imports all calls. `None` for a
    /// runtime of another version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<u64>,
}

/// The parts, or `None` for an image and for a linked module.
pub(super) fn of(opened: &Opened<'_>) -> Option<Vec<RuntimePart>> {
    let parts = opened.contents.runtime_parts()?.into_iter();
    let parts = parts.map(|part| RuntimePart {
        name: part.name,
        code: part.len,
    });
    Some(parts.collect())
}
