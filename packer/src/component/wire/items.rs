//! The index spaces of a component: where each item comes from.
//!
//! Only the spaces that wiring needs are kept. For example, core function 7 may be
//! `canon lower` of component function 2, and component function 2 the export `read` of
//! component instance 0, the import `wasi:io/streams@0.2.3`.
//!
//! Parsing does not validate, but a valid component never has a number without an item.

use crate::component::error::ComponentError;
use crate::component::parse::layout::Section;
use crate::component::wire::sections::{self, id};
use std::collections::HashMap;
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExport, ComponentExternalKind,
    ComponentImport, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef, ExternalKind,
    Instance,
};

/// An export of a core instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CoreExport<'a> {
    pub(super) instance: u32,
    pub(super) name: &'a str,
}

/// The origin of a core function.
#[derive(Clone, Debug)]
pub(super) enum CoreFunction<'a> {
    Lower {
        function: u32,
        options: Box<[CanonicalOption]>,
    },
    Drop {
        resource: u32,
    },
    Export(CoreExport<'a>),
    /// Any other built-in of the canonical ABI.
    Builtin(CanonicalFunction),
}

/// The origin of a component function.
#[derive(Clone, Copy, Debug)]
pub(super) enum Function<'a> {
    /// An export of a component instance.
    Export {
        instance: u32,
        name: &'a str,
    },
    /// `canon lift`.
    Lift,
    /// An import that is a function.
    Import(&'a str),
    Other,
}

/// A component function that is `canon lift` of core functions.
#[derive(Clone, Debug)]
pub(super) struct Lift {
    pub(super) function: u32,
    pub(super) core_function: u32,
    pub(super) options: Box<[CanonicalOption]>,
}

/// A component function that is exported or passed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed<'a> {
    pub(super) function: u32,
    /// Its name there.
    pub(super) name: &'a str,
    /// The component instance that gets it. `None` for an export of the component.
    pub(super) instance: Option<u32>,
}

/// A kind of item with the section that defines each.
pub(super) type Defined<T> = Vec<(T, usize)>;

/// The items of one component.
#[derive(Debug, Default)]
pub(super) struct Items<'a> {
    /// The name of each component instance that is an import.
    pub(super) instances: Vec<Option<&'a str>>,
    /// The exports of inline instances: of each instance and name, the item.
    inline: HashMap<(u32, &'a str), (ComponentExternalKind, u32)>,
    pub(super) functions: Defined<Function<'a>>,
    pub(super) lifts: Vec<Lift>,
    /// The content of each core module, if the component contains it.
    pub(super) core_modules: Defined<Option<&'a [u8]>>,
    pub(super) core_instances: Defined<Instance<'a>>,
    pub(super) core_functions: Defined<CoreFunction<'a>>,
    pub(super) core_memories: Defined<Option<CoreExport<'a>>>,
    pub(super) passed: Vec<Passed<'a>>,
    /// The exported component instances, with their names.
    pub(super) exported_instances: Vec<(u32, &'a str)>,
    /// The component that each of these component instances is one of.
    pub(super) instantiated: HashMap<u32, u32>,
    /// The bytes of each nested component, if the component contains it.
    pub(super) components: Vec<Option<&'a [u8]>>,
}

impl<'a> Items<'a> {
    /// Parses the `sections` of a component in `wasm`.
    pub(super) fn parse(wasm: &'a [u8], sections: &[Section]) -> Result<Self, ComponentError> {
        let mut items = Self::default();
        for (number, section) in sections.iter().enumerate() {
            items.note(wasm, section, number)?;
        }
        Ok(items)
    }

    fn note(
        &mut self,
        wasm: &'a [u8],
        section: &Section,
        number: usize,
    ) -> Result<(), ComponentError> {
        match section.id {
            id::CORE_MODULE => {
                let module = sections::content(wasm, section);
                self.core_modules.push((Some(module), number));
            }
            id::COMPONENT => {
                let component = sections::content(wasm, section);
                self.components.push(Some(component));
            }
            id::CORE_INSTANCE => {
                for instance in sections::items(wasm, section)? {
                    self.core_instances.push((instance?, number));
                }
            }
            id::INSTANCE => {
                for instance in sections::items(wasm, section)? {
                    self.note_instance(&instance?);
                }
            }
            id::ALIAS => {
                for alias in sections::items(wasm, section)? {
                    self.note_alias(&alias?, number);
                }
            }
            id::CANON => {
                for function in sections::items(wasm, section)? {
                    self.note_canon(function?, number);
                }
            }
            id::IMPORT => {
                for import in sections::items(wasm, section)? {
                    self.note_import(&import?, number);
                }
            }
            id::EXPORT => {
                for export in sections::items(wasm, section)? {
                    self.note_export(&export?, number);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn note_instance(&mut self, instance: &ComponentInstance<'a>) {
        let number = self.instances.len() as u32;
        let is_function = |kind| kind == ComponentExternalKind::Func;
        let pass = |function, name| Passed {
            function,
            name,
            instance: Some(number),
        };
        match instance {
            ComponentInstance::Instantiate {
                component_index,
                args,
            } => {
                self.instantiated.insert(number, *component_index);
                let functions = args.iter().filter(|arg| is_function(arg.kind));
                let functions = functions.map(|arg| pass(arg.index, arg.name));
                self.passed.extend(functions);
            }
            ComponentInstance::FromExports(exports) => {
                self.note_inline(exports);
                let functions = exports.iter().filter(|export| is_function(export.kind));
                let functions = functions.map(|export| pass(export.index, export.name.name));
                self.passed.extend(functions);
            }
        }
        self.instances.push(None);
    }

    /// Notes the items in an inline instance, under which an alias finds them.
    fn note_inline(&mut self, exports: &[ComponentExport<'a>]) {
        let instance = self.instances.len() as u32;
        let exports = exports.iter();
        let exports = exports.map(|one| ((instance, one.name.name), (one.kind, one.index)));
        self.inline.extend(exports);
    }

    /// The function `name` of an instance. A function of an inline instance is the function
    /// that was put there.
    fn function_of(&self, instance: u32, name: &'a str) -> Function<'a> {
        let export = Function::Export { instance, name };
        match self.inline.get(&(instance, name)) {
            Some((ComponentExternalKind::Func, function)) => self.function(*function),
            _ => export,
        }
    }

    /// The import that the instance `name` of an instance is, if it is one.
    fn instance_of(&self, instance: u32, name: &'a str) -> Option<&'a str> {
        match self.inline.get(&(instance, name)) {
            Some((ComponentExternalKind::Instance, instance)) => self.import(*instance),
            _ => None,
        }
    }

    fn function(&self, number: u32) -> Function<'a> {
        let function = self.functions.get(number as usize);
        function.map_or(Function::Other, |(function, _)| *function)
    }

    /// The name of the import that a component instance is.
    fn import(&self, instance: u32) -> Option<&'a str> {
        self.instances.get(instance as usize).copied().flatten()
    }

    fn note_alias(&mut self, alias: &ComponentAlias<'a>, section: usize) {
        match *alias {
            ComponentAlias::InstanceExport {
                kind,
                instance_index: instance,
                name,
            } => match kind {
                ComponentExternalKind::Func => {
                    let function = self.function_of(instance, name);
                    self.functions.push((function, section));
                }
                ComponentExternalKind::Instance => {
                    let import = self.instance_of(instance, name);
                    self.instances.push(import);
                }
                ComponentExternalKind::Module => self.core_modules.push((None, section)),
                ComponentExternalKind::Component => self.components.push(None),
                _ => {}
            },
            ComponentAlias::CoreInstanceExport {
                kind,
                instance_index: instance,
                name,
            } => {
                let export = CoreExport { instance, name };
                match kind {
                    ExternalKind::Func | ExternalKind::FuncExact => {
                        let function = CoreFunction::Export(export);
                        self.core_functions.push((function, section));
                    }
                    ExternalKind::Memory => self.core_memories.push((Some(export), section)),
                    _ => {}
                }
            }
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::CoreModule,
                ..
            } => self.core_modules.push((None, section)),
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Component,
                ..
            } => self.components.push(None),
            ComponentAlias::Outer { .. } => {}
        }
    }

    fn note_canon(&mut self, function: CanonicalFunction, section: usize) {
        let function = match function {
            CanonicalFunction::Lift {
                core_func_index,
                options,
                ..
            } => {
                self.lifts.push(Lift {
                    function: self.functions.len() as u32,
                    core_function: core_func_index,
                    options,
                });
                self.functions.push((Function::Lift, section));
                return;
            }
            CanonicalFunction::Lower {
                func_index,
                options,
            } => CoreFunction::Lower {
                function: func_index,
                options,
            },
            CanonicalFunction::ResourceDrop { resource } => CoreFunction::Drop { resource },
            builtin => CoreFunction::Builtin(builtin),
        };
        self.core_functions.push((function, section));
    }

    fn note_import(&mut self, import: &ComponentImport<'a>, section: usize) {
        match import.ty {
            ComponentTypeRef::Instance(_) => self.instances.push(Some(import.name.name)),
            ComponentTypeRef::Func(_) => {
                let function = Function::Import(import.name.name);
                self.functions.push((function, section));
            }
            ComponentTypeRef::Module(_) => self.core_modules.push((None, section)),
            ComponentTypeRef::Component(_) => self.components.push(None),
            _ => {}
        }
    }

    /// An export is an item of its own, with the number behind the last one.
    fn note_export(&mut self, export: &ComponentExport<'a>, section: usize) {
        let index = export.index as usize;
        match export.kind {
            ComponentExternalKind::Func => {
                self.passed.push(Passed {
                    function: export.index,
                    name: export.name.name,
                    instance: None,
                });
                let function = match self.function(export.index) {
                    // A lifted function counts once.
                    Function::Lift => Function::Other,
                    other => other,
                };
                self.functions.push((function, section));
            }
            ComponentExternalKind::Instance => {
                let name = export.name.name;
                self.exported_instances.push((export.index, name));
                let instance = self.import(export.index);
                self.instances.push(instance);
            }
            ComponentExternalKind::Component => {
                let component = self.components.get(index).copied().flatten();
                self.components.push(component);
            }
            ComponentExternalKind::Module => {
                let module = self.core_modules.get(index).and_then(|(module, _)| *module);
                self.core_modules.push((module, section));
            }
            _ => {}
        }
    }

    /// The imported instance and the name that a component function is an export of.
    pub(super) fn imported(&self, function: u32) -> Option<(u32, &'a str, &'a str)> {
        let (function, _) = self.functions.get(function as usize)?;
        let Function::Export { instance, name } = *function else {
            return None;
        };
        let import = self.import(instance)?;
        Some((instance, import, name))
    }

    /// Whether two core functions are the same, perhaps as two aliases of one export.
    pub(super) fn is_same(&self, one: u32, other: u32) -> bool {
        let export = |function: u32| match self.core_functions.get(function as usize)? {
            (CoreFunction::Export(export), _) => Some(*export),
            _ => None,
        };
        one == other || export(one).is_some_and(|one| export(other) == Some(one))
    }
}
