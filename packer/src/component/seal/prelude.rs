//! The start of an outer component: the imports of the packed component and their types.
//!
//! The sections up to the last import are copied, except imports of `wasi:filesystem`. In
//! their places are stubs. For example, one section imports instances 0 to 4, and number 2
//! is `wasi:filesystem/types`. Then the outer component has a section with imports 0 and 1,
//! a stub, the instance 2 of that stub, and a section with imports 3 and 4.

use crate::component::error::ComponentError;
use crate::component::parse::layout::{self, Section};
use crate::component::seal::numbers::Numbers;
use crate::component::seal::stub::Stub;
use crate::component::seal_error::SealError;
use crate::component::wire::interface::FILES;
use crate::component::wire::sections::{self, id};
use std::ops::Range;
use wasm_encoder::{
    Component, ComponentExportKind, ComponentInstanceSection, ComponentSection, ComponentSectionId,
    Encode, RawSection,
};
use wasmparser::types::TypesRef;
use wasmparser::{
    ComponentAlias, ComponentExternalKind as Kind, ComponentImport, ComponentType,
    ComponentTypeRef, InstanceTypeDeclaration,
};

const TYPE: u8 = ComponentSectionId::Type as u8;
const CORE_TYPE: u8 = ComponentSectionId::CoreType as u8;

type Declarations<'a> = Box<[InstanceTypeDeclaration<'a>]>;

/// The start of an outer component.
pub(super) struct Prelude {
    pub(super) bytes: Vec<u8>,
    /// The numbers of the items behind it.
    pub(super) numbers: Numbers,
    /// Each import of the packed component, and its number in the outer one.
    pub(super) args: Vec<(String, Kind, u32)>,
}

impl Prelude {
    /// The start of the outer component around `root` of `wasm`, whose items have `types`.
    pub(super) fn encode(
        wasm: &[u8],
        root: &layout::Component,
        types: TypesRef<'_>,
    ) -> Result<Self, ComponentError> {
        let mut sections = root.sections.iter();
        let last = sections.rposition(|section| section.id == id::IMPORT);
        let mut writer = Writer {
            wasm,
            types,
            instance_types: Vec::new(),
            prelude: Self {
                bytes: Component::new().finish(),
                numbers: Numbers::default(),
                args: Vec::new(),
            },
        };
        for section in root.sections.iter().take(last.map_or(0, |last| last + 1)) {
            writer.copy(section)?;
        }
        Ok(writer.prelude)
    }
}

struct Writer<'a> {
    wasm: &'a [u8],
    types: TypesRef<'a>,
    /// The declarations of each type, if it is the type of an instance.
    instance_types: Vec<Option<Declarations<'a>>>,
    prelude: Prelude,
}

impl<'a> Writer<'a> {
    fn copy(&mut self, section: &Section) -> Result<(), ComponentError> {
        match section.id {
            id::CUSTOM => return Ok(()),
            id::IMPORT => return self.copy_imports(section),
            CORE_TYPE => {}
            TYPE => {
                for ty in sections::items(self.wasm, section)? {
                    match ty? {
                        ComponentType::Instance(declarations) => {
                            self.add_type(Some(declarations));
                        }
                        _ => self.add_type(None),
                    }
                }
            }
            id::ALIAS => {
                for alias in sections::items(self.wasm, section)? {
                    if let ComponentAlias::InstanceExport { kind, .. } = alias? {
                        self.add(kind);
                    }
                }
            }
            _ => {
                let offset = section.start;
                return Err(SealError::Order { offset }.into());
            }
        }
        let bytes = sections::whole(self.wasm, section);
        self.prelude.bytes.extend(bytes);
        Ok(())
    }

    fn add_type(&mut self, declarations: Option<Declarations<'a>>) {
        self.prelude.numbers.add(Kind::Type);
        self.instance_types.push(declarations);
    }

    fn add(&mut self, kind: Kind) -> u32 {
        if kind == Kind::Type {
            self.instance_types.push(None);
        }
        self.prelude.numbers.add(kind)
    }

    fn copy_imports(&mut self, section: &Section) -> Result<(), ComponentError> {
        let items = sections::items::<ComponentImport<'_>>(self.wasm, section)?;
        let items = items.into_iter_with_offsets();
        let items = items.collect::<Result<Vec<_>, _>>()?;
        let starts = items.iter().map(|(start, _)| *start as u64);
        let ends = starts.skip(1).chain([section.content.end]);
        let mut kept: Vec<Range<u64>> = Vec::new();
        for ((start, import), end) in items.iter().zip(ends) {
            match import.name.name.starts_with(FILES) {
                false => kept.push(*start as u64..end),
                true => {
                    self.write_imports(&std::mem::take(&mut kept));
                    self.write_stub(import)?;
                }
            }
            let kind = import.ty.kind();
            let number = self.add(kind);
            let arg = (import.name.name.to_owned(), kind, number);
            self.prelude.args.push(arg);
        }
        self.write_imports(&kept);
        Ok(())
    }

    /// Writes a section with the imports at these places.
    fn write_imports(&mut self, imports: &[Range<u64>]) {
        if imports.is_empty() {
            return;
        }
        let mut data = Vec::new();
        imports.len().encode(&mut data);
        for place in imports {
            data.extend(sections::bytes(self.wasm, place.clone()));
        }
        self.write(&RawSection {
            id: id::IMPORT,
            data: &data,
        });
    }

    /// Writes the stub for `import`, and its instance.
    fn write_stub(&mut self, import: &ComponentImport<'a>) -> Result<(), ComponentError> {
        let name = import.name.name;
        let declarations = match import.ty {
            ComponentTypeRef::Instance(ty) => self
                .instance_types
                .get(ty as usize)
                .and_then(Option::as_deref),
            _ => None,
        };
        let declarations = declarations.ok_or_else(|| SealError::Interface {
            interface: name.to_owned(),
            found: "is not an instance with a type of its own",
        })?;
        let stub = Stub::encode(name, declarations, self.types)?;
        let component = self.prelude.numbers.add(Kind::Component);
        self.write(&RawSection {
            id: id::COMPONENT,
            data: &stub.bytes,
        });
        let mut instances = ComponentInstanceSection::new();
        let args = stub.args.into_iter();
        let args = args.map(|(name, number)| (name, ComponentExportKind::Type, number));
        instances.instantiate(component, args);
        self.write(&instances);
        Ok(())
    }

    fn write(&mut self, section: &impl ComponentSection) {
        section.append_to_component(&mut self.prelude.bytes);
    }
}
