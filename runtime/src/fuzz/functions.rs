//! Any functions of WASI 0.2, in any order, of a program with any allocator.

use super::images::{IMAGES, Image, PATHS};
use super::memory::{self, GuestMemory, NoBudget, StoredBlocks, changed};
use super::program::Program;
use crate::component::handles::POLLABLE;
use crate::component::{ErrorCode, Server};
use crate::guest::Memory;
use crate::preview2::{Preview2, for_each_function};
use crate::{Blocks, ImageFs};
use std::vec::Vec;
use wasi_vfs_embedding::preview2::FIRST_HANDLE;
use wasi_vfs_format::Index;
use wasi_vfs_format::fuzz::Input;

/// As many calls are made.
const CALL_COUNT: usize = 64;

/// Where a path lies.
const PATH: u32 = 0x100;
/// The longest answer, a `descriptor-stat`.
const ANSWER_LEN: u64 = 104;
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

macro_rules! define_functions {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        const FUNCTIONS: &[(&str, &[&str])] = &[
            $(($name, &[$(stringify!($parameter)),*])),*
        ];

        fn perform(server: &Fuzzed, name: &str, arguments: &[u64]) -> Option<u32> {
            let mut arguments = arguments.iter();
            let mut next = || arguments.next().copied().unwrap_or_default();
            match name {
                $($name => {
                    $(let $parameter = next() as $type;)*
                    Preview2::$function(server, $($parameter,)* 0).number()
                })*
                _ => unreachable!("listed above"),
            }
        }
    };
}
for_each_function!(define_functions);

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
    fn call(&mut self, name: &str, arguments: &[u64], ret: u64) -> (Option<u32>, Vec<u8>) {
        let before = self.memory.snapshot();
        let result = perform(&self.server, name, arguments);
        let possible = result.is_none_or(|number| number < 2 || number == POLLABLE);
        assert!(possible, "{name} {arguments:?}: {result:?}");
        let after = self.memory.snapshot();
        for at in changed(&before, &after) {
            let is_answer = (ret..ret + ANSWER_LEN).contains(&at);
            let is_given = is_answer || self.program.has_allocated(at);
            assert!(is_given, "{name} {arguments:?} wrote to {at:#x}");
        }
        (result, after)
    }
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
        component.server.get_directories(RET, 0);
    }
    for _ in 0..CALL_COUNT {
        if input.is_empty() {
            break;
        }
        let path = input.pick(&PATHS);
        let (name, parameters) = FUNCTIONS[input.below(FUNCTIONS.len())];
        let arguments = parameters.iter().map(|name| argument(&mut input, name));
        let arguments: Vec<_> = arguments.collect();
        let ret = parameters.iter().position(|name| *name == "ret");
        let ret = ret.map_or(0, |at| arguments[at]);
        let seen = components.iter_mut().map(|component| {
            component.memory.copy_in(PATH, path);
            component.call(name, &arguments, ret)
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
        (_, "descriptor" | "new_descriptor" | "other" | "stream" | "source") => handle(input),
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
