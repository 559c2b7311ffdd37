//! A module without its long data segments, which stay in the file.
//!
//! Most of a packed module is its payload, but finding the image takes only a few kilobytes
//! of the rest. A skeleton is a module in which long segments are empty, with a list of
//! where the bytes of each segment are. [`Shape`](super::shape::Shape) parses it like any
//! module. This file owns the walk over sections and segments in a file.
//! [`crate::module::locate::memory`] reads the segments.
//!
//! For example, a module has three sections, and its last one has a segment of 200 MB at
//! offset 5000. The skeleton has about 5000 bytes: two sections, and a data section with an
//! empty segment. `segments` is `[5000..200005000]`.

use crate::module::abi::METADATA_SECTION;
use crate::module::error::ModuleError;
use crate::module::parse::leb::leb_like;
use crate::module::parse::section::id;
use std::ops::Range;
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// Segments and custom sections up to this length are read. Seeking takes as long.
const LONG: u64 = 64 << 10;

/// The omitted parts of a module.
#[derive(Clone, Copy)]
pub(crate) enum Without {
    /// Everything that is not needed to find an image: code, and long segments and sections.
    AllButImage,
    /// The one segment with this number.
    Segment(u32),
}

impl Without {
    fn section(self, id: u8, name: &[u8], len: u64) -> bool {
        let is_needed = name == METADATA_SECTION.as_bytes() || name == b"name";
        match self {
            // Both, because a parser expects as many bodies as functions.
            Self::AllButImage if id == id::CODE || id == id::FUNCTION => true,
            Self::AllButImage => id == id::CUSTOM && len > LONG && !is_needed,
            Self::Segment(_) => false,
        }
    }

    fn segment(self, number: u32, len: u64) -> bool {
        match self {
            Self::AllButImage => len > LONG,
            Self::Segment(without) => number == without,
        }
    }
}

/// A module from a file, without the omitted parts.
pub(crate) struct Skeleton {
    pub(crate) wasm: Vec<u8>,
    pub(crate) elsewhere: Elsewhere,
}

/// The file, and the place of each data segment in it.
pub(crate) struct Elsewhere {
    pub(crate) source: Arc<dyn ReadAt>,
    pub(crate) segments: Vec<Range<u64>>,
}

impl Skeleton {
    /// Reads the module in `source`. Returns `None` if the bytes are no module or have an
    /// unusual form. The caller then reads all of them, so that errors name the right
    /// offsets.
    pub(crate) fn read(
        source: &Arc<dyn ReadAt>,
        without: Without,
    ) -> Result<Option<Self>, ModuleError> {
        let mut reading = Reading {
            input: Input::new(&**source),
            without,
            wasm: Vec::new(),
            segments: Vec::new(),
            functions: 0,
            bodies: 0,
        };
        match reading.module() {
            Ok(()) => Ok(Some(Self {
                wasm: reading.wasm,
                elsewhere: Elsewhere {
                    source: source.clone(),
                    segments: reading.segments,
                },
            })),
            Err(Stop::Unusual) => Ok(None),
            Err(Stop::Failed(error)) => Err(ModuleError::Read(error)),
        }
    }
}

/// The reason for no skeleton.
enum Stop {
    Unusual,
    Failed(std::io::Error),
}

struct Reading<'s> {
    input: Input<'s>,
    without: Without,
    wasm: Vec<u8>,
    segments: Vec<Range<u64>>,
    /// Counts of the omitted functions and bodies.
    functions: u32,
    bodies: u32,
}

impl Reading<'_> {
    fn module(&mut self) -> Result<(), Stop> {
        let header = self.input.bytes(8)?;
        if header != wasm_encoder::Module::HEADER {
            return Err(Stop::Unusual);
        }
        self.wasm = header;
        while !self.input.is_at_end() {
            self.section()?;
        }
        match self.functions == self.bodies {
            true => Ok(()),
            false => Err(Stop::Unusual),
        }
    }

    fn section(&mut self) -> Result<(), Stop> {
        let id = self.input.byte()?;
        let (len, encoded_len) = self.input.encoded_number()?;
        let len = u64::from(len);
        let start = self.input.at;
        let end = start + len;
        if end > self.input.end {
            return Err(Stop::Unusual);
        }
        let name = match id {
            id::CUSTOM => self.input.name(len)?,
            _ => Vec::new(),
        };
        self.input.at = start;
        if self.without.section(id, &name, len) {
            match id {
                id::FUNCTION => self.functions = self.input.number()?,
                id::CODE => self.bodies = self.input.number()?,
                _ => {}
            }
            self.input.at = end;
            return Ok(());
        }
        self.wasm.push(id);
        match id {
            // Valid modules have one data section. A second would restart the numbers.
            id::DATA if !self.segments.is_empty() => Err(Stop::Unusual),
            id::DATA => self.data(&encoded_len, end),
            _ => {
                self.wasm.extend(encoded_len);
                self.input.copy(len, &mut self.wasm)
            }
        }
    }

    /// Copies the data section that ends at `end`.
    fn data(&mut self, old_len: &[u8], end: u64) -> Result<(), Stop> {
        let start = self.wasm.len();
        let (count, encoded_count) = self.input.encoded_number()?;
        self.wasm.extend(encoded_count);
        for number in 0..count {
            self.segment(number, end)?;
        }
        let len = u32::try_from(self.wasm.len() - start).map_err(|_| Stop::Unusual)?;
        self.wasm.splice(start..start, leb_like(old_len, len));
        match self.input.at == end {
            true => Ok(()),
            false => Err(Stop::Unusual),
        }
    }

    fn segment(&mut self, number: u32, end: u64) -> Result<(), Stop> {
        let start = self.input.at;
        match self.input.number()? {
            0 => self.constant()?,
            1 => {}
            2 => {
                self.input.number()?;
                self.constant()?;
            }
            _ => return Err(Stop::Unusual),
        }
        let head_len = self.input.at - start;
        let len = u64::from(self.input.number()?);
        let bytes = self.input.at..self.input.at + len;
        if bytes.end > end {
            return Err(Stop::Unusual);
        }
        self.input.at = start;
        match self.without.segment(number, len) {
            true => {
                self.input.copy(head_len, &mut self.wasm)?;
                self.wasm.push(0);
            }
            false => self.input.copy(bytes.end - start, &mut self.wasm)?,
        }
        self.input.at = bytes.end;
        self.segments.push(bytes);
        Ok(())
    }

    /// Skips an expression of the usual instructions.
    fn constant(&mut self) -> Result<(), Stop> {
        loop {
            match self.input.byte()? {
                // `end`
                0x0b => return Ok(()),
                // `global.get`, `i32.const`, `i64.const`
                0x23 | 0x41 | 0x42 => while self.input.byte()? & 0x80 != 0 {},
                // Sums, differences and products of the two.
                0x6a..=0x6c | 0x7c..=0x7e => {}
                _ => return Err(Stop::Unusual),
            }
        }
    }
}

/// Bytes of a file, read a window at a time.
struct Input<'s> {
    source: &'s dyn ReadAt,
    at: u64,
    end: u64,
    window: Vec<u8>,
    window_start: u64,
}

/// Short segments share a read. A longer window would read more bytes of skipped sections.
const WINDOW_LEN: u64 = 16 << 10;

impl<'s> Input<'s> {
    fn new(source: &'s dyn ReadAt) -> Self {
        Self {
            source,
            at: 0,
            end: source.len(),
            window: Vec::new(),
            window_start: 0,
        }
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    fn byte(&mut self) -> Result<u8, Stop> {
        if self.in_window().is_empty() {
            self.fill_window()?;
        }
        let byte = *self.in_window().first().ok_or(Stop::Unusual)?;
        self.at += 1;
        Ok(byte)
    }

    /// The bytes of the window from here on.
    fn in_window(&self) -> &[u8] {
        let at = self.at.checked_sub(self.window_start);
        let at = at.and_then(|at| usize::try_from(at).ok());
        let rest = at.and_then(|at| self.window.get(at..));
        rest.unwrap_or_default()
    }

    /// Reads the window that starts here.
    fn fill_window(&mut self) -> Result<(), Stop> {
        let len = WINDOW_LEN.min(self.end.saturating_sub(self.at));
        self.window.resize(len as usize, 0);
        self.window_start = self.at;
        let read = self.source.read_exact_at(&mut self.window, self.at);
        if read.is_err() {
            self.window.clear();
        }
        read.map_err(Stop::Failed)
    }

    /// A number of at most 32 bits in LEB128.
    fn number(&mut self) -> Result<u32, Stop> {
        let mut number: u64 = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(number).map_err(|_| Stop::Unusual);
            }
        }
        Err(Stop::Unusual)
    }

    /// A number, and its encoding.
    fn encoded_number(&mut self) -> Result<(u32, Vec<u8>), Stop> {
        let start = self.at;
        let number = self.number()?;
        let len = self.at - start;
        self.at = start;
        Ok((number, self.bytes(len)?))
    }

    /// The name at the start of a custom section of `len` bytes.
    fn name(&mut self, len: u64) -> Result<Vec<u8>, Stop> {
        let end = self.at + len;
        let name_len = u64::from(self.number()?);
        match self.at + name_len <= end {
            true => self.bytes(name_len),
            false => Err(Stop::Unusual),
        }
    }

    fn bytes(&mut self, len: u64) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        self.copy(len, &mut bytes)?;
        Ok(bytes)
    }

    /// Appends the next `len` bytes to `to`. A module may have many thousands of short
    /// segments, so they come from the window.
    fn copy(&mut self, len: u64, to: &mut Vec<u8>) -> Result<(), Stop> {
        if len > self.end.saturating_sub(self.at) {
            return Err(Stop::Unusual);
        }
        let mut len = usize::try_from(len).map_err(|_| Stop::Unusual)?;
        while len > 0 {
            if self.in_window().is_empty() && len as u64 >= WINDOW_LEN {
                return self.read(len, to);
            }
            if self.in_window().is_empty() {
                self.fill_window()?;
            }
            let window = self.in_window();
            let part = window.get(..len.min(window.len())).unwrap_or_default();
            to.extend_from_slice(part);
            let part_len = part.len();
            self.at += part_len as u64;
            len -= part_len;
        }
        Ok(())
    }

    /// Appends the next `len` bytes of the file to `to`.
    fn read(&mut self, len: usize, to: &mut Vec<u8>) -> Result<(), Stop> {
        let start = to.len();
        to.resize(start + len, 0);
        let room = to.get_mut(start..).unwrap_or_default();
        let read = self.source.read_exact_at(room, self.at);
        read.map_err(Stop::Failed)?;
        self.at += len as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::parse::shape::Shape;

    fn skeleton(wasm: &[u8], without: Without) -> Option<Skeleton> {
        let source: Arc<dyn ReadAt> = Arc::new(wasm.to_vec());
        Skeleton::read(&source, without).expect("in memory")
    }

    fn module() -> Vec<u8> {
        let long = "x".repeat(LONG as usize + 1);
        wat::parse_str(format!(
            r#"(module (memory 4) (global $g i32 (i32.const 3)) (func (nop))
                (data "{long}") (data (i32.const 8) "short") (data "")
                (data (offset (i32.add (i32.const -1) (i32.const 1000))) "{long}")
                (@custom "long" "{long}") (@custom "wasi_vfs" "{long}"))"#
        ))
        .expect("valid text")
    }

    #[test]
    fn long_segments_and_sections_stay_in_the_file() {
        let wasm = module();
        let skeleton = skeleton(&wasm, Without::AllButImage).expect("a module");
        assert!(skeleton.wasm.len() < LONG as usize + 1000);
        let (shape, whole) = (Shape::parse(&skeleton.wasm), Shape::parse(&wasm));
        let (shape, whole) = (shape.expect("a module"), whole.expect("a module"));
        let lens: Vec<_> = shape.data.iter().map(|data| data.data.len()).collect();
        assert_eq!(lens, [0, 5, 0, 0]);
        for (place, data) in skeleton.elsewhere.segments.iter().zip(&whole.data) {
            assert!(wasm[place.start as usize..place.end as usize] == *data.data);
        }
        assert_eq!(skeleton.elsewhere.segments.len(), 4);
        let names: Vec<_> = shape.sections.iter().map(|section| section.name).collect();
        assert!(names.contains(&"wasi_vfs") && !names.contains(&"long"));
        assert!(shape.bodies.is_empty());
    }

    #[test]
    fn one_segment_can_be_omitted() {
        let wasm = module();
        let skeleton = skeleton(&wasm, Without::Segment(0)).expect("a module");
        let shape = Shape::parse(&skeleton.wasm).expect("a module");
        let lens: Vec<_> = shape.data.iter().map(|data| data.data.len()).collect();
        assert_eq!(lens, [0, 5, 0, LONG as usize + 1]);
        assert_eq!(shape.bodies.len(), 1);
    }

    #[test]
    fn bytes_that_are_no_module_have_no_skeleton() {
        let wasm = module();
        for at in (0..200).chain(wasm.len() - 10..wasm.len()) {
            let cut = skeleton(&wasm[..at], Without::AllButImage);
            // One that ends between two sections is a module.
            let is_module = cut.is_some_and(|cut| Shape::parse(&cut.wasm).is_ok());
            assert_eq!(is_module, Shape::parse(&wasm[..at]).is_ok(), "{at}");
        }
        for no_module in [
            &b""[..],
            b"(module)",
            b"\0asm\x0d\0\x01\0",
            b"\0asm\x01\0\0\0\x0b",
        ] {
            assert!(skeleton(no_module, Without::AllButImage).is_none());
        }
    }
}
