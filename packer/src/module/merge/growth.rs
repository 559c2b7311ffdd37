//! The functions that keep the region above the application's pages.
//!
//! For example, an application has 10 pages, and the region starts at page 10 and has 4.
//! `memory.grow` by 1 grows the memory by 5 pages: the requested one, and 4 pages of slack.
//! It moves the region to page 15 and returns 10. The next 4 pages then come from the slack.
//!
//! Owns the code of these functions. [`crate::module::merge::region`] has the picture.

use crate::module::edit::code::Code;
use crate::module::merge::region::{FUNCTIONS, Region};
use crate::module::parse::shape::PAGE_SHIFT;
use wasm_encoder::{Function, Instruction, ValType};
use wasmparser::FuncType;

use Instruction as I;

/// A move leaves slack: an eighth of the application's length or the length of the region,
/// whichever is larger, but at most the pages that the application may still request. So
/// growth by a page copies at most one page on average, and the number of moves is
/// logarithmic.
const SLACK_SHIFT: i32 = 3;

/// An appended function: name, type and body.
pub(crate) type Appended = (&'static str, FuncType, Function);

/// Names of the functions for `memory.copy` and `memory.fill` of the runtime.
pub(crate) const COPY_AND_FILL: [&str; 2] = ["region.copy", "region.fill"];

/// The functions of a region above the application's pages, in the order of their numbers.
pub(crate) fn functions(region: &Region) -> [Appended; FUNCTIONS as usize] {
    let [copied, filled] = COPY_AND_FILL;
    let i32s = |count: usize| vec![wasmparser::ValType::I32; count];
    let three = FuncType::new(i32s(3), []);
    let one = FuncType::new(i32s(1), i32s(1));
    [
        ("memory.grow", one.clone(), grow(region)),
        (copied, three.clone(), copy(region)),
        (filled, three, fill(region)),
        ("region.grow", one, extend(region)),
    ]
}

/// `memory.grow` of the application. It returns slack pages, or pages that the region
/// leaves when it moves up. Both are zero. If the host refuses the growth, nothing has
/// changed. If foreign pages exist, nothing moves and the memory itself grows.
fn grow(region: &Region) -> Function {
    let pages = region.pages();
    // The parameter, and the locals.
    let (delta, old, used, slack, start, len, most) = (0, 1, 2, 3, 4, 5, 6);
    let mut code = Code::new(&[(6, ValType::I32)]);
    take_slack(&mut code, region, [delta, old, start]);
    grow_behind_foreign(&mut code, region, [delta, old]);
    // Rejects growth above the maximum. The pages never exceed the maximum.
    let maximum = region.application_maximum().cast_signed();
    code.all([I::LocalGet(delta), I::I32Const(maximum), I::LocalGet(old)]);
    code.all([I::I32Sub, I::I32GtU]);
    code.when([I::I32Const(-1), I::Return]);
    code.all([I::LocalGet(old), I::LocalGet(delta), I::I32Add]);
    code.all([I::LocalSet(used)]);
    // The length of the region in pages, and the slack below it.
    code.all([I::GlobalGet(region.end()), I::LocalGet(start), I::I32Sub]);
    code.all([I::LocalTee(len)]);
    choose_slack(&mut code, region, [used, slack, len, most]);
    code.all(lengthen(used, slack, start));
    code.all([I::I32Const(-1), I::I32Eq]);
    code.when_all(|code| {
        code.all([I::I32Const(0), I::LocalSet(slack)]);
        code.all(lengthen(used, slack, start));
        code.all([I::I32Const(-1), I::I32Eq]);
        code.when([I::I32Const(-1), I::Return]);
    });
    code.all([I::MemorySize(0), I::GlobalSet(region.end())]);
    move_up(&mut code, region, [used, slack, start, len]);
    code.all([I::LocalGet(used), I::GlobalSet(pages), I::LocalGet(old)]);
    code.finish()
}

/// Returns slack if there are `delta` pages of it. Sets `old` to the application's pages
/// and `start` to the first page of the region. Behind foreign pages, `old` may be above
/// `start`, and then there is no slack.
fn take_slack(code: &mut Code, region: &Region, [delta, old, start]: [u32; 3]) {
    let pages = region.pages();
    code.all([I::GlobalGet(region.base()), I::I32Const(PAGE_SHIFT)]);
    code.all([I::I32ShrU, I::LocalTee(start)]);
    code.all([I::GlobalGet(pages), I::LocalTee(old)]);
    code.all([I::I32Sub, I::LocalGet(delta), I::I32GeU]);
    code.all([I::LocalGet(old), I::LocalGet(start), I::I32LeU, I::I32And]);
    code.when_all(|code| {
        code.all([I::LocalGet(old), I::LocalGet(delta), I::I32Add]);
        code.all([I::GlobalSet(pages), I::LocalGet(old), I::Return]);
    });
}

/// If foreign pages exist, grows the memory as the application's own instruction would.
fn grow_behind_foreign(code: &mut Code, region: &Region, [delta, old]: [u32; 2]) {
    code.all(has_foreign(region));
    code.when_all(|code| {
        code.all([I::LocalGet(delta), I::MemoryGrow(0), I::LocalTee(old)]);
        code.all([I::I32Const(-1), I::I32Ne]);
        code.when([
            I::LocalGet(old),
            I::LocalGet(delta),
            I::I32Add,
            I::GlobalSet(region.pages()),
        ]);
        code.all([I::LocalGet(old), I::Return]);
    });
}

/// Whether a host or another tool has grown the memory. This stays true, because no memory
/// shrinks and `end` no longer changes.
fn has_foreign(region: &Region) -> [I<'static>; 3] {
    [I::MemorySize(0), I::GlobalGet(region.end()), I::I32Ne]
}

/// The pages that calls of the application may access: its own, or all pages if foreign ones
/// exist, because the host may have handed out addresses in these. All pages around a
/// claimed region are foreign.
pub(crate) fn size(region: &Region) -> Function {
    let mut code = Code::new(&[]);
    code.all([I::MemorySize(0)]);
    if !region.is_claimed() {
        code.all([I::GlobalGet(region.pages())]);
        code.all(has_foreign(region));
        code.all([I::Select]);
    }
    code.finish()
}

/// Sets `slack` for an application that will have `used` pages, below a region of
/// `len`. `most` is what it may still have.
fn choose_slack(code: &mut Code, region: &Region, [used, slack, len, most]: [u32; 4]) {
    code.all([
        I::LocalGet(used),
        I::I32Const(SLACK_SHIFT),
        I::I32ShrU,
        I::LocalTee(slack),
    ]);
    code.all([I::LocalGet(len), I::LocalGet(slack), I::I32GtU, I::Select]);
    code.all([I::LocalSet(slack)]);
    // At most `most`, which may be negative.
    code.all([I::LocalGet(slack), I::I32Const(region.slack_end())]);
    code.all([I::LocalGet(used), I::I32Sub, I::LocalTee(most)]);
    code.all([I::LocalGet(slack), I::LocalGet(most), I::I32LtS]);
    code.all([I::Select, I::LocalTee(slack), I::I32Const(0)]);
    code.all([I::LocalGet(slack), I::I32Const(0), I::I32GtS]);
    code.all([I::Select, I::LocalSet(slack)]);
}

/// Grows the memory so that the region can start behind `used` and `slack` and not at
/// `start`.
fn lengthen(used: u32, slack: u32, start: u32) -> [I<'static>; 6] {
    [
        I::LocalGet(used),
        I::LocalGet(slack),
        I::I32Add,
        I::LocalGet(start),
        I::I32Sub,
        I::MemoryGrow(0),
    ]
}

/// Moves `len` pages from page `start` to behind `used` and `slack`, and clears the freed
/// pages.
fn move_up(code: &mut Code, region: &Region, [used, slack, start, len]: [u32; 4]) {
    let base = region.base();
    let bytes = [I::I32Const(PAGE_SHIFT), I::I32Shl];
    // From here on, `slack` is the new first page, and `start` the distance.
    code.all([
        I::LocalGet(used),
        I::LocalGet(slack),
        I::I32Add,
        I::LocalTee(slack),
    ]);
    code.all([I::LocalGet(start), I::I32Sub, I::LocalSet(start)]);
    code.all([I::LocalGet(slack)]);
    code.all(bytes.clone());
    code.all([I::GlobalGet(base), I::LocalGet(len)]);
    code.all(bytes.clone());
    code.all([I::MemoryCopy {
        src_mem: 0,
        dst_mem: 0,
    }]);
    // The pages of the old place that the new place does not overlap.
    code.all([I::GlobalGet(base), I::I32Const(0)]);
    code.all([I::LocalGet(start), I::LocalGet(len)]);
    code.all([I::LocalGet(start), I::LocalGet(len), I::I32LtU, I::Select]);
    code.all(bytes.clone());
    code.all([I::MemoryFill(0), I::LocalGet(slack)]);
    code.all(bytes);
    code.all([I::GlobalSet(base)]);
}

/// `memory.copy` of the runtime.
pub(crate) fn copy(region: &Region) -> Function {
    let mut code = Code::new(&[]);
    code.all(relative(region, 0));
    code.all(relative(region, 1));
    code.all([
        I::LocalGet(2),
        I::MemoryCopy {
            src_mem: 0,
            dst_mem: 0,
        },
    ]);
    code.finish()
}

/// `memory.fill` of the runtime.
pub(crate) fn fill(region: &Region) -> Function {
    let mut code = Code::new(&[]);
    code.all(relative(region, 0));
    code.all([I::LocalGet(1), I::LocalGet(2), I::MemoryFill(0)]);
    code.finish()
}

/// `memory.grow` of the runtime. The region grows with its memory, unless foreign pages
/// are in between: then `end` stays. The result counts from the region's start.
fn extend(region: &Region) -> Function {
    let mut code = Code::new(&[(1, ValType::I32)]);
    code.all([I::LocalGet(0), I::MemoryGrow(0), I::LocalTee(1)]);
    code.all([I::I32Const(-1), I::I32Eq]);
    code.when([I::I32Const(-1), I::Return]);
    code.all([I::LocalGet(1), I::GlobalGet(region.end()), I::I32Eq]);
    code.when([I::MemorySize(0), I::GlobalSet(region.end())]);
    code.all([I::LocalGet(1), I::GlobalGet(region.base())]);
    code.all([I::I32Const(PAGE_SHIFT), I::I32ShrU, I::I32Sub]);
    code.finish()
}

/// The absolute address for the one in `local`, which counts from the region's start.
pub(crate) fn relative(region: &Region, local: u32) -> [I<'static>; 3] {
    [I::LocalGet(local), I::GlobalGet(region.base()), I::I32Add]
}
