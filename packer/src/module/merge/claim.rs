//! A region that the runtime claims in the memory of another core module.
//!
//! The runtime of a component imports the memory of the program, and cannot know its length
//! before it starts. So its start function grows the memory by the pages of the region, and
//! copies the data of the runtime from a passive segment to these pages. The region never
//! moves. Program and runtime grow the memory with the plain instruction from then on, and
//! each treats the pages of the other as foreign.
//!
//! For example, the runtime has 20 pages, with data from address 65,536 on. If the program
//! has 17 pages, the start function sets `base` to 17 * 65,536 and copies the data to
//! `base + 65,536`. The functions of the runtime add `base` to each address.
//!
//! Four appended globals describe the region. Tools read the address of the data from
//! there, and so find the image without running the module.

use crate::module::edit::code::Code;
use crate::module::error::ModuleError;
use crate::module::locate::claimed::{DATA_ADDRESS, DATA_LEN, PAGES};
use crate::module::merge::growth::{Appended, COPY_AND_FILL, copy, fill};
use crate::module::merge::region::{FUNCTIONS, Region};
use crate::module::merge::segments::Segment;
use crate::module::parse::shape::PAGE_SHIFT;
use wasm_encoder::{ConstExpr, Function, GlobalSection, GlobalType, Instruction, ValType};
use wasmparser::FuncType;

use Instruction as I;

/// Globals of a claimed region, before those of the runtime: `base`, and three constants.
pub(crate) const GLOBALS: u32 = 4;

/// The data of the runtime as one segment.
pub(crate) struct Data {
    /// Its address, from the start of the region.
    pub(crate) address: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Data {
    /// Joins all `segments`. The gaps between them are short, because the runtime has no
    /// large variables without a value.
    pub(crate) fn joined(segments: Vec<Segment>) -> Result<Self, ModuleError> {
        let mut segments = segments.into_iter();
        let Some(Segment { offset, mut bytes }) = segments.next() else {
            return Err(ModuleError::Runtime("it has no data".into()));
        };
        for segment in segments {
            let len = segment.offset.checked_sub(offset).map(|len| len as usize);
            let Some(len) = len.filter(|len| *len >= bytes.len()) else {
                return Err(ModuleError::Runtime("its data segments overlap".into()));
            };
            bytes.resize(len, 0);
            bytes.extend(segment.bytes);
        }
        let address = offset;
        Ok(Self { address, bytes })
    }
}

/// The appended functions, in the order of their numbers. `segment` is the number of the
/// segment with the data.
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
    code.all([I::GlobalGet(region.base()), global(DATA_ADDRESS), I::I32Add]);
    code.all([I::I32Const(0), global(DATA_LEN)]);
    code.all([I::MemoryInit {
        mem: 0,
        data_index: segment,
    }]);
    code.all([I::DataDrop(segment)]);
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
    let values = [
        0,
        pages as i32,
        data.address.cast_signed(),
        data.bytes.len() as i32,
    ];
    for (number, value) in (0..).zip(values) {
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

    fn segment(offset: u32, bytes: &[u8]) -> Segment {
        let bytes = bytes.to_vec();
        Segment { offset, bytes }
    }

    #[test]
    fn segments_are_joined_over_gaps() {
        let data = Data::joined(vec![segment(8, b"ab"), segment(12, b"c")]);
        let data = data.expect("in order");
        assert_eq!((data.address, &*data.bytes), (8, &b"ab\0\0c"[..]));
    }

    #[test]
    fn overlapping_and_missing_segments_are_errors() {
        for segments in [vec![], vec![segment(8, b"abc"), segment(9, b"x")]] {
            assert!(Data::joined(segments).is_err());
        }
    }
}
