//! Encodes sections of a component with other numbers.
//!
//! A section without a changed number keeps its bytes, whatever their encoding. For
//! example, an alias of core instance 4 names instance 5 in the wired component, and a
//! section with imports is copied.

use crate::component::error::ComponentError;
use crate::component::parse::layout::Section;
use crate::component::wire::sections::{self, id};
use crate::component::wire::shift::{Shift, Shifts};
use crate::component::wire_error::WireError;
use std::collections::HashMap;
use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent, RoundtripReencoder};
use wasm_encoder::{
    CanonicalFunctionSection, Component, ComponentAliasSection, ComponentExportSection,
    ComponentInstanceSection, InstanceSection,
};
use wasmparser::{BinaryReader, ComponentNameSectionReader, SectionLimited};

/// The custom section with the names of items.
const NAMES: &str = "component-name";

/// The length of the header before the sections of a component.
pub(super) const HEADER_LEN: usize = 8;

/// The direction of a renumbering.
#[derive(Clone, Copy)]
enum Direction {
    Wire,
    Unwire,
}

/// The renumbering of references, in one direction.
pub(super) struct Renumber {
    shifts: Shifts,
    direction: Direction,
    /// The core functions that other ones replace, by their old numbers.
    redirects: HashMap<u32, u32>,
    /// Whether the current section defines names. They are no references.
    is_names: bool,
    /// A number of an inserted item, which an unwired component does not have.
    lost: Option<u32>,
}

impl Renumber {
    /// From the original to the wired component.
    pub(super) fn wire(shifts: Shifts, redirects: HashMap<u32, u32>) -> Self {
        Self::new(shifts, Direction::Wire, redirects)
    }

    /// From the wired to the original component.
    pub(super) fn unwire(shifts: Shifts, redirects: HashMap<u32, u32>) -> Self {
        Self::new(shifts, Direction::Unwire, redirects)
    }

    fn new(shifts: Shifts, direction: Direction, redirects: HashMap<u32, u32>) -> Self {
        Self {
            shifts,
            direction,
            redirects,
            is_names: false,
            lost: None,
        }
    }

    /// Appends `section` of `wasm` to `out`.
    pub(super) fn append(
        &mut self,
        out: &mut Vec<u8>,
        wasm: &[u8],
        section: &Section,
    ) -> Result<(), ComponentError> {
        let encoded = encode(self, wasm, section)?;
        if let Some(number) = self.lost {
            let what = format!("it refers to inserted item {number}");
            return Err(WireError::rewritten(what).into());
        }
        match encoded {
            Some(encoded) if Some(&encoded) != same(wasm, section)?.as_ref() => {
                out.extend(encoded);
            }
            _ => out.extend(sections::whole(wasm, section)),
        }
        Ok(())
    }

    fn shifted(&mut self, shift: Shift, number: u32) -> u32 {
        match self.direction {
            Direction::Wire => shift.wired(number),
            Direction::Unwire => shift.original(number).unwrap_or_else(|| {
                self.lost = Some(number);
                number
            }),
        }
    }
}

/// The section as the encoder writes it with the numbers that it has.
fn same(wasm: &[u8], section: &Section) -> Result<Option<Vec<u8>>, ComponentError> {
    encode(&mut RoundtripReencoder, wasm, section)
}

/// A reencoder that may have to know whether it renumbers names.
trait Encoder: ReencodeComponent {
    fn names(&mut self, _: bool) {}
}

impl Encoder for RoundtripReencoder {}

impl Encoder for Renumber {
    fn names(&mut self, is_names: bool) {
        self.is_names = is_names;
    }
}

/// The encoded section with its identifier. `None` for a section without references.
fn encode<E: Encoder>(
    encoder: &mut E,
    wasm: &[u8],
    section: &Section,
) -> Result<Option<Vec<u8>>, ComponentError>
where
    ComponentError: From<Error<E::Error>>,
{
    let mut component = Component::new();
    let reader = sections::reader(wasm, section);
    match section.id {
        id::CORE_INSTANCE => {
            let mut encoded = InstanceSection::new();
            encoder.parse_instance_section(&mut encoded, SectionLimited::new(reader)?)?;
            component.section(&encoded);
        }
        id::INSTANCE => {
            let mut encoded = ComponentInstanceSection::new();
            encoder.parse_component_instance_section(&mut encoded, SectionLimited::new(reader)?)?;
            component.section(&encoded);
        }
        id::ALIAS => {
            let mut encoded = ComponentAliasSection::new();
            encoder.parse_component_alias_section(&mut encoded, SectionLimited::new(reader)?)?;
            component.section(&encoded);
        }
        id::CANON => {
            let mut encoded = CanonicalFunctionSection::new();
            encoder
                .parse_component_canonical_section(&mut encoded, SectionLimited::new(reader)?)?;
            component.section(&encoded);
        }
        id::START => {
            let start = wasmparser::FromReader::from_reader(&mut { reader })?;
            encoder.parse_component_start_section(&mut component, start)?;
        }
        id::EXPORT => {
            let mut encoded = ComponentExportSection::new();
            encoder.parse_component_export_section(&mut encoded, SectionLimited::new(reader)?)?;
            component.section(&encoded);
        }
        id::CUSTOM => return encode_names(encoder, reader),
        _ => return Ok(None),
    }
    Ok(Some(
        component
            .as_slice()
            .get(HEADER_LEN..)
            .unwrap_or_default()
            .to_vec(),
    ))
}

/// The custom section with names. `None` for any other custom section. A malformed one stays
/// as it is.
fn encode_names<E: Encoder>(
    encoder: &mut E,
    mut reader: BinaryReader<'_>,
) -> Result<Option<Vec<u8>>, ComponentError> {
    if reader.read_string()? != NAMES {
        return Ok(None);
    }
    let names = ComponentNameSectionReader::new(reader);
    encoder.names(true);
    let encoded = encoder.custom_component_name_section(names);
    encoder.names(false);
    let Ok(encoded) = encoded else {
        return Ok(None);
    };
    let mut component = Component::new();
    component.section(&encoded);
    Ok(Some(
        component
            .as_slice()
            .get(HEADER_LEN..)
            .unwrap_or_default()
            .to_vec(),
    ))
}

impl Reencode for Renumber {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        if !self.is_names
            && let Some(other) = self.redirects.get(&function)
        {
            return Ok(*other);
        }
        Ok(self.shifted(self.shifts.core_functions, function))
    }
}

impl ReencodeComponent for Renumber {
    fn component_func_index(&mut self, function: u32) -> u32 {
        self.shifted(self.shifts.functions, function)
    }

    fn module_index(&mut self, module: u32) -> u32 {
        self.shifted(self.shifts.core_modules, module)
    }

    /// Modules of an enclosing component keep their numbers. Only this component is wired.
    fn outer_module_index(&mut self, count: u32, module: u32) -> u32 {
        match count {
            0 => self.module_index(module),
            _ => module,
        }
    }

    fn instance_index(&mut self, instance: u32) -> u32 {
        self.shifted(self.shifts.core_instances, instance)
    }
}

impl From<Error<std::convert::Infallible>> for ComponentError {
    fn from(error: Error<std::convert::Infallible>) -> Self {
        match error {
            Error::ParseError(error) => error.into(),
            other => Self::Malformed(other.to_string()),
        }
    }
}
