//! Names that differ only in case.
//!
//! `Occupied` is not enough to detect them, because some file systems renumber their
//! objects at each access.

use super::plan::Plan;
use std::collections::HashSet;

/// The path of an object whose name differs only in case from another name in its
/// directory, if any.
pub(super) fn collision(plan: &Plan) -> Option<String> {
    let mut names = HashSet::new();
    for at in plan.iter() {
        if let Some(parent) = at.folder.parent
            && !names.insert((parent, folded(&at.folder.name)))
        {
            return Some(at.path_of(""));
        }
        for leaf in &at.folder.leaves {
            if !names.insert((at.position, folded(&leaf.name))) {
                return Some(at.path_of(&leaf.name));
            }
        }
    }
    None
}

/// Upper case first, because `ſ` and `s` have the same capital.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}
