//! The custom sections of an outer component.
//!
//! Registries and tools read these of the root only, so the outer component repeats those
//! that describe the packed one. For example, the name section of the packed component names
//! it `app`, and functions by their numbers. The outer component is `app`, too, and its
//! functions have no names.

use crate::component::error::ComponentError;
use crate::component::parse::layout::{self, Section};
use crate::component::parse::walk;
use crate::component::wire::sections::{self, id};
use wasm_encoder::{ComponentNameSection, ComponentSection};
use wasmparser::{ComponentName, ComponentNameSectionReader};

const NAME: &str = "component-name";

/// Sections that describe a component as a whole. `wasm-tools metadata` lists them.
const DESCRIPTIONS: [&str; 8] = [
    "producers",
    "authors",
    "description",
    "homepage",
    "licenses",
    "revision",
    "source",
    "version",
];

/// The custom sections that describe the component `root` of `wasm`.
pub(super) fn described(wasm: &[u8], root: &layout::Component) -> Result<Vec<u8>, ComponentError> {
    let mut bytes = Vec::new();
    for section in of(root) {
        match sections::reader(wasm, section).read_string()? {
            NAME => rename(&mut bytes, wasm, section)?,
            name if DESCRIPTIONS.contains(&name) => {
                bytes.extend(sections::whole(wasm, section));
            }
            _ => {}
        }
    }
    Ok(bytes)
}

/// All custom sections of the root of `wasm`.
pub(super) fn whole(wasm: &[u8]) -> Result<Vec<u8>, ComponentError> {
    let layout = walk::layout(wasm)?;
    let sections = layout.components.first().into_iter().flat_map(of);
    let sections = sections.map(|section| sections::whole(wasm, section));
    Ok(sections.collect::<Vec<_>>().concat())
}

fn of(component: &layout::Component) -> impl Iterator<Item = &Section> {
    let sections = component.sections.iter();
    sections.filter(|section| section.id == id::CUSTOM)
}

/// Appends a name section with the name of the component that `section` names. A component
/// with a malformed name section is valid, so the rest of such a section is ignored.
fn rename(bytes: &mut Vec<u8>, wasm: &[u8], section: &Section) -> Result<(), ComponentError> {
    let mut reader = sections::reader(wasm, section);
    reader.skip_string()?;
    let mut names = ComponentNameSectionReader::new(reader).map_while(Result::ok);
    let name = names.find_map(|name| match name {
        ComponentName::Component { name, .. } => Some(name),
        _ => None,
    });
    if let Some(name) = name {
        let mut section = ComponentNameSection::new();
        section.component(name);
        section.append_to_component(bytes);
    }
    Ok(())
}
