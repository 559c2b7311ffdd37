//! The names of the exports of a prepared module.

/// The start of each name.
pub(crate) const PREFIX: &str = "wasi_vfs_state_";

/// The number of functions that return a part of the digest.
pub(super) const DIGEST_COUNT: usize = 4;

/// Names of the functions that return 1 if the program changed a table or dropped a segment.
pub(super) const FLAGS: [&str; 2] = [
    "wasi_vfs_state_changed_table",
    "wasi_vfs_state_dropped_segment",
];

pub(super) fn memory(number: u32) -> String {
    format!("{PREFIX}memory_{number}")
}

pub(super) fn table(number: u32) -> String {
    format!("{PREFIX}table_{number}")
}

pub(super) fn global(number: u32) -> String {
    format!("{PREFIX}global_{number}")
}

pub(super) fn digest(number: usize) -> String {
    format!("{PREFIX}digest_{number}")
}

/// The number behind `kind` in `name`.
pub(super) fn numbered(name: &str, kind: &str) -> Option<u32> {
    let rest = name.strip_prefix(PREFIX)?.strip_prefix(kind)?;
    let number = rest.strip_prefix('_')?.parse().ok()?;
    // One name for each number.
    (rest == format!("_{number}")).then_some(number)
}
