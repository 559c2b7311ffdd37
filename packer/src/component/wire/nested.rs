//! Nested components: the one to wire, and the lengths of those around it.

use crate::component::error::ComponentError;
use crate::component::parse::layout::{Component, Layout, Section};
use crate::component::replace;
use crate::component::wire::interface::FILES;
use crate::component::wire::items::Items;
use crate::component::wire::lowerings::uses_files;
use crate::component::wire::renumber::HEADER_LEN;
use crate::component::wire::sections;
use crate::component::wire_error::WireError;
use wasmparser::{ComponentAlias, ComponentOuterAliasKind, Instance, Parser, Payload};

/// The number in `layout` of the component that opens files, with its items.
pub(super) fn user<'a>(
    wasm: &'a [u8],
    layout: &Layout,
) -> Result<(usize, Items<'a>), ComponentError> {
    let mut users = Vec::new();
    let mut stubbed = None;
    for (number, component) in layout.components.iter().enumerate() {
        let items = Items::parse(wasm, &component.sections)?;
        if uses_files(&items) {
            users.push((number, items));
        } else if stubbed.is_none() {
            stubbed = stub(component, &items);
        }
    }
    match (users.len(), users.pop(), stubbed) {
        (1, Some(user), _) => Ok(user),
        (_, None, Some(interface)) => Err(WireError::Stubbed { interface }.into()),
        (_, None, None) => Err(WireError::NoFiles.into()),
        (_, Some(last), _) => {
            let numbers = users.iter().map(|(number, _)| *number).chain([last.0]);
            let starts = numbers
                .take(4)
                .map(|number| format!("{:#x}", start(layout, number)));
            let offsets = starts.collect::<Vec<_>>().join(", ");
            Err(WireError::SeveralUsers { offsets }.into())
        }
    }
}

/// The interface of files that a core module imports from another one, if any. A component
/// that imports files itself lowers them, such as for the adapter of a program that only
/// prints.
fn stub(component: &Component, items: &Items<'_>) -> Option<String> {
    if component
        .imports
        .iter()
        .any(|import| import.starts_with(FILES))
    {
        return None;
    }
    let args = items
        .core_instances
        .iter()
        .flat_map(|(instance, _)| match instance {
            Instance::Instantiate { args, .. } => &**args,
            Instance::FromExports(_) => &[],
        });
    let mut files = args.filter(|arg| arg.name.starts_with(FILES));
    files.next().map(|arg| arg.name.to_owned())
}

fn start(layout: &Layout, number: usize) -> u64 {
    let enclosing = layout
        .components
        .get(number)
        .map(|component| &*component.enclosing);
    let innermost = enclosing.and_then(<[Section]>::first);
    innermost.map_or(0, |section| section.content.start)
}

/// The bytes before the sections of `component`.
pub(super) fn header<'a>(wasm: &'a [u8], component: &Component) -> &'a [u8] {
    let place = component.enclosing.first();
    let content = place.map_or(wasm, |section| sections::content(wasm, section));
    content.get(..HEADER_LEN).unwrap_or_default()
}

/// `wasm` with another content of `component`.
///
/// # Errors
///
/// An enclosing component would be longer than engines allow.
pub(super) fn with_content(
    wasm: &[u8],
    component: &Component,
    content: Vec<u8>,
) -> Result<Vec<u8>, ComponentError> {
    let mut enclosing = component.enclosing.iter();
    let place = enclosing.next();
    let mut content = content;
    let mut inner = place;
    while let Some(section) = inner {
        let outer = enclosing.next();
        content = replaced(wasm, outer, section, &content)?;
        inner = outer;
    }
    Ok(content)
}

/// The content of `outer`, or all of `wasm`, with another content of `section`.
pub(super) fn replaced(
    wasm: &[u8],
    outer: Option<&Section>,
    section: &Section,
    content: &[u8],
) -> Result<Vec<u8>, ComponentError> {
    let (start, end) = outer.map_or((0, wasm.len() as u64), |outer| {
        (outer.content.start, outer.content.end)
    });
    let before = sections::bytes(wasm, start..section.start);
    let behind = sections::bytes(wasm, section.content.end..end);
    let mut bytes = before.to_vec();
    bytes.extend(replace::header(wasm, section, content.len() as u64)?);
    bytes.extend(content);
    bytes.extend(behind);
    Ok(bytes)
}

/// Rejects a nested component that refers to a core module of its parent from number
/// `first` on. Wiring renumbers those.
pub(super) fn reject_outer_modules(
    wasm: &[u8],
    section: &Section,
    first: u32,
) -> Result<(), ComponentError> {
    let content = sections::content(wasm, section);
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(content) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    if let ComponentAlias::Outer {
                        kind: ComponentOuterAliasKind::CoreModule,
                        count,
                        index,
                    } = alias?
                        && count == depth
                        && index >= first
                    {
                        return Err(WireError::OuterModule {
                            offset: section.content.start,
                            number: index,
                        }
                        .into());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}
