//! Function names in the name section: those of the application, then those of the
//! runtime.

use crate::module::edit::rope::Rope;
use crate::module::parse::leb::leb;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use std::collections::HashMap;
use wasmparser::{BinaryReader, NameMap};

/// Identifier of the subsection of function names.
const FUNCTIONS: u8 = 1;

/// The name section `section` with the names of functions below `below`, followed by
/// `added`. Clears `added`, so that only the first list of a module gets the names: a
/// hostile module may have thousands of lists. A malformed section stays unchanged, and so
/// does one without function names.
pub(crate) fn with_functions<'a>(
    section: &'a [u8],
    below: u32,
    added: &mut &[(u32, String)],
) -> Rope<'a> {
    let mut left = *added;
    match edited(section, below, &mut left) {
        Some(edited) => {
            *added = left;
            edited
        }
        None => section.into(),
    }
}

fn edited<'a>(section: &'a [u8], below: u32, added: &mut &[(u32, String)]) -> Option<Rope<'a>> {
    let mut reader = BinaryReader::new(section, 0);
    reader.skip_string().ok()?;
    let mut rope = Rope::from(section.get(..reader.current_position())?);
    while !reader.eof() {
        let start = reader.current_position();
        let kind = reader.read_u8().ok()?;
        let content = reader.read_reader().ok()?;
        if kind != FUNCTIONS {
            rope.push(section.get(start..reader.current_position())?);
            continue;
        }
        let old_len = section.get(start + 1..content.original_position())?;
        let content = functions(section, content, below, std::mem::take(added))?;
        rope.push(vec![kind]);
        rope.push_like(old_len, u32::try_from(content.len()).ok()?);
        rope.append(content);
    }
    Some(rope)
}

/// The edited subsection of function names.
fn functions<'a>(
    section: &'a [u8],
    content: BinaryReader<'a>,
    below: u32,
    added: &[(u32, String)],
) -> Option<Rope<'a>> {
    let start = content.original_position();
    let map = NameMap::new(content).ok()?;
    let items = map.original_position();
    let old_count = section.get(start..items)?;
    let mut end = map.range().end;
    let mut kept = 0;
    for naming in map.into_iter_with_offsets() {
        let (offset, naming) = naming.ok()?;
        if naming.index >= below {
            end = offset;
            break;
        }
        kept += 1;
    }
    let mut rope = Rope::default();
    let count = u32::try_from(added.len()).ok()?.checked_add(kept)?;
    rope.push_like(old_count, count);
    rope.push(section.get(items..end)?);
    for (function, name) in added {
        rope.push_u32(*function);
        rope.push(leb(u32::try_from(name.len()).ok()?));
        rope.push(name.as_bytes().to_vec());
    }
    Some(rope)
}

/// The function names of a module. Empty without a well-formed name section.
pub(crate) fn function_names<'a>(shape: &Shape<'a>) -> HashMap<u32, &'a str> {
    read_function_names(shape).unwrap_or_default()
}

fn read_function_names<'a>(shape: &Shape<'a>) -> Option<HashMap<u32, &'a str>> {
    let mut sections = shape.sections.iter();
    let section = sections.find(|s| s.id == id::CUSTOM && s.name == "name")?;
    let mut reader = BinaryReader::new(shape.bytes(section.range.clone()), section.range.start);
    reader.skip_string().ok()?;
    let mut names = HashMap::new();
    while !reader.eof() {
        let kind = reader.read_u8().ok()?;
        let content = reader.read_reader().ok()?;
        if kind == FUNCTIONS {
            for naming in NameMap::new(content).ok()? {
                let naming = naming.ok()?;
                names.insert(naming.index, naming.name);
            }
        }
    }
    Some(names)
}
