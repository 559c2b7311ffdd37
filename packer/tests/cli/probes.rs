//! A program that makes calls on paths, and prints their error codes.

/// A call on a path of the first preopen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probe {
    /// `path_open` with these `oflags` and `fs_rights_base`, following links.
    Open(&'static str, u32, u64),
    /// `path_filestat_get`, following a link at the end.
    Stat(&'static str),
    /// `path_filestat_get` of the link itself.
    LinkStat(&'static str),
    /// `path_readlink`
    ReadLink(&'static str),
    /// `path_create_directory`
    CreateDirectory(&'static str),
    /// `path_unlink_file`
    Unlink(&'static str),
    /// `path_remove_directory`
    RemoveDirectory(&'static str),
    /// `path_rename` to `moved`
    Rename(&'static str),
}

pub(crate) const READ: u64 = 1 << 1;
pub(crate) const WRITE: u64 = 1 << 6;
pub(crate) const CREATE: u32 = 1;
pub(crate) const DIRECTORY: u32 = 2;

/// The path of probe `n` lies at this address.
const fn path_at(n: usize) -> usize {
    4096 + 256 * n
}

impl Probe {
    fn path(self) -> &'static str {
        match self {
            Self::Open(path, ..)
            | Self::Stat(path)
            | Self::LinkStat(path)
            | Self::ReadLink(path)
            | Self::CreateDirectory(path)
            | Self::Unlink(path)
            | Self::RemoveDirectory(path)
            | Self::Rename(path) => path,
        }
    }

    /// The call, as the instruction that leaves its error code on the stack.
    fn call(self, n: usize) -> String {
        let (at, len) = (path_at(n), self.path().len());
        let path = format!("(i32.const {at}) (i32.const {len})");
        match self {
            Self::Open(_, oflags, rights) => format!(
                "(call $open (i32.const 3) (i32.const 1) {path} (i32.const {oflags})
                  (i64.const {rights}) (i64.const 0) (i32.const 0) (i32.const 64))"
            ),
            Self::Stat(_) => {
                format!("(call $stat (i32.const 3) (i32.const 1) {path} (i32.const 128))")
            }
            Self::LinkStat(_) => {
                format!("(call $stat (i32.const 3) (i32.const 0) {path} (i32.const 128))")
            }
            Self::ReadLink(_) => format!(
                "(call $readlink (i32.const 3) {path} (i32.const 256) (i32.const 64) (i32.const 64))"
            ),
            Self::CreateDirectory(_) => format!("(call $mkdir (i32.const 3) {path})"),
            Self::Unlink(_) => format!("(call $unlink (i32.const 3) {path})"),
            Self::RemoveDirectory(_) => format!("(call $rmdir (i32.const 3) {path})"),
            Self::Rename(_) => format!(
                "(call $rename (i32.const 3) {path} (i32.const 3) (i32.const 512) (i32.const 5))"
            ),
        }
    }
}

/// A program that prints the error code of each probe in 4 bytes, from its export
/// `start`.
pub(crate) fn program(start: &str, probes: &[Probe]) -> Vec<u8> {
    let paths = probes.iter().enumerate();
    let paths: String = paths
        .map(|(n, probe)| format!("(data (i32.const {}) \"{}\")\n", path_at(n), probe.path()))
        .collect();
    let calls = probes.iter().enumerate();
    let calls: String = calls
        .map(|(n, probe)| {
            format!(
                "(i32.store (i32.const {}) {})\n",
                1024 + 4 * n,
                probe.call(n)
            )
        })
        .collect();
    let len = 4 * probes.len();
    wat::parse_str(format!(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat
            (param i32 i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_readlink" (func $readlink
            (param i32 i32 i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir
            (param i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink
            (param i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_remove_directory" (func $rmdir
            (param i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_rename" (func $rename
            (param i32 i32 i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write
            (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 512) "moved")
          {paths}
          (func (export "{start}")
            {calls}
            (i32.store (i32.const 0) (i32.const 1024))
            (i32.store (i32.const 4) (i32.const {len}))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
    ))
    .unwrap()
}

/// The error codes that such a program printed.
pub(crate) fn codes(printed: &[u8]) -> Vec<u32> {
    let codes = printed.chunks_exact(4);
    codes
        .map(|code| u32::from_le_bytes(code.try_into().unwrap()))
        .collect()
}
