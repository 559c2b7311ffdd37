//! The custom section of a module that keeps the state of a start.
//!
//! Its content is the names of the exports that ran, each behind its length, a little-endian
//! number of 32 bits. For example, `_initialize` is `0b 00 00 00` and 11 letters.

use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use wasmparser::BinaryReader;

/// Name of the section.
pub(crate) const SECTION: &str = "wasi_vfs_state";

/// The names of the exports that ran, if the module keeps the state of a start. Without the
/// names that are damaged.
pub(crate) fn find(shape: &Shape<'_>) -> Option<Vec<String>> {
    let mut sections = shape.sections.iter();
    let section = sections.find(|section| section.id == id::CUSTOM && section.name == SECTION)?;
    let mut reader = BinaryReader::new(shape.bytes(section.range.clone()), 0);
    reader.skip_string().ok()?;
    let mut names = Vec::new();
    while let Ok(len) = reader.read_u32() {
        let Ok(name) = reader.read_bytes(len as usize) else {
            break;
        };
        names.push(String::from_utf8_lossy(name).into_owned());
    }
    Some(names)
}

/// The content of the section.
pub(crate) fn content<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in names {
        bytes.extend((name.len() as u32).to_le_bytes());
        bytes.extend(name.as_bytes());
    }
    bytes
}
