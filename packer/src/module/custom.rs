//! Custom sections of an application into which a runtime is merged.
//!
//! Owns the decision which of them stay true when code moves. The name section
//! is in [`super::names`].

use super::rope::{Rope, leb};
use wasmparser::BinaryReader;

/// What a merged module uses that its application may not have used. LLVM
/// names them so, and tools that read the section refuse what is not in it.
const FEATURES: [&str; 2] = ["bulk-memory", "multimemory"];

/// Whether what the section `name` says holds when functions have moved:
/// debugging information, relocations and code metadata are about offsets.
pub(super) fn survives_new_code(name: &str) -> bool {
    let by_offset = [".debug_", "reloc.", "metadata.code."];
    let exactly = ["linking", "sourceMappingURL", "external_debug_info"];
    !by_offset.iter().any(|prefix| name.starts_with(prefix)) && !exactly.contains(&name)
}

/// A `target_features` section (with its name) that says what merging adds.
/// One that cannot be read stays as it is.
pub(super) fn with_features(section: &[u8]) -> Rope<'_> {
    added_features(section).unwrap_or_else(|| section.into())
}

fn added_features(section: &[u8]) -> Option<Rope<'_>> {
    let mut reader = BinaryReader::new(section, 0);
    reader.skip_string().ok()?;
    let name_len = reader.current_position();
    let mut count = reader.read_var_u32().ok()?;
    let items = reader.current_position();
    let mut missing = FEATURES.to_vec();
    for _ in 0..count {
        reader.read_u8().ok()?;
        let feature = reader.read_string().ok()?;
        missing.retain(|other| *other != feature);
    }
    let mut added = Vec::new();
    for feature in missing {
        count = count.checked_add(1)?;
        added.push(b'+');
        added.extend(leb(feature.len() as u32));
        added.extend(feature.as_bytes());
    }
    let mut rope = Rope::from(section.get(..name_len)?);
    rope.push_u32(count);
    rope.push(section.get(items..reader.current_position())?);
    rope.push(added);
    Some(rope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_added_once() {
        let section = b"\x0ftarget_features\x01+\x0bbulk-memory";
        let once = with_features(section).to_vec();
        assert_eq!(
            once,
            b"\x0ftarget_features\x02+\x0bbulk-memory+\x0bmultimemory"
        );
        assert_eq!(with_features(&once).to_vec(), once);
    }

    #[test]
    fn an_unreadable_section_stays() {
        let section = b"\x0ftarget_features\x09+";
        assert_eq!(with_features(section).to_vec(), section);
    }
}
