//! The component that answers one interface of `wasi:filesystem`.
//!
//! A stub has the types of the interface. It defines resources that the interface defines,
//! and imports resources of other interfaces as types. For example, the stub of
//! `wasi:filesystem/types` imports `input-stream` as the type `r0`, and defines
//! `descriptor`. Its `read-via-stream` is a core function that traps.

use crate::component::error::ComponentError;
use crate::component::opened::MARKER;
use crate::component::seal::core_module::{self, Function};
use crate::component::seal::flat::{CoreType, flatten};
use crate::component::seal_error::SealError;
use std::collections::HashMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Reencode, ReencodeComponent};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentImportSection, ComponentOuterAliasKind,
    ComponentTypeRef, ComponentTypeSection, ExportKind, InstanceSection, ModuleArg, RawSection,
    TypeBounds, ValType,
};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentFuncType,
    ComponentValType, ResourceId,
};
use wasmparser::types::TypesRef;
use wasmparser::{self as p, ComponentAlias, InstanceTypeDeclaration};

/// A stub.
pub(super) struct Stub {
    /// The component.
    pub(super) bytes: Vec<u8>,
    /// The types that it imports, with their numbers in the outer component.
    pub(super) args: Vec<(String, u32)>,
}

impl Stub {
    /// The stub of the import `interface`, an instance with these `declarations`. `types` are
    /// those of the component that imports it.
    pub(super) fn encode(
        interface: &str,
        declarations: &[InstanceTypeDeclaration<'_>],
        types: TypesRef<'_>,
    ) -> Result<Self, ComponentError> {
        let mut builder = Builder {
            interface,
            types,
            component: Component::new(),
            args: Vec::new(),
            numbers: Vec::new(),
            type_count: 0,
            imported: HashMap::new(),
            functions: Vec::new(),
        };
        for declaration in declarations {
            builder.declare(declaration)?;
        }
        builder.define_functions()?;
        Ok(Self {
            bytes: builder.component.finish(),
            args: builder.args,
        })
    }
}

struct Builder<'a> {
    interface: &'a str,
    types: TypesRef<'a>,
    component: Component,
    args: Vec<(String, u32)>,
    /// The number in the stub of each type in the declarations.
    numbers: Vec<u32>,
    type_count: u32,
    /// The numbers in the stub of the imported resources.
    imported: HashMap<ResourceId, u32>,
    /// The functions with the numbers of their types in the stub.
    functions: Vec<(&'a str, u32)>,
}

impl<'a> Builder<'a> {
    fn declare(&mut self, declaration: &InstanceTypeDeclaration<'a>) -> Result<(), ComponentError> {
        match declaration {
            InstanceTypeDeclaration::Type(ty) => self.define(ty)?,
            InstanceTypeDeclaration::Alias(ComponentAlias::Outer {
                kind: p::ComponentOuterAliasKind::Type,
                count: 1,
                index,
            }) => self.use_outer(*index),
            InstanceTypeDeclaration::Export { name, ty } => self.export(name.name, *ty)?,
            _ => return Err(self.unknown("declares an unexpected alias or core type")),
        }
        Ok(())
    }

    /// Defines a type that is neither an instance nor a component.
    fn define(&mut self, ty: &p::ComponentType<'_>) -> Result<(), ComponentError> {
        let mut section = ComponentTypeSection::new();
        self.parse_component_type(section.ty(), ty.clone())
            .map_err(|_| self.unknown("has an unexpected type"))?;
        self.component.section(&section);
        self.add_type();
        Ok(())
    }

    /// Adds the next type of the declarations, which is the next one of the stub, too.
    fn add_type(&mut self) {
        self.numbers.push(self.type_count);
        self.type_count += 1;
    }

    /// Imports a resource of the outer component. Other types need no import.
    fn use_outer(&mut self, index: u32) {
        if let ComponentAnyTypeId::Resource(id) = self.types.component_any_type_at(index) {
            let name = format!("r{}", self.args.len());
            let mut section = ComponentImportSection::new();
            section.import(&*name, ComponentTypeRef::Type(TypeBounds::SubResource));
            self.component.section(&section);
            self.args.push((name, index));
            self.imported.insert(id.resource(), self.type_count);
        } else {
            let mut section = ComponentAliasSection::new();
            section.alias(Alias::Outer {
                kind: ComponentOuterAliasKind::Type,
                count: 1,
                index,
            });
            self.component.section(&section);
        }
        self.add_type();
    }

    fn export(&mut self, name: &'a str, ty: p::ComponentTypeRef) -> Result<(), ComponentError> {
        let number = match ty {
            p::ComponentTypeRef::Func(ty) => {
                let ty = self.component_type_index(ty);
                self.functions.push((name, ty));
                return Ok(());
            }
            p::ComponentTypeRef::Type(p::TypeBounds::Eq(ty)) => self.component_type_index(ty),
            p::ComponentTypeRef::Type(p::TypeBounds::SubResource) => self.define_resource(),
            _ => return Err(self.unknown("exports more than types and functions")),
        };
        let mut section = ComponentExportSection::new();
        section.export(name, ComponentExportKind::Type, number, None);
        self.component.section(&section);
        self.add_type();
        Ok(())
    }

    fn define_resource(&mut self) -> u32 {
        let mut section = ComponentTypeSection::new();
        section.resource(ValType::I32, None);
        self.component.section(&section);
        let number = self.type_count;
        self.type_count += 1;
        number
    }

    /// Lifts and exports a core function for each function.
    fn define_functions(&mut self) -> Result<(), ComponentError> {
        let functions = self.core_functions()?;
        if functions.is_empty() {
            return Ok(());
        }
        let mut drops = CanonicalFunctionSection::new();
        let dropped = functions.iter().flat_map(|function| &function.drops);
        for (_, resource) in dropped {
            drops.resource_drop(*resource);
        }
        let module = core_module::encode(&functions);
        let section = RawSection {
            id: wasm_encoder::ComponentSectionId::CoreModule.into(),
            data: &module,
        };
        self.component.section(&section);
        if !drops.is_empty() {
            self.component.section(&drops);
        }
        self.component.section(&instances(drops.len()));
        self.lift(drops.len());
        Ok(())
    }

    fn core_functions(&self) -> Result<Vec<Function>, ComponentError> {
        let functions = self.functions.iter().map(|(name, _)| {
            let ty = self.type_of(name);
            let ty = ty.ok_or_else(|| self.unknown("has a function without a type"))?;
            Ok(Function {
                ty: CoreType::lifted(self.types, ty),
                drops: self.borrowed(ty),
                // Nothing makes the resource that a method needs.
                is_reachable: !name.starts_with("[method]"),
            })
        });
        functions.collect()
    }

    fn type_of(&self, function: &str) -> Option<&'a ComponentFuncType> {
        let item = self.types.component_item_for_import(self.interface)?;
        let ComponentEntityType::Instance(id) = item.ty else {
            return None;
        };
        match self.types.get(id)?.exports.get(function)?.ty {
            ComponentEntityType::Func(id) => self.types.get(id),
            _ => None,
        }
    }

    /// The flat parameters of a function that are borrowed handles of imported resources,
    /// with the numbers of the resources. A function has to drop these.
    fn borrowed(&self, function: &ComponentFuncType) -> Vec<(u32, u32)> {
        let mut flat = Vec::new();
        let mut borrowed = Vec::new();
        for (_, ty) in &function.params {
            if let ComponentValType::Type(id) = ty
                && let Some(ComponentDefinedType::Borrow(id)) = self.types.get(*id)
                && let Some(resource) = self.imported.get(&id.resource())
            {
                borrowed.push((flat.len() as u32, *resource));
            }
            flatten(self.types, *ty, &mut flat);
        }
        borrowed
    }

    /// Lifts the functions of the core instance. `drop_count` core functions are before them.
    fn lift(&mut self, drop_count: u32) {
        let mut aliases = ComponentAliasSection::new();
        let instance = u32::from(drop_count > 0);
        let mut alias = |kind, name: &str| {
            aliases.alias(Alias::CoreInstanceExport {
                instance,
                kind,
                name,
            });
        };
        alias(ExportKind::Memory, MARKER);
        alias(ExportKind::Func, core_module::REALLOC);
        let mut lifts = CanonicalFunctionSection::new();
        let mut exports = ComponentExportSection::new();
        let options = [
            CanonicalOption::Memory(0),
            CanonicalOption::Realloc(drop_count),
        ];
        for (number, (name, ty)) in (0..).zip(&self.functions) {
            alias(ExportKind::Func, &core_module::name(number));
            lifts.lift(drop_count + 1 + number, *ty, options);
            exports.export(*name, ComponentExportKind::Func, number, None);
        }
        self.component
            .section(&aliases)
            .section(&lifts)
            .section(&exports);
    }

    fn unknown(&self, found: &'static str) -> ComponentError {
        let interface = self.interface.to_owned();
        SealError::Interface { interface, found }.into()
    }
}

impl Reencode for Builder<'_> {
    type Error = Infallible;
}

impl ReencodeComponent for Builder<'_> {
    fn component_type_index(&mut self, number: u32) -> u32 {
        let number = self.numbers.get(number as usize);
        number.copied().unwrap_or(u32::MAX)
    }
}

/// The instance of the core module, and before it the functions that it imports, if any.
fn instances(drop_count: u32) -> InstanceSection {
    let mut instances = InstanceSection::new();
    let names: Vec<_> = (0..drop_count).map(core_module::name).collect();
    let drops = names.iter().zip(0..);
    let drops = drops.map(|(name, number)| (name.as_str(), ExportKind::Func, number));
    let mut args = Vec::new();
    if drop_count > 0 {
        instances.export_items(drops.collect::<Vec<_>>());
        args.push((core_module::DROP, ModuleArg::Instance(0)));
    }
    instances.instantiate(0, args);
    instances
}
