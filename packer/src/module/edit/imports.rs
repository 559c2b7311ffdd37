//! Import sections in which one module name replaces another.

use crate::module::edit::rope::Rope;
use crate::module::error::ModuleError;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use wasmparser::{BinaryReader, Imports};

/// The import section of `shape` with the module name `to` for each `from`. Both names
/// are shorter than 128 bytes, so the first byte of an encoded length holds the length.
pub(crate) fn renamed<'a>(
    shape: &Shape<'a>,
    from: &str,
    to: &str,
) -> Result<Option<Rope<'a>>, ModuleError> {
    let Some(section) = shape.section(id::IMPORT) else {
        return Ok(None);
    };
    let mut rope = Rope::default();
    let mut copied = section.range.start;
    let groups = shape.items::<Imports<'_>>(id::IMPORT)?;
    for group in groups
        .into_iter()
        .flat_map(|groups| groups.into_iter_with_offsets())
    {
        let (start, _) = group?;
        let mut reader = BinaryReader::new(shape.bytes(start..section.range.end), start);
        if reader.read_string()? != from {
            continue;
        }
        let end = reader.original_position();
        rope.push(shape.bytes(copied..start));
        rope.push(with_length(shape.bytes(start..end - from.len()), to.len()));
        rope.push(to.as_bytes().to_vec());
        copied = end;
    }
    rope.push(shape.bytes(copied..section.range.end));
    Ok(Some(rope))
}

/// A length in as many bytes as `encoded` has, which is the only way to restore it.
fn with_length(encoded: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = encoded.to_vec();
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x80 | len as u8;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::parse::shape::Shape;

    /// A module with one import, whose module name has a padded length.
    fn padded() -> Vec<u8> {
        let types = b"\x01\x04\x01\x60\0\0";
        let import = b"\x02\x0b\x01\x83\x80\0old\x01f\0\0";
        [&b"\0asm\x01\0\0\0"[..], types, import].concat()
    }

    #[test]
    fn renaming_back_restores_padded_lengths() {
        let wasm = padded();
        let shape = Shape::parse(&wasm).unwrap();
        let there = renamed(&shape, "old", "longer").unwrap().unwrap();
        let there = there.into_vec();
        assert_eq!(there, b"\x01\x86\x80\0longer\x01f\0\0");
        let section = [&b"\x02\x0e"[..], &there].concat();
        let there = [&wasm[..14], &section].concat();
        let shape = Shape::parse(&there).unwrap();
        let back = renamed(&shape, "longer", "old").unwrap().unwrap();
        assert_eq!(back.into_vec(), &wasm[16..]);
    }

    #[test]
    fn other_modules_keep_their_names() {
        let wasm = padded();
        let shape = Shape::parse(&wasm).unwrap();
        let same = renamed(&shape, "ol", "new").unwrap().unwrap();
        assert_eq!(same.into_vec(), &wasm[16..]);
    }
}
