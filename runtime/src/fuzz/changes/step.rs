//! One call of a program.

use crate::open::OpenOptions;
use std::string::String;
use std::vec::Vec;
use wasi_vfs_format::fuzz::Input;

/// Names of the image, names that are free at first, and the two that every directory has.
const NAMES: [&str; 16] = [
    "big", "d", "d/f", "empty", "l", "many", "many/7", "up", "a", "a", "b", "b/c", "c", "f", ".",
    "..",
];

/// Lengths and offsets are below this.
const LEN_MAX: u32 = 30_000;

/// One call of a program. Positions count the handles of the [`Driver`](super::Driver).
#[allow(missing_docs, reason = "the arguments of calls that POSIX describes")]
#[derive(Clone, Debug)]
pub enum Step {
    Open(String, OpenOptions),
    Close(usize),
    Read(usize, u64, u32),
    Write(usize, u64, Vec<u8>),
    Append(usize, Vec<u8>),
    SetLen(usize, u64),
    CreateDirectory(String),
    RemoveDirectory(String),
    Unlink(String),
    Symlink(String, String),
    Link(String, String),
    Rename(String, String),
    Stat(String),
    StatHandle(usize),
    List(String),
    ReadLink(String),
}

impl Step {
    /// The step that the next bytes describe.
    pub fn read(input: &mut Input<'_>) -> Self {
        match input.below(20) {
            0..3 => Self::Open(path(input), options(input)),
            3 => Self::Close(input.below(256)),
            4 => Self::Read(input.below(256), offset(input), offset(input) as u32),
            5 => Self::Write(input.below(256), offset(input), bytes(input)),
            6 => Self::Append(input.below(256), bytes(input)),
            7 => Self::SetLen(input.below(256), offset(input)),
            8 | 9 => Self::CreateDirectory(path(input)),
            10 => Self::RemoveDirectory(path(input)),
            11 => Self::Unlink(path(input)),
            12 => Self::Symlink(path(input), path(input)),
            13 => Self::Link(path(input), path(input)),
            14 | 15 => Self::Rename(path(input), path(input)),
            16 => Self::Stat(path(input)),
            17 => Self::StatHandle(input.below(256)),
            18 => Self::List(path(input)),
            _ => Self::ReadLink(path(input)),
        }
    }

    /// Whether the step is all or nothing, and may find no space. A write may be partial.
    pub(super) fn needs_space(&self) -> bool {
        !matches!(
            self,
            Self::Close(_)
                | Self::Read(..)
                | Self::Stat(_)
                | Self::StatHandle(_)
                | Self::List(_)
                | Self::ReadLink(_)
        )
    }
}

fn path(input: &mut Input<'_>) -> String {
    let mut path = String::from(input.pick(&NAMES));
    while input.below(4) == 0 && !input.is_empty() {
        path.push('/');
        path.push_str(input.pick(&NAMES));
    }
    if input.below(32) == 1 {
        path.push('/');
    }
    path
}

fn options(input: &mut Input<'_>) -> OpenOptions {
    let bits = input.byte();
    let create = bits & 2 != 0;
    OpenOptions {
        follow: bits & 1 != 0,
        read: true,
        write: bits & 12 != 0,
        create,
        exclusive: create && bits & 48 == 48,
        truncate: bits & 192 == 192,
        directory: false,
        flags: 0,
    }
}

fn offset(input: &mut Input<'_>) -> u64 {
    // Half of them near the borders of pages.
    let number = input.number();
    match number % 2 {
        0 => u64::from(number / 2 % LEN_MAX),
        _ => u64::from(number / 2 % 8 * 4096 + number / 16 % 4),
    }
}

fn bytes(input: &mut Input<'_>) -> Vec<u8> {
    let byte = input.byte();
    std::vec![byte; offset(input) as usize % 9000]
}
