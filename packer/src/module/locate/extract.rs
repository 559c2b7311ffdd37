//! Reads the parts of an image that an anchor names. Does not look into the image.

use crate::module::abi::METADATA_SECTION;
use crate::module::error::ModuleError;
use crate::module::form::Form;
use crate::module::index;
use crate::module::layer;
use crate::module::locate::found::{Filed, Found};
use crate::module::locate::memory::{Holes, Memory};
use crate::module::locate::placed::Located;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use crate::module::parse::skeleton::Skeleton;
use crate::module::started;
use std::borrow::Cow;
use std::sync::Arc;
use wasi_vfs_format::{Part, Payload, ReadAt};
use wasmparser::{BinaryReader, DataKind};

/// Reads the parts of the image in a packed module.
pub(crate) fn extract<'a>(shape: &Shape<'a>, located: &Located) -> Result<Found<'a>, ModuleError> {
    let anchor = &located.anchor;
    let memory = located.memory(shape)?;
    let (address, len) = (anchor.payload_address.get(), anchor.payload_len.get());
    let payload = match located.form {
        Form::Linked => memory
            .read(address, len, Holes::Plain)
            .map_err(out_of_range("payload", address, len))?,
        Form::Merged(_) | Form::Wired(_) => {
            let number = payload_segment(shape, address, len)?;
            let segment = shape.data.get(number);
            segment.map_or(&[][..], |segment| segment.data).into()
        }
    };
    Ok(Found {
        form: located.form,
        runtime_version: anchor.runtime_version().into(),
        index: index_of(&memory, located)?,
        index_stored_len: anchor.index_stored_len.get(),
        payload,
        metadata: metadata_section(shape),
        writable: layer::read(&memory, located)?,
        started: started::find(shape),
    })
}

/// Reads the parts of the image in a packed module, from its skeleton. The payload stays in
/// the file.
pub(crate) fn extract_from_file(
    skeleton: &Skeleton,
    shape: &Shape<'_>,
    located: &Located,
) -> Result<Filed, ModuleError> {
    let anchor = &located.anchor;
    let memory = located.memory(shape)?;
    let (address, len) = (anchor.payload_address.get(), anchor.payload_len.get());
    let out_of_range = out_of_range("payload", address, len);
    let (payload, payload_segment): (Arc<dyn ReadAt>, _) = match located.form {
        Form::Linked => {
            let window = memory.source(address, len, Holes::Plain);
            let window = window.and_then(|window| window.ok_or("no file has it".into()));
            (Arc::new(window.map_err(out_of_range)?), None)
        }
        Form::Merged(_) | Form::Wired(_) => {
            let number = payload_segment(shape, address, len)?;
            let place = skeleton.elsewhere.segments.get(number).cloned();
            let source = skeleton.elsewhere.source.clone();
            let part = Part::new(source, place.unwrap_or_default());
            (Arc::new(part), Some(number as u32))
        }
    };
    Ok(Filed {
        form: located.form,
        runtime_version: anchor.runtime_version().into(),
        index: index_of(&memory, located)?.into_owned(),
        index_stored_len: anchor.index_stored_len.get(),
        payload: Payload::Source(payload),
        payload_segment,
        metadata: metadata_section(shape).map(<[u8]>::to_vec),
        writable: layer::read(&memory, located)?,
        started: started::find(shape),
    })
}

fn index_of<'a>(memory: &Memory<'a>, located: &Located) -> Result<Cow<'a, [u8]>, ModuleError> {
    let anchor = &located.anchor;
    let (len, stored_len) = (anchor.index_len.get(), anchor.index_stored_len.get());
    let holes = match len == stored_len {
        true => Holes::Plain,
        false => Holes::Frame,
    };
    // A saturated address is out of bounds.
    let address = located.start.saturating_add(anchor.index_address.get());
    let stored = memory.read(address, stored_len, holes);
    let stored = stored.map_err(out_of_range("index", address, stored_len))?;
    index::load(stored, len)
}

/// The error of a part that is not at its recorded place.
fn out_of_range(part: &'static str, address: u32, len: u32) -> impl FnOnce(String) -> ModuleError {
    move |found| ModuleError::ImageRange {
        part,
        address,
        len,
        found,
    }
}

/// The number of the passive segment with the payload. Optimisers renumber segments, so
/// this may also be the only one with the recorded length.
fn payload_segment(shape: &Shape<'_>, number: u32, len: u32) -> Result<usize, ModuleError> {
    let fits = |at: &usize| {
        let data = shape.data.get(*at);
        data.is_some_and(|data| matches!(data.kind, DataKind::Passive))
            && shape.segment_len(*at) == u64::from(len)
    };
    if let Some(at) = usize::try_from(number).ok().filter(fits) {
        return Ok(at);
    }
    let mut candidates = (0..shape.data.len()).filter(fits);
    match (candidates.next(), candidates.next()) {
        (Some(at), None) => Ok(at),
        (first, _) => Err(ModuleError::ImageRange {
            part: "payload",
            address: number,
            len,
            found: match first {
                None => {
                    "no passive data segment has that length (Wizer 10 drops such segments)".into()
                }
                Some(_) => "several passive data segments have that length".into(),
            },
        }),
    }
}

/// The contents of the last custom section `wasi_vfs`.
fn metadata_section<'a>(shape: &Shape<'a>) -> Option<&'a [u8]> {
    let mut sections = shape.sections.iter().rev();
    let section = sections.find(|s| s.id == id::CUSTOM && s.name == METADATA_SECTION)?;
    let mut reader = BinaryReader::new(shape.bytes(section.range.clone()), section.range.start);
    reader.skip_string().ok()?;
    let len = reader.bytes_remaining();
    reader.read_bytes(len).ok()
}
