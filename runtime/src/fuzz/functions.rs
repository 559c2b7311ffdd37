//! Any functions of WASI 0.2 and 0.3, in any order, of a program with any allocator.

use super::images::{IMAGES, Image, PATHS};
use super::memory::{self, GuestMemory, NoBudget, StoredBlocks, changed};
use super::program::Program;
use crate::component::handles::POLLABLE;
use crate::component::{ErrorCode, Server};
use crate::guest::Memory;
use crate::preview2::{Preview2, for_each_function};
use crate::preview3::{Preview3, for_each_preview3_function};
use crate::{Blocks, ImageFs};
use std::ops::Range;
use std::vec::Vec;
use wasi_vfs_embedding::preview2::FIRST_HANDLE;
use wasi_vfs_format::Index;
use wasi_vfs_format::fuzz::Input;

/// As many calls are made.
const CALL_COUNT: usize = 64;

/// Where a path lies.
const PATH: u32 = 0x100;
/// The longest answer, a `descriptor-stat` of 0.3.
const ANSWER_LEN: u64 = 112;
/// Where most answers are expected.
const RET: u32 = 0x400;

type Fuzzed = Server<GuestMemory, Program, memory::Image>;

/// The result of a function as a number.
pub(crate) trait Returned {
    /// `None` if the function returns nothing.
    fn number(self) -> Option<u32>;
}

impl Returned for () {
    fn number(self) -> Option<u32> {
        None
    }
}

impl Returned for u32 {
    fn number(self) -> Option<u32> {
        Some(self)
    }
}

/// Makes a call. Returns its result, if it has one.
type Perform = fn(&Fuzzed, &[u64]) -> Option<u32>;

/// Name, parameters and call of a function.
type Function = (&'static str, &'static [&'static str], Perform);

macro_rules! perform {
    ($release:ident $function:ident ($($parameter:ident: $type:ty),*)) => {
        |server, arguments| {
            let mut arguments = arguments.iter().copied();
            $(let $parameter = arguments.next().unwrap_or_default() as $type;)*
            assert_eq!(arguments.next(), None, "an argument without a parameter");
            $release::$function(server, $($parameter,)* 0).number()
        }
    };
}

macro_rules! define_preview2 {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        const PREVIEW2: &[Function] = &[$((
            $name,
            &[$(stringify!($parameter)),*],
            perform!(Preview2 $function ($($parameter: $type),*)),
        )),*];
    };
}
for_each_function!(define_preview2);

macro_rules! define_preview3 {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty
        {$($offset:literal: $len:literal),*};)*) => {
        const PREVIEW3: &[Function] = &[$((
            $name,
            &[$(stringify!($parameter)),*],
            perform!(Preview3 $function ($($parameter: $type),*)),
        )),*];
    };
}
for_each_preview3_function!(define_preview3);

/// A component and its memory.
struct Component {
    server: Fuzzed,
    memory: GuestMemory,
    program: Program,
}

impl Component {
    fn new((index, payload): &'static Image, answers: &[u8]) -> Self {
        let memory = GuestMemory::new();
        let program = Program::new(memory.clone(), answers);
        let index = Index::parse(index).ok();
        let blocks = Blocks::new(StoredBlocks(payload), NoBudget);
        let fs = ImageFs::new(index, blocks);
        let server = Server::new(fs, memory.clone(), program.clone());
        Self {
            server,
            memory,
            program,
        }
    }

    /// The result of a call, and the memory after it.
    fn call(&mut self, function: Function, arguments: &[u64]) -> (Option<u32>, Vec<u8>) {
        let (name, _, perform) = function;
        let before = self.memory.snapshot();
        let result = perform(&self.server, arguments);
        let given = given(function, arguments);
        // The host decides the results of these.
        let is_free = [
            "-read]",
            "[hand-over]",
            "[waitable-",
            "[callback]",
            "[task-",
        ]
        .into_iter()
        .any(|part| name.contains(part));
        let possible = |number| number <= 2 || number >= FIRST_HANDLE || is_free;
        let is_possible = result.is_none_or(possible);
        assert!(is_possible, "{name} {arguments:?}: {result:?}");
        let after = self.memory.snapshot();
        for at in changed(&before, &after) {
            let is_given = given.contains(&at) || self.program.has_allocated(at);
            assert!(is_given, "{name} {arguments:?} wrote to {at:#x}");
        }
        (result, after)
    }
}

/// Where a call may write: its answer, or the buffer of a read.
fn given((_, parameters, _): Function, arguments: &[u64]) -> Range<u64> {
    let argument = |name| {
        let at = parameters.iter().position(|parameter| *parameter == name);
        at.map(|at| arguments[at])
    };
    let event = argument("event").filter(|_| argument("set").is_some());
    let ret = argument("ret").or(event);
    let buffer = match (ret, argument("bytes"), argument("entries")) {
        (Some(ret), ..) => Some((ret, ANSWER_LEN)),
        (_, bytes, entries) => {
            let bytes = bytes.zip(argument("len").map(|len| len & u64::from(u32::MAX)));
            bytes.or(entries.zip(argument("count").map(|count| count * 24)))
        }
    };
    buffer.map_or(0..0, |(start, len)| start..start + len)
}

/// Makes the calls that `data` describes.
///
/// # Panics
///
/// If the runtime does, writes elsewhere than to answers and allocated memory, or lets a
/// program see whether an image is compressed.
pub fn functions(data: &[u8]) {
    let mut input = Input(data);
    let number = usize::from(input.byte()) % IMAGES.len();
    let answers = input.take(8);
    // The first two have the same files.
    let numbers = if number < 2 { 0..2 } else { number..number + 1 };
    let images = IMAGES[numbers].iter();
    let mut components: Vec<_> = images.map(|image| Component::new(image, answers)).collect();
    for component in &components {
        Preview2::get_directories(&component.server, RET, 0);
    }
    for _ in 0..CALL_COUNT {
        if input.is_empty() {
            break;
        }
        let path = input.pick(&PATHS);
        let functions = input.pick(&[PREVIEW2, PREVIEW3]);
        let function = functions[input.below(functions.len())];
        let (name, parameters, _) = function;
        let arguments = parameters.iter().map(|name| argument(&mut input, name));
        let arguments: Vec<_> = arguments.collect();
        let seen = components.iter_mut().map(|component| {
            component.memory.copy_in(PATH, path);
            component.call(function, &arguments)
        });
        let seen: Vec<_> = seen.collect();
        for pair in seen.windows(2) {
            assert_eq!(pair[0].0, pair[1].0, "{name} {arguments:?}");
            let differs = changed(&pair[0].1, &pair[1].1).next();
            assert_eq!(differs, None, "{name} {arguments:?}");
        }
    }
}

/// An argument that often makes sense, of the parameter's width.
fn argument(input: &mut Input<'_>, parameter: &str) -> u64 {
    let value = match (input.byte(), parameter) {
        (0, _) => input.long(),
        (1, _) => input.pick(&[u32::MAX.into(), 1 << 31, 1 << 16, (1 << 16) - 8, 0]),
        (_, "descriptor" | "new_descriptor" | "other" | "stream" | "source" | "data") => {
            handle(input)
        }
        (_, "future") => handle(input) | 1 << 29,
        (_, "count") => input.below(12) as u64,
        (_, "error") => u64::from(POLLABLE) - input.below(300) as u64,
        (_, "ret") => RET.into(),
        (_, name) if name.ends_with("path_len") => input.below(9) as u64,
        (_, name) if name.ends_with("path") => PATH.into(),
        (_, name) if name.ends_with("flags") => input.below(8) as u64,
        (_, "pollables") => RET.into(),
        (_, "pollable_count" | "accessed" | "modified" | "advice") => input.below(7) as u64,
        (_, "offset" | "len") => u64::from(input.number() % 30_000),
        _ => u64::from(u16::from_le_bytes([input.byte(), input.byte()])),
    };
    const LONG: [&str; 5] = [
        "offset",
        "len",
        "size",
        "accessed_seconds",
        "modified_seconds",
    ];
    match LONG.contains(&parameter) {
        true => value,
        false => u64::from(value as u32),
    }
}

fn handle(input: &mut Input<'_>) -> u64 {
    match input.below(12) {
        10 => 5,
        11 => ErrorCode::IO.0.into(),
        slot => u64::from(FIRST_HANDLE) + slot as u64,
    }
}
