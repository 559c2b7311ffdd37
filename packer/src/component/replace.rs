//! Replaces the bytes of one core module.
//!
//! The number of a core module is its position, so nothing else in the component refers to
//! its bytes. For example, a module of 100 bytes in a nested component becomes one of 300.
//! Then the lengths of two sections change: that of the module and that of the nested
//! component. All other bytes stay.

use crate::component::error::ComponentError;
use crate::component::parse::layout::{Layout, Section};
use wasi_vfs_format::ReadAt;

/// The longest section of a core module or nested component that engines and other tools
/// accept, in bytes.
const MAX_SECTION_LEN: u64 = 1 << 30;

/// The component in `source` with `module` as its core module `number`.
pub(crate) fn replace<S: ReadAt + ?Sized>(
    source: &S,
    layout: &Layout,
    number: usize,
    module: Vec<u8>,
) -> Result<Vec<u8>, ComponentError> {
    let headers = headers(source, layout, number, module.len() as u64)?;
    let mut before = Vec::new();
    let mut at = 0;
    for header in headers.iter().rev() {
        before.extend(read(source, at, header.section.start)?);
        before.extend(&header.bytes);
        at = header.section.content.start;
    }
    before.extend(read(source, at, layout.place(number).start)?);
    let behind = read(source, layout.place(number).end, source.len())?;
    // The payload may be large, so it is not copied.
    let mut component = module;
    component.reserve_exact(before.len() + behind.len());
    component.splice(..0, before);
    component.extend(behind);
    Ok(component)
}

/// The length of [`replace`] for a module of `len` bytes.
pub(crate) fn replaced_len<S: ReadAt + ?Sized>(
    source: &S,
    layout: &Layout,
    number: usize,
    len: u64,
) -> Result<u64, ComponentError> {
    let headers = headers(source, layout, number, len)?;
    let outermost = headers.last().map_or(0, |header| {
        let section = &header.section;
        let behind = source.len().saturating_sub(section.content.end);
        let header_len = header.bytes.len() as u64;
        section.start + header_len + header.content_len + behind
    });
    Ok(outermost)
}

/// The length of the nested component of the root that contains the module `number`, for a
/// module of `len` bytes.
pub(crate) fn replaced_nested_len<S: ReadAt + ?Sized>(
    source: &S,
    layout: &Layout,
    number: usize,
    len: u64,
) -> Result<u64, ComponentError> {
    let headers = headers(source, layout, number, len)?;
    Ok(headers.last().map_or(0, |header| header.content_len))
}

/// The start of a section that contains the module: identifier and length.
struct Header {
    section: Section,
    bytes: Vec<u8>,
    content_len: u64,
}

/// The new headers of the sections that contain a module of `len` bytes, the innermost
/// first.
fn headers<S: ReadAt + ?Sized>(
    source: &S,
    layout: &Layout,
    number: usize,
    len: u64,
) -> Result<Vec<Header>, ComponentError> {
    let mut headers: Vec<Header> = Vec::new();
    for section in layout.enclosing(number) {
        let old_len = section.content.end - section.content.start;
        let content_len = match headers.last() {
            None => len,
            Some(inner) => old_len - full_len(&inner.section) + inner.new_len(),
        };
        let bytes = header(source, &section, content_len)?;
        headers.push(Header {
            section,
            bytes,
            content_len,
        });
    }
    Ok(headers)
}

impl Header {
    /// Length of the section with its header.
    fn new_len(&self) -> u64 {
        self.bytes.len() as u64 + self.content_len
    }
}

fn full_len(section: &Section) -> u64 {
    section.content.end - section.start
}

/// Rejects a core module or nested component of `len` bytes that engines would not accept.
///
/// # Errors
///
/// `len` is above the limit.
pub(crate) fn check_len(len: u64) -> Result<(), ComponentError> {
    let limit = MAX_SECTION_LEN;
    match len <= limit {
        true => Ok(()),
        false => Err(ComponentError::TooLong { len, limit }),
    }
}

/// Identifier and length. A padded length stays as long as it was.
///
/// # Errors
///
/// `len` is above the limit of engines, or the source cannot be read.
pub(crate) fn header<S: ReadAt + ?Sized>(
    source: &S,
    section: &Section,
    len: u64,
) -> Result<Vec<u8>, ComponentError> {
    check_len(len)?;
    let old_len = section.content.end - section.content.start;
    let old_width = section.content.start - section.start - 1;
    let width = match leb(old_len, 0).len() as u64 == old_width {
        true => 0,
        false => old_width,
    };
    let mut bytes = read(source, section.start, section.start + 1)?;
    bytes.extend(leb(len, width));
    Ok(bytes)
}

/// `number` in LEB128, padded to `width` bytes.
fn leb(mut number: u64, width: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 && bytes.len() as u64 + 1 >= width {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn read<S: ReadAt + ?Sized>(source: &S, start: u64, end: u64) -> Result<Vec<u8>, ComponentError> {
    let len = usize::try_from(end.saturating_sub(start));
    let len = len.map_err(|_| ComponentError::Read(std::io::ErrorKind::OutOfMemory.into()))?;
    let mut bytes = vec![0; len];
    let read = source.read_exact_at(&mut bytes, start);
    read.map_err(ComponentError::Read)?;
    Ok(bytes)
}
