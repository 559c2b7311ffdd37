//! Custom sections of a merged application.
//!
//! Owns the decision which sections stay valid when code moves. The name section belongs to
//! [`crate::module::edit::names`].

use crate::module::edit::rope::Rope;
use crate::module::form::MemoryKind;
use crate::module::parse::leb::leb;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use wasmparser::BinaryReader;

/// Features of a merged module that its application may lack, under the names of LLVM.
/// Tools that read the section reject instructions of other features. A single memory
/// needs only the first, because the merge replaces sign extensions there.
const FEATURES: [&str; 3] = ["bulk-memory", "multimemory", "sign-ext"];

fn needed(memory: MemoryKind) -> &'static [&'static str] {
    match memory {
        MemoryKind::Separate => &FEATURES,
        MemoryKind::Single => FEATURES.split_at(1).0,
    }
}

/// Whether the section `name` stays valid when instructions move within the code section.
/// Debug information and code metadata refer to offsets there.
pub(crate) fn survives_moved_code(name: &str) -> bool {
    let by_offset = [".debug_", "metadata.code."];
    survives_appended_code(name)
        && !by_offset.iter().any(|prefix| name.starts_with(prefix))
        && name != "external_debug_info"
}

/// Whether the section `name` stays valid when functions follow the others, and sections
/// get longer. Source maps refer to offsets in the module. Relocations and their symbols
/// describe the calls that packing redirects.
pub(crate) fn survives_appended_code(name: &str) -> bool {
    let is_of_linker = name == "linking" || name.starts_with("reloc.");
    survives_new_bytes(name) && !is_of_linker && name != "sourceMappingURL"
}

/// Whether the section `name` stays valid when any byte changes. Signatures do not, and
/// neither does the build identifier, by which debuggers find files about a module.
pub(crate) fn survives_new_bytes(name: &str) -> bool {
    !is_signature(name) && name != "build_id"
}

/// Whether the section `name` signs the module: by the tool conventions, or by the claims
/// of wasmCloud, which contain a hash of the module.
pub(crate) fn is_signature(name: &str) -> bool {
    matches!(
        name,
        "signature" | "signature_delimiter" | "jwt" | "wasmcloud_jwt"
    )
}

/// A parsed `target_features` section, with its name.
struct Features<'a> {
    name: &'a [u8],
    count: u32,
    items: &'a [u8],
    names: Vec<&'a str>,
}

/// Returns `None` if the section is malformed. Such a section stays unchanged.
fn read(section: &[u8]) -> Option<Features<'_>> {
    let mut reader = BinaryReader::new(section, 0);
    reader.skip_string().ok()?;
    let name_len = reader.current_position();
    let count = reader.read_var_u32().ok()?;
    let start = reader.current_position();
    let mut names = Vec::new();
    for _ in 0..count {
        reader.read_u8().ok()?;
        names.push(reader.read_string().ok()?);
    }
    Some(Features {
        name: section.get(..name_len)?,
        count,
        items: section.get(start..reader.current_position())?,
        names,
    })
}

/// The section with the features of [`added_features`] behind its own.
pub(crate) fn with_features(section: &[u8], added: u32) -> Rope<'_> {
    lengthened(section, added).unwrap_or_else(|| section.into())
}

fn lengthened(section: &[u8], added: u32) -> Option<Rope<'_>> {
    let features = read(section)?;
    let mut rope = Rope::from(features.name);
    rope.push_u32(features.count.checked_add(added.count_ones())?);
    rope.push(features.items);
    for (bit, feature) in FEATURES.iter().enumerate() {
        if added & (1 << bit) != 0 {
            rope.push(item(feature));
        }
    }
    Some(rope)
}

/// The encoding of a used feature.
fn item(feature: &str) -> Vec<u8> {
    let mut item = vec![b'+'];
    item.extend(leb(feature.len() as u32));
    item.extend(feature.as_bytes());
    item
}

/// The features that a merge adds to the first section of an application, one bit each.
pub(crate) fn added_features(application: &Shape<'_>, memory: MemoryKind) -> u32 {
    let mut sections = application.sections.iter();
    let section = sections.find(|s| s.id == id::CUSTOM && s.name == "target_features");
    section.map_or(0, |section| {
        missing(application.bytes(section.range.clone()), memory)
    })
}

fn missing(section: &[u8], memory: MemoryKind) -> u32 {
    let Some(features) = read(section) else {
        return 0;
    };
    let needed = (0..).zip(needed(memory));
    let missing = needed.filter(|(_, feature)| !features.names.contains(feature));
    missing.fold(0, |bits, (bit, _)| bits | 1 << bit)
}

/// The section without the features that a merge added at its end.
pub(crate) fn without_features(section: &[u8], added: u32) -> Rope<'_> {
    shortened(section, added).unwrap_or_else(|| section.into())
}

fn shortened(section: &[u8], added: u32) -> Option<Rope<'_>> {
    let features = read(section)?;
    let mut items = features.items;
    let mut count = features.count;
    for (bit, feature) in FEATURES.iter().enumerate().rev() {
        if added & (1 << bit) == 0 {
            continue;
        }
        items = items.strip_suffix(&*item(feature))?;
        count = count.checked_sub(1)?;
    }
    let mut rope = Rope::from(features.name);
    rope.push_u32(count);
    rope.push(items);
    Some(rope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_added_once() {
        let section = b"\x0ftarget_features\x01+\x0bbulk-memory";
        let added = missing(section, MemoryKind::Separate);
        let once = with_features(section, added).into_vec();
        assert_eq!(
            once,
            b"\x0ftarget_features\x03+\x0bbulk-memory+\x0bmultimemory+\x08sign-ext"
        );
        assert_eq!(missing(&once, MemoryKind::Separate), 0);
        assert_eq!(with_features(&once, 0).into_vec(), once);
    }

    #[test]
    fn a_single_memory_adds_no_second_one() {
        let section = b"\x0ftarget_features\x01+\x0asign-ext-x";
        let added = missing(section, MemoryKind::Single);
        let with = with_features(section, added).into_vec();
        assert!(with.ends_with(b"+\x0bbulk-memory"));
        assert_eq!(without_features(&with, 1).into_vec(), section);
    }

    #[test]
    fn only_added_features_are_removed() {
        let section = b"\x0ftarget_features\x02+\x0bbulk-memory+\x0bmultimemory";
        let left = |added| without_features(section, added).into_vec().len();
        assert_eq!(
            [left(0), left(2), left(3)],
            [section.len(), section.len() - 13, 17]
        );
        // It is not at the end.
        assert_eq!(without_features(section, 1).into_vec(), section);
    }

    #[test]
    fn a_malformed_section_stays() {
        let section = b"\x0ftarget_features\x09+";
        assert_eq!(missing(section, MemoryKind::Single), 0);
        assert_eq!(with_features(section, 1).into_vec(), section);
        assert_eq!(without_features(section, 3).into_vec(), section);
    }
}
