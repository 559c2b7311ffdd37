//! Any calls, in any order, of a guest with any memory.

use super::host::ScriptedHost;
use super::memory::{self, GuestMemory, NoBudget, StoredBlocks};
use super::writable::writable;
use crate::preview1::{Preview1, for_each_call};
use crate::{Blocks, ImageFs, Memory, Server};
use std::sync::LazyLock;
use std::vec::Vec;
use std::{format, vec};
use wasi_vfs_format::Index;
use wasi_vfs_format::fuzz::Input;
use wasi_vfs_format::testing::{directory, directory_node, file, link, mount, seal};
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};
use wasi_vfs_format::writer::{Options, write};

/// Index and payload.
type Image = (Vec<u8>, Vec<u8>);

/// Images with an index that was changed, beside the whole ones: an index must
/// live as long as the program, so there are as many as there are bytes.
const CHANGED_COUNT: u8 = 200;

/// As many calls are made.
const CALL_COUNT: usize = 64;

static IMAGES: LazyLock<Vec<Image>> = LazyLock::new(|| {
    let whole = [None, Some(3)].map(whole_image);
    let changed = (0..CHANGED_COUNT).map(|seed| change(&whole[usize::from(seed) % 2], seed));
    let changed: Vec<_> = changed.collect();
    whole.into_iter().chain(changed).collect()
});

fn whole_image(compression: Option<i32>) -> Image {
    let options = Options {
        compression,
        block_shift: 12,
        ..Options::default()
    };
    let image = write(&tree(), &options, &()).expect("a tree by the rules");
    (image.index, image.payload)
}

fn tree() -> Tree {
    let text: Vec<u8> = (0..3000_u32).flat_map(u32::to_le_bytes).collect();
    let many = (0..30).map(|number| (format!("{number}"), file(vec![number; 9])));
    let many = DirectoryNode {
        mtime_ns: 2,
        children: many.collect(),
    };
    Tree {
        root: directory_node([
            ("big", file([text.clone(), text.clone()].concat())),
            ("d", directory([("f", file(text))])),
            ("empty", file("")),
            ("l", link("d/f")),
            ("loop", link("loop")),
            ("many", Node::Directory(many)),
            ("up", link("../d")),
        ]),
        mounts: vec![mount("/", &[]), mount("/d", &["d"])],
    }
}

/// Some bytes of the index changed under a checksum that is right.
fn change(image: &Image, seed: u8) -> Image {
    let (mut index, payload) = image.clone();
    let mut state = u64::from(seed) + 1;
    for _ in 0..=seed % 5 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(9);
        // Not the superblock, without which there is no image at all.
        let at = 136 + (state >> 33) as usize % (index.len() - 136);
        index[at] = [0, 1, 0x7f, 0x80, 0xff, (state >> 24) as u8][(state >> 56) as usize % 6];
    }
    seal(&mut index);
    (index, payload)
}

type Fuzzed = Server<GuestMemory, ScriptedHost, memory::Image>;

const PATHS: [&[u8]; 12] = [
    b"big", b"d/f", b"l", b"loop", b"up", b".", b"many", b"many/7", b"d/..", b"empty", b"none",
    b"\xff/\0",
];

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

/// Where two memories of one length differ. Most of them is compared in pieces, which
/// takes much less time than bytes do.
fn changed<'m>(before: &'m [u8], after: &'m [u8]) -> impl Iterator<Item = u64> + 'm {
    const PIECE: usize = 512;
    let pieces = before.chunks(PIECE).zip(after.chunks(PIECE));
    let differing = (0_u64..)
        .step_by(PIECE)
        .zip(pieces)
        .filter(|(_, (old, new))| old != new);
    differing.flat_map(|(start, (old, new))| {
        let bytes = (start..).zip(old.iter().zip(new));
        bytes.filter_map(|(at, (old, new))| (old != new).then_some(at))
    })
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
