//! Any calls, in any order, of a guest with any memory.

use super::host::ScriptedHost;
use super::images::{IMAGES, Image, PATHS};
use super::memory::{self, GuestMemory, NoBudget, StoredBlocks, changed};
use super::writable::writable;
use crate::preview1::{Preview1, for_each_call};
use crate::{Blocks, ImageFs, Memory, Server};
use std::vec;
use std::vec::Vec;
use wasi_vfs_format::Index;
use wasi_vfs_format::fuzz::Input;

/// As many calls are made.
const CALL_COUNT: usize = 64;

type Fuzzed = Server<GuestMemory, ScriptedHost, memory::Image>;

/// Where paths and vectors lie that mean something.
const PATH: u16 = 0x100;
const VECTORS: u16 = 0x200;

macro_rules! define_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        const CALLS: &[(&str, &[&str])] = &[
            $((stringify!($call), &[$(stringify!($parameter)),*])),*
        ];

        fn perform(vfs: &mut Fuzzed, call: &str, arguments: &[u64]) -> i32 {
            let mut arguments = arguments.iter();
            let mut next = || arguments.next().copied().unwrap_or_default();
            match call {
                $(stringify!($call) => Preview1::$call(vfs, $({
                    let $parameter = next();
                    $parameter as $type
                }),*),)*
                _ => unreachable!("listed above"),
            }
        }
    };
}
for_each_call!(define_calls);

/// A guest and its memory.
struct Guest {
    vfs: Fuzzed,
    memory: GuestMemory,
}

impl Guest {
    fn new((index, payload): &'static Image, answers: &[u8]) -> Self {
        let memory = GuestMemory::new();
        let host = ScriptedHost::new(memory.clone(), answers);
        let index = Index::parse(index).ok();
        let blocks = Blocks::new(StoredBlocks(payload), NoBudget);
        let vfs = Server::new(ImageFs::new(index, blocks), memory.clone(), host);
        Self { vfs, memory }
    }
}

/// Makes the calls that `data` describes.
///
/// # Panics
///
/// If the runtime does, answers what is no errno, changes the guest's memory
/// where the guest did not ask for it, or lets a guest see whether an image is
/// compressed.
pub fn calls(data: &[u8]) {
    let mut input = Input(data);
    let number = usize::from(input.byte()) % IMAGES.len();
    let answers = input.take(8);
    // The first two have the same files.
    let numbers = if number < 2 { 0..2 } else { number..number + 1 };
    let images = IMAGES[numbers].iter();
    let mut guests: Vec<_> = images.map(|image| Guest::new(image, answers)).collect();
    for _ in 0..CALL_COUNT {
        if input.is_empty() {
            break;
        }
        let layout = lay_out(&mut input);
        let (call, parameters) = CALLS[input.below(CALLS.len())];
        let arguments = parameters.iter().map(|name| argument(&mut input, name));
        let arguments: Vec<_> = arguments.collect();
        let seen = guests.iter_mut().map(|guest| {
            for (address, bytes) in &layout {
                guest.memory.copy_in(*address, bytes);
            }
            make(guest, call, &arguments)
        });
        let seen: Vec<_> = seen.collect();
        for pair in seen.windows(2) {
            assert_eq!(pair[0].0, pair[1].0, "{call} {arguments:?}");
            let differs = changed(&pair[0].1, &pair[1].1).next();
            assert_eq!(differs, None, "{call} {arguments:?}");
        }
    }
}

/// What a call answers, and the memory after it.
fn make(guest: &mut Guest, call: &str, arguments: &[u64]) -> (i32, Vec<u8>) {
    let before = guest.memory.snapshot();
    let code = perform(&mut guest.vfs, call, arguments);
    assert!((0..77).contains(&code), "{call} {arguments:?}: {code}");
    let ranges = writable(call, arguments, &before);
    let after = guest.memory.snapshot();
    for at in changed(&before, &after) {
        let given = ranges.iter().any(|range| range.contains(&at));
        assert!(given, "{call} {arguments:?} wrote to {at:#x}: {code}");
    }
    (code, after)
}

/// A path, vectors, subscriptions, each with its address.
fn lay_out(input: &mut Input<'_>) -> Vec<(u32, Vec<u8>)> {
    let mut layout = vec![(PATH.into(), input.pick(&PATHS).to_vec())];
    for word in 0..u32::from(input.byte() % 8) {
        let value = argument(input, "") as u32;
        layout.push((u32::from(VECTORS) + 4 * word, value.to_le_bytes().to_vec()));
    }
    layout
}

/// Parameters of 64 bits.
const LONG: [&str; 8] = [
    "offset",
    "len",
    "base",
    "inheriting",
    "cookie",
    "size",
    "accessed",
    "modified",
];

/// An argument of the parameter's width.
fn argument(input: &mut Input<'_>, parameter: &str) -> u64 {
    let value = likely_argument(input, parameter);
    if LONG.contains(&parameter) {
        value
    } else {
        u64::from(value as u32)
    }
}

/// An argument that often makes sense.
fn likely_argument(input: &mut Input<'_>, parameter: &str) -> u64 {
    match (input.byte(), parameter) {
        (0, _) => input.long(),
        (1, _) => input.pick(&[u32::MAX.into(), 1 << 31, 1 << 16, (1 << 16) - 8, 0]),
        (2, _) => u64::from(input.number()),
        (_, "fd" | "from" | "to" | "old_fd" | "new_fd") => input.below(10) as u64,
        (_, "path" | "old_path" | "new_path" | "target") => PATH.into(),
        (_, "iovecs" | "subscriptions") => VECTORS.into(),
        (_, "iovec_count" | "count") => input.below(4) as u64,
        (_, name) if name.ends_with("path_len") || name == "target_len" => input.below(9) as u64,
        (_, name) if name.ends_with("flags") => input.below(8) as u64,
        (_, "base") => 2,
        (_, "offset" | "cookie" | "buffer_len") => u64::from(input.number() % 30_000),
        _ => u64::from(u16::from_le_bytes([input.byte(), input.byte()])),
    }
}
