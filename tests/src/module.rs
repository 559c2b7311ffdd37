//! Looking into modules: imports, exports, the names of functions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use wasmparser::{KnownCustom, Name, Parser, Payload, Validator, WasmFeatures};

/// The parts of a module that tests compare.
#[derive(Debug, Default)]
pub struct Module {
    /// `module.name` of each import, sorted.
    pub imports: Vec<String>,
    /// Exported names, sorted.
    pub exports: Vec<String>,
    /// The names of functions in the name section, by index.
    pub function_names: BTreeMap<u32, String>,
    /// The names of the custom sections, in order.
    pub custom_sections: Vec<String>,
    /// Memories it defines.
    pub memory_count: u32,
}

/// Reads a module, which must be valid.
pub fn inspect(path: &Path) -> Module {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(&bytes)
        .unwrap_or_else(|error| panic!("{} is not valid: {error}", path.display()));
    let mut module = Module::default();
    for payload in Parser::new(0).parse_all(&bytes) {
        module.add(payload.expect("validated"));
    }
    module.imports.sort();
    module.exports.sort();
    module
}

impl Module {
    fn add(&mut self, payload: Payload<'_>) {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.expect("validated");
                    self.imports
                        .push(format!("{}.{}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    self.exports
                        .push(export.expect("validated").name.to_owned());
                }
            }
            Payload::MemorySection(section) => self.memory_count += section.count(),
            Payload::CustomSection(section) => {
                self.custom_sections.push(section.name().to_owned());
                if let KnownCustom::Name(names) = section.as_known() {
                    self.add_names(names);
                }
            }
            _ => {}
        }
    }

    fn add_names(&mut self, names: wasmparser::NameSectionReader<'_>) {
        for subsection in names {
            if let Name::Function(functions) = subsection.expect("a name section") {
                for naming in functions {
                    let naming = naming.expect("a name");
                    self.function_names
                        .insert(naming.index, naming.name.to_owned());
                }
            }
        }
    }
}
