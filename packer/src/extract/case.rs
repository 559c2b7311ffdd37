//! Names that are one where upper and lower case letters are.
//!
//! What [`Occupied`](super::occupied::Occupied) sees after the fact is not enough:
//! some file systems number their objects anew whenever they are looked at.

use super::plan::Plan;
use std::collections::HashSet;

/// The path of something planned that would be one with something else in its
/// directory; `None` if nothing would.
pub(super) fn clash(plan: &Plan) -> Option<String> {
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

/// Upwards first: `ſ` and `s` are one letter then.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}
