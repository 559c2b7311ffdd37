//! The structure of a module: sections, index spaces, function bodies and data segments.
//!
//! Everything borrows the module. For example, a shape of a module with one import and one
//! function has `counts.functions` 2, `imported.functions` 1, and one body.
//!
//! Parsing is total on any bytes and does not validate. That is the task of
//! [`crate::module::parse::validate`].

use crate::module::error::ModuleError;
use crate::module::parse::limits;
use crate::module::parse::section::Section;
use crate::module::parse::skeleton::{Elsewhere, Skeleton};
use std::ops::Range;
use wasmparser::{
    BinaryReader, CompositeInnerType, ConstExpr, Data, DataKind, Encoding, Export, ExternalKind,
    FromReader, FuncType, FunctionBody, Import, MemoryType, Operator, Parser, Payload,
    SectionLimited, TypeRef,
};

/// Binary logarithm of the length of a page.
pub(crate) const PAGE_SHIFT: i32 = 16;

/// The first bytes of a component.
pub(crate) const COMPONENT: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// Length of the magic number and the version.
const PREAMBLE_LEN: usize = COMPONENT.len();

/// The number of items of each kind, imported items included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) types: u32,
    pub(crate) functions: u32,
    pub(crate) tables: u32,
    pub(crate) memories: u32,
    pub(crate) globals: u32,
    pub(crate) tags: u32,
    pub(crate) elements: u32,
    pub(crate) data: u32,
}

/// A parsed module.
#[derive(Default)]
pub(crate) struct Shape<'a> {
    pub(crate) wasm: &'a [u8],
    pub(crate) sections: Vec<Section<'a>>,
    /// Function types by type index; `None` for any other type.
    pub(crate) types: Vec<Option<FuncType>>,
    pub(crate) imports: Vec<Import<'a>>,
    /// Type index of each function, imported ones first.
    pub(crate) functions: Vec<u32>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) exports: Vec<Export<'a>>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    pub(crate) data: Vec<Data<'a>>,
    pub(crate) data_count: Option<u32>,
    pub(crate) counts: Counts,
    /// The number of imported items of each kind.
    pub(crate) imported: Counts,
    /// Where the bytes of the segments are, if this is a skeleton.
    pub(crate) elsewhere: Option<&'a Elsewhere>,
}

impl<'a> Shape<'a> {
    /// Parses a skeleton.
    pub(crate) fn of_skeleton(skeleton: &'a Skeleton) -> Result<Self, ModuleError> {
        Ok(Self {
            elsewhere: Some(&skeleton.elsewhere),
            ..Self::parse(&skeleton.wasm)?
        })
    }

    /// Parses `wasm`.
    pub(crate) fn parse(wasm: &'a [u8]) -> Result<Self, ModuleError> {
        check_preamble(wasm)?;
        let mut shape = Self {
            wasm,
            ..Self::default()
        };
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            limits::sections(shape.sections.len())?;
            shape.note_section(&payload);
            shape.note_content(payload)?;
        }
        Ok(shape)
    }

    fn note_section(&mut self, payload: &Payload<'a>) {
        let Some((id, range)) = payload.as_section() else {
            return;
        };
        let name = match payload {
            Payload::CustomSection(custom) => custom.name(),
            _ => "",
        };
        let previous = self.sections.last().map_or(PREAMBLE_LEN, |s| s.range.end);
        // The identifier comes first.
        let encoded_len = self.bytes(previous + 1..range.start);
        self.sections.push(Section {
            id,
            name,
            range,
            encoded_len,
        });
    }

    fn note_content(&mut self, payload: Payload<'a>) -> Result<(), ModuleError> {
        match payload {
            Payload::Version {
                encoding: Encoding::Component,
                ..
            } => return Err(ModuleError::Component),
            Payload::TypeSection(groups) => self.note_types(groups)?,
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    limits::imports(self.imports.len())?;
                    self.note_import(import?);
                }
            }
            Payload::FunctionSection(types) => {
                limits::functions(self.counts.functions, types.count())?;
                for ty in types {
                    self.functions.push(ty?);
                    self.counts.functions += 1;
                }
            }
            Payload::TableSection(tables) => add(&mut self.counts.tables, tables.count()),
            Payload::MemorySection(memories) => {
                limits::memories(self.counts.memories, memories.count())?;
                for memory in memories {
                    self.memories.push(memory?);
                    self.counts.memories += 1;
                }
            }
            Payload::TagSection(tags) => add(&mut self.counts.tags, tags.count()),
            Payload::GlobalSection(globals) => add(&mut self.counts.globals, globals.count()),
            Payload::ExportSection(exports) => {
                limits::exports(exports.count())?;
                self.exports = exports.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::ElementSection(elements) => self.counts.elements = elements.count(),
            Payload::DataCountSection { count, .. } => self.data_count = Some(count),
            Payload::CodeSectionStart { count, .. } => limits::functions(0, count)?,
            Payload::CodeSectionEntry(body) => {
                limits::body(body.range().len())?;
                self.bodies.push(body);
            }
            Payload::DataSection(data) => {
                limits::data_segments(data.count())?;
                self.counts.data = data.count();
                self.data = data.into_iter().collect::<Result<_, _>>()?;
            }
            _ => {}
        }
        Ok(())
    }

    fn note_types(&mut self, groups: wasmparser::TypeSectionReader<'a>) -> Result<(), ModuleError> {
        for group in groups {
            let group = group?;
            limits::types(self.counts.types, group.types().len())?;
            for ty in group.into_types() {
                let composite = ty.composite_type;
                self.types.push(match composite.inner {
                    CompositeInnerType::Func(ty) if !composite.shared => Some(ty),
                    _ => None,
                });
                self.counts.types += 1;
            }
        }
        Ok(())
    }

    fn note_import(&mut self, import: Import<'a>) {
        let (all, imported) = (&mut self.counts, &mut self.imported);
        let (total, count) = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.functions.push(ty);
                (&mut all.functions, &mut imported.functions)
            }
            TypeRef::Table(_) => (&mut all.tables, &mut imported.tables),
            TypeRef::Memory(ty) => {
                self.memories.push(ty);
                (&mut all.memories, &mut imported.memories)
            }
            TypeRef::Global(_) => (&mut all.globals, &mut imported.globals),
            TypeRef::Tag(_) => (&mut all.tags, &mut imported.tags),
        };
        *total += 1;
        *count += 1;
        self.imports.push(import);
    }

    /// The bytes of a section.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &'a [u8] {
        self.wasm.get(range).unwrap_or_default()
    }

    /// The section `id`, if there is one.
    pub(crate) fn section(&self, id: u8) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.id == id)
    }

    /// A reader of the items of the section `id`.
    pub(crate) fn items<T: FromReader<'a>>(
        &self,
        id: u8,
    ) -> Result<Option<SectionLimited<'a, T>>, ModuleError> {
        let Some(section) = self.section(id) else {
            return Ok(None);
        };
        let reader = BinaryReader::new(self.bytes(section.range.clone()), section.range.start);
        Ok(Some(SectionLimited::new(reader)?))
    }

    /// Length of the data segment `number` in bytes, in memory or in the file.
    pub(crate) fn segment_len(&self, number: usize) -> u64 {
        match self.place_of_segment(number) {
            Some(place) => place.end - place.start,
            None => self
                .data
                .get(number)
                .map_or(0, |data| data.data.len() as u64),
        }
    }

    /// Offset of a data segment in its file, or 0 if the module is in memory.
    pub(crate) fn segment_offset(&self, number: usize) -> u64 {
        self.place_of_segment(number).map_or(0, |place| place.start)
    }

    fn place_of_segment(&self, number: usize) -> Option<&Range<u64>> {
        self.elsewhere?.segments.get(number)
    }

    /// The type of the function `function`.
    pub(crate) fn function_type(&self, function: u32) -> Option<&FuncType> {
        let ty = *self.functions.get(usize::try_from(function).ok()?)?;
        self.types.get(usize::try_from(ty).ok()?)?.as_ref()
    }

    /// The function exported as `name`.
    pub(crate) fn exported_function(&self, name: &str) -> Option<u32> {
        let export = self.exports.iter().find(|export| export.name == name)?;
        matches!(export.kind, ExternalKind::Func).then_some(export.index)
    }

    /// The imported functions, in the order of their indices.
    pub(crate) fn imported_functions(&self) -> impl Iterator<Item = &Import<'a>> {
        self.imports
            .iter()
            .filter(|import| matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)))
    }
}

/// Adds a count from the module. A false count must not overflow.
fn add(total: &mut u32, count: u32) {
    *total = total.saturating_add(count);
}

/// The address of an active segment with a constant offset: memory and offset.
pub(crate) fn active_offset(data: &Data<'_>) -> Option<(u32, u64)> {
    let DataKind::Active {
        memory_index,
        offset_expr,
    } = &data.kind
    else {
        return None;
    };
    Some((*memory_index, constant(offset_expr)?))
}

/// The value of an expression that is one constant.
pub(crate) fn constant(expression: &ConstExpr<'_>) -> Option<u64> {
    let mut operators = expression.get_operators_reader();
    let number = match operators.read().ok()? {
        Operator::I32Const { value } => u64::from(value.cast_unsigned()),
        Operator::I64Const { value } => value.cast_unsigned(),
        _ => return None,
    };
    matches!(operators.read().ok()?, Operator::End).then_some(number)
}

/// Rejects inputs that are no core modules, by their first bytes.
///
/// # Errors
///
/// Names the kind of input: an image, text, a component or another file.
pub fn check_preamble(wasm: &[u8]) -> Result<(), ModuleError> {
    if wasm.starts_with(&COMPONENT) {
        return Err(ModuleError::Component);
    }
    if wasm.starts_with(b"\0asm") {
        return Ok(());
    }
    if wasm.starts_with(&wasi_vfs_format::superblock::MAGIC) {
        return Err(ModuleError::Image);
    }
    let text = wasm.trim_ascii_start();
    if text.starts_with(b"(module") || text.starts_with(b"(component") || text.starts_with(b";;") {
        return Err(ModuleError::Text);
    }
    Err(ModuleError::NotWasm {
        found: match wasm.get(..4.min(wasm.len())).unwrap_or_default() {
            [] => "an empty file".into(),
            first => {
                let hex: Vec<_> = first.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("a file that starts with the bytes `{}`", hex.join(" "))
            }
        },
    })
}
