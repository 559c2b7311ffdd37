//! A region that the runtime claims in the memory of another core module.
//!
//! The runtime of a component imports the memory of the program, and cannot know its length
//! before it starts. So its start function grows the memory by the pages of the region, and
//! copies the data of the runtime from passive segments to these pages. The region never
//! moves. Program and runtime grow the memory with the plain instruction from then on, and
//! each treats the pages of the other as foreign.
//!
//! For example, the runtime has 20 pages, with data from address 65,536 on. If the program
//! has 17 pages, the start function sets `base` to 17 * 65,536 and copies the data to
//! `base + 65,536`. The functions of the runtime add `base` to each address.
//!
//! Appended globals describe the region. Tools read the addresses of the data from there,
//! and so find the image without running the module.

use crate::module::edit::code::Code;
use crate::module::error::ModuleError;
use crate::module::locate::claimed::{PAGES, SEGMENT_COUNT, globals_of};
use crate::module::merge::growth::{Appended, COPY_AND_FILL, copy, fill};
use crate::module::merge::region::{FUNCTIONS, Region};
use crate::module::merge::segments::Segment;
use crate::module::parse::shape::PAGE_SHIFT;
use wasm_encoder::{ConstExpr, Function, GlobalSection, GlobalType, Instruction, ValType};
use wasmparser::FuncType;

use Instruction as I;

/// The data of the runtime in [`SEGMENT_COUNT`] segments.
pub(crate) struct Data(pub(crate) Vec<Segment>);

impl Data {
    /// Joins `segments` until few are left, over the shortest gaps.
    pub(crate) fn joined(segments: Vec<Segment>) -> Result<Self, ModuleError> {
        let mut gaps = Vec::new();
        for (number, pair) in (1_usize..).zip(segments.windows(2)) {
            let [one, other] = pair else { continue };
            let gap = one.gap(other.offset);
            let gap = gap.ok_or_else(|| ModuleError::Runtime("its data overlaps".into()))?;
            gaps.push((gap, number));
        }
        gaps.sort_unstable_by(|one, other| other.cmp(one));
        let starts = gaps.iter().take(SEGMENT_COUNT - 1);
        let starts: Vec<usize> = starts.map(|(_, number)| *number).collect();
        let mut joined: Vec<Segment> = Vec::new();
        for (number, segment) in segments.into_iter().enumerate() {
            let last = joined.last_mut().filter(|_| !starts.contains(&number));
            match last.and_then(|last| Some((last.gap(segment.offset)?, last))) {
                Some((gap, last)) => last.extend(gap, &segment.bytes),
                None => joined.push(segment),
            }
        }
        joined.resize_with(SEGMENT_COUNT, || Segment {
            offset: 0,
            bytes: Vec::new(),
        });
        Ok(Self(joined))
    }
}

/// The appended functions, in the order of their numbers. `segment` is the number of the
/// first segment with data.
pub(crate) fn functions(region: &Region, segment: u32) -> [Appended; FUNCTIONS as usize] {
    let [copied, filled] = COPY_AND_FILL;
    let i32s = |count: usize| vec![wasmparser::ValType::I32; count];
    let three = FuncType::new(i32s(3), []);
    let one = FuncType::new(i32s(1), i32s(1));
    [
        (
            "region.claim",
            FuncType::new([], []),
            claim(region, segment),
        ),
        (copied, three.clone(), copy(region)),
        (filled, three, fill(region)),
        ("region.grow", one, extend(region)),
    ]
}

/// The start function. If the engine has no memory for the region, it traps before the
/// program runs, as the instance of a module with a longer memory would.
fn claim(region: &Region, segment: u32) -> Function {
    let global = |number| I::GlobalGet(region.base() + number);
    let mut code = Code::new(&[(1, ValType::I32)]);
    code.all([global(PAGES), I::MemoryGrow(0), I::LocalTee(0)]);
    code.all([I::I32Const(-1), I::I32Eq]);
    code.when([I::Unreachable]);
    code.all([I::LocalGet(0), I::I32Const(PAGE_SHIFT), I::I32Shl]);
    code.all([I::GlobalSet(region.base())]);
    for number in 0..SEGMENT_COUNT {
        let [address, len] = globals_of(number);
        let data_index = segment + number as u32;
        code.all([global(0), global(address), I::I32Add]);
        code.all([I::I32Const(0), global(len)]);
        code.all([I::MemoryInit { mem: 0, data_index }]);
        code.all([I::DataDrop(data_index)]);
    }
    code.finish()
}

/// `memory.grow` of the runtime. The result counts from the start of the region, and may be
/// behind pages of the program.
fn extend(region: &Region) -> Function {
    let mut code = Code::new(&[(1, ValType::I32)]);
    code.all([I::LocalGet(0), I::MemoryGrow(0), I::LocalTee(1)]);
    code.all([I::I32Const(-1), I::I32Eq]);
    code.when([I::I32Const(-1), I::Return]);
    code.all([I::LocalGet(1), I::GlobalGet(region.base())]);
    code.all([I::I32Const(PAGE_SHIFT), I::I32ShrU, I::I32Sub]);
    code.finish()
}

/// Adds the globals of a region with `pages` pages and this `data`.
pub(crate) fn encode_globals(section: &mut GlobalSection, pages: u64, data: &Data) {
    // A memory has at most 65,536 pages, and its data fits into it.
    let places = data.0.iter().flat_map(|segment| {
        let len = segment.bytes.len() as i32;
        [segment.offset.cast_signed(), len]
    });
    for (number, value) in (0..).zip([0, pages as i32].into_iter().chain(places)) {
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: number == 0,
            shared: false,
        };
        section.global(ty, &ConstExpr::i32_const(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(segments: &[(u32, &[u8])]) -> Option<Vec<(u32, Vec<u8>)>> {
        let segments = segments.iter().map(|(offset, bytes)| Segment {
            offset: *offset,
            bytes: bytes.to_vec(),
        });
        let data = Data::joined(segments.collect()).ok()?;
        Some(data.0.into_iter().map(|s| (s.offset, s.bytes)).collect())
    }

    #[test]
    fn segments_are_joined_over_the_shortest_gaps() {
        let segments = [
            (8, b"ab"),
            (12, b"cd"),
            (1000, b"ef"),
            (2000, b"gh"),
            (5000, b"ij"),
        ];
        let segments = segments.map(|(offset, bytes)| (offset, &bytes[..]));
        let expected = [(8, b"ab\0\0cd".to_vec()), (1000, b"ef".to_vec())];
        let joined = joined(&segments).expect("in order");
        assert_eq!(joined[..2], expected);
        assert_eq!(joined.len(), SEGMENT_COUNT);
    }

    #[test]
    fn missing_segments_are_empty() {
        let joined = joined(&[(8, b"ab")]).expect("in order");
        assert_eq!((joined.len(), &joined[3]), (SEGMENT_COUNT, &(0, vec![])));
    }

    #[test]
    fn overlapping_segments_are_an_error() {
        assert!(joined(&[(8, b"abc"), (9, b"x")]).is_none());
    }
}
