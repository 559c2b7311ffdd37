//! Which memory a core export is.
//!
//! A program of several core modules passes its memory on, so one memory has several names.
//! For example, `libc.so` exports the memory `env` `memory` that it imports. Both names lead
//! to the instance whose module defines the memory.

use crate::component::error::ComponentError;
use crate::component::wire::items::{CoreExport, Items};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use wasmparser::{ExternalKind, Instance, Parser, Payload, TypeRef};

/// A memory, by the place that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity<'a> {
    /// A memory of a core instance, by its number in the core module.
    Own { instance: u32, number: u32 },
    /// An export of an instance whose module is not in the component.
    Export(CoreExport<'a>),
}

/// Finds the identity of memories. Each core module is parsed once, and each name is
/// followed once.
pub(super) struct Memories<'i, 'a> {
    items: &'i Items<'a>,
    exports: HashMap<u32, HashMap<&'a str, Place<'a>>>,
    known: HashMap<CoreExport<'a>, Identity<'a>>,
}

impl<'i, 'a> Memories<'i, 'a> {
    pub(super) fn new(items: &'i Items<'a>) -> Self {
        Self {
            items,
            exports: HashMap::new(),
            known: HashMap::new(),
        }
    }

    /// The memory that `export` leads to. Arguments of an instance come before it, so every
    /// step leads further to the front.
    pub(super) fn identity(
        &mut self,
        export: CoreExport<'a>,
    ) -> Result<Identity<'a>, ComponentError> {
        let mut export = export;
        let mut followed = Vec::new();
        let found = loop {
            if let Some(known) = self.known.get(&export) {
                break *known;
            }
            followed.push(export);
            match self.step(export)? {
                Step::End(identity) => break identity,
                Step::Next(next) if next.instance >= export.instance => {
                    break Identity::Export(export);
                }
                Step::Next(next) => export = next,
            }
        };
        self.known
            .extend(followed.into_iter().map(|one| (one, found)));
        Ok(found)
    }

    fn step(&mut self, export: CoreExport<'a>) -> Result<Step<'a>, ComponentError> {
        let items = self.items;
        let end = Ok(Step::End(Identity::Export(export)));
        let Some((instance, _)) = items.core_instances.get(export.instance as usize) else {
            return end;
        };
        let next = match instance {
            Instance::FromExports(exports) => {
                let mut exports = exports.iter();
                let found =
                    exports.find(|e| e.name == export.name && e.kind == ExternalKind::Memory);
                let memory = found.and_then(|found| items.core_memories.get(found.index as usize));
                memory.and_then(|(memory, _)| *memory)
            }
            Instance::Instantiate { module_index, args } => {
                let module = items.core_modules.get(*module_index as usize);
                let Some(module) = module.and_then(|(module, _)| *module) else {
                    return end;
                };
                match self.exported(*module_index, module, export.name)? {
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

    /// Where the memory that a core module exports as `name` comes from.
    fn exported(
        &mut self,
        number: u32,
        module: &'a [u8],
        name: &str,
    ) -> Result<Option<Place<'a>>, ComponentError> {
        let exports = match self.exports.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(exports(module)?),
        };
        Ok(exports.get(name).copied())
    }
}

enum Step<'a> {
    End(Identity<'a>),
    Next(CoreExport<'a>),
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Own(u32),
    Import(&'a str, &'a str),
}

/// The exported memories of a core module.
fn exports<'a>(module: &'a [u8]) -> Result<HashMap<&'a str, Place<'a>>, ComponentError> {
    let mut imports = Vec::new();
    let mut exports = HashMap::new();
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
                    if export.kind == ExternalKind::Memory {
                        exports.insert(export.name, place(&imports, export.index));
                    }
                }
                break;
            }
            _ => {}
        }
    }
    Ok(exports)
}

fn place<'a>(imports: &[(&'a str, &'a str)], memory: u32) -> Place<'a> {
    match imports.get(memory as usize) {
        Some((from, name)) => Place::Import(from, name),
        None => Place::Own(memory),
    }
}
