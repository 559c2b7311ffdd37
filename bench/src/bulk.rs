//! Makes a module longer: what packing costs onto a large one, in a form in
//! which no large program is published.

use anyhow::{Context, Result};
use wasm_encoder::{Encode, Module, RawSection, SectionId};
use wasmparser::{BinaryReader, Parser};

/// The module with all of its functions so often again that it has about `len`
/// bytes. Nothing calls the copies, and each is as valid as the first.
pub(crate) fn grow(module: &[u8], len: u64) -> Result<Vec<u8>> {
    let sections = sections(module)?;
    let is_repeated = |id: u8| id == SectionId::Function as u8 || id == SectionId::Code as u8;
    let repeated = sections.iter().filter(|(id, _)| is_repeated(*id));
    let functions_len: usize = repeated.map(|(_, data)| data.len()).sum();
    let missing = usize::try_from(len)?.saturating_sub(module.len());
    let times = 1 + missing / functions_len.max(1);
    let mut grown = Module::new();
    for (id, data) in sections {
        let repeated = is_repeated(id).then(|| repeat(data, times)).transpose()?;
        let data = repeated.as_deref().unwrap_or(data);
        grown.section(&RawSection { id, data });
    }
    Ok(grown.finish())
}

fn sections(module: &[u8]) -> Result<Vec<(u8, &[u8])>> {
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Some((id, range)) = payload?.as_section() {
            sections.push((id, module.get(range).context("a section ends too late")?));
        }
    }
    Ok(sections)
}

/// A section that is a count and so many items, with all of them `times` times.
fn repeat(section: &[u8], times: usize) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(section, 0);
    let count = reader.read_var_u32()?;
    let items = reader.read_bytes(reader.bytes_remaining())?;
    let mut repeated = Vec::new();
    (count as usize * times).encode(&mut repeated);
    repeated.extend(items.repeat(times));
    Ok(repeated)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function of a hundred `nop`s, exported.
    fn module() -> Vec<u8> {
        let before = b"\0asm\x01\0\0\0\
            \x01\x04\x01\x60\0\0\
            \x03\x02\x01\0\
            \x07\x05\x01\x01f\0\0\
            \x0a\x68\x01\x66\0";
        [&before[..], &[1; 100], b"\x0b"].concat()
    }

    #[test]
    fn a_grown_module_is_valid_and_about_as_long_as_asked_for() {
        let grown = grow(&module(), 10_000).unwrap();
        wasmparser::validate(&grown).unwrap();
        assert!((9_800..10_200).contains(&grown.len()), "{}", grown.len());
    }

    #[test]
    fn a_module_that_is_long_enough_stays_as_it_is() {
        assert_eq!(grow(&module(), 10).unwrap(), module());
    }
}
