//! Which memory a core export is.
//!
//! A program of several core modules passes its memory on, so one memory has several names.
//! For example, `libc.so` exports the memory `env` `memory` that it imports. Both names lead
//! to the instance whose module defines the memory.

use crate::component::error::ComponentError;
use crate::component::wire::items::{CoreExport, Items};
use wasmparser::{ExternalKind, Instance, Parser, Payload, TypeRef};

/// A memory, by the place that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity<'a> {
    /// A memory of a core instance, by its number in the core module.
    Own { instance: u32, number: u32 },
    /// An export of an instance whose module is not in the component.
    Export(CoreExport<'a>),
}

/// The memory that `export` leads to. Arguments of an instance come before it, so every
/// step leads further to the front.
pub(super) fn identity<'a>(
    items: &Items<'a>,
    export: CoreExport<'a>,
) -> Result<Identity<'a>, ComponentError> {
    let mut export = export;
    loop {
        let next = match step(items, export)? {
            Step::End(identity) => return Ok(identity),
            Step::Next(next) => next,
        };
        if next.instance >= export.instance {
            return Ok(Identity::Export(export));
        }
        export = next;
    }
}

enum Step<'a> {
    End(Identity<'a>),
    Next(CoreExport<'a>),
}

fn step<'a>(items: &Items<'a>, export: CoreExport<'a>) -> Result<Step<'a>, ComponentError> {
    let end = Ok(Step::End(Identity::Export(export)));
    let Some((instance, _)) = items.core_instances.get(export.instance as usize) else {
        return end;
    };
    let next = match instance {
        Instance::FromExports(exports) => {
            let mut exports = exports.iter();
            let found = exports.find(|e| e.name == export.name && e.kind == ExternalKind::Memory);
            let memory = found.and_then(|found| items.core_memories.get(found.index as usize));
            memory.and_then(|(memory, _)| *memory)
        }
        Instance::Instantiate { module_index, args } => {
            let module = items.core_modules.get(*module_index as usize);
            let Some(module) = module.and_then(|(module, _)| *module) else {
                return end;
            };
            match exported(module, export.name)? {
                None => None,
                Some(Place::Own(number)) => {
                    let instance = export.instance;
                    return Ok(Step::End(Identity::Own { instance, number }));
                }
                Some(Place::Import(from, name)) => {
                    let arg = args.iter().find(|arg| arg.name == from);
                    arg.map(|arg| CoreExport {
                        instance: arg.index,
                        name,
                    })
                }
            }
        }
    };
    next.map_or(end, |next| Ok(Step::Next(next)))
}

enum Place<'a> {
    Own(u32),
    Import(&'a str, &'a str),
}

/// Where the memory that a core module exports as `name` comes from.
fn exported<'a>(module: &'a [u8], name: &str) -> Result<Option<Place<'a>>, ComponentError> {
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    if let TypeRef::Memory(_) = import.ty {
                        imports.push((import.module, import.name));
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.name == name && export.kind == ExternalKind::Memory {
                        let import = imports.get(export.index as usize);
                        return Ok(Some(match import {
                            Some((from, name)) => Place::Import(from, name),
                            None => Place::Own(export.index),
                        }));
                    }
                }
                return Ok(None);
            }
            _ => {}
        }
    }
    Ok(None)
}
