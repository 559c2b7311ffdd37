//! The end of an outer component: the instance of the packed component, and its exports.

use crate::component::error::ComponentError;
use crate::component::parse::layout;
use crate::component::seal::prelude::Prelude;
use crate::component::wire::sections::{self, id};
use wasm_encoder::{
    Alias, ComponentAliasSection, ComponentExportSection, ComponentExternName,
    ComponentInstanceSection, ComponentSection,
};
use wasmparser::{ComponentExport, ComponentExternalKind as Kind};

/// The exports of the component `root` in `wasm`.
pub(super) fn exports<'a>(
    wasm: &'a [u8],
    root: &layout::Component,
) -> Result<Vec<ComponentExport<'a>>, ComponentError> {
    let mut exports = Vec::new();
    for section in root
        .sections
        .iter()
        .filter(|section| section.id == id::EXPORT)
    {
        for export in sections::items(wasm, section)? {
            exports.push(export?);
        }
    }
    Ok(exports)
}

/// The sections behind the packed component, which has these `exports`.
pub(super) fn encode(prelude: &Prelude, exports: &[ComponentExport<'_>]) -> Vec<u8> {
    let mut numbers = prelude.numbers;
    let component = numbers.add(Kind::Component);
    let instance = numbers.add(Kind::Instance);
    let mut instances = ComponentInstanceSection::new();
    let args = prelude.args.iter();
    let args = args.map(|(name, kind, number)| (name, (*kind).into(), *number));
    instances.instantiate(component, args);
    let mut aliases = ComponentAliasSection::new();
    let mut section = ComponentExportSection::new();
    for ComponentExport { name, kind, .. } in exports {
        aliases.alias(Alias::InstanceExport {
            instance,
            kind: (*kind).into(),
            name: name.name,
        });
        let number = numbers.add(*kind);
        section.export(full_name(name), (*kind).into(), number, None);
    }
    let mut bytes = Vec::new();
    instances.append_to_component(&mut bytes);
    if !exports.is_empty() {
        aliases.append_to_component(&mut bytes);
        section.append_to_component(&mut bytes);
    }
    bytes
}

fn full_name<'a>(name: &wasmparser::ComponentExternName<'a>) -> ComponentExternName<'a> {
    ComponentExternName {
        name: name.name.into(),
        implements: name.implements.map(Into::into),
        version_suffix: name.version_suffix.map(Into::into),
        external_id: name.external_id.map(Into::into),
    }
}
