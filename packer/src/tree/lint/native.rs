//! Native shared libraries, which WebAssembly cannot load.
//!
//! The first bytes decide, because a `.so` file may also be a WebAssembly library or a
//! linker script. Only files with such names are read.

use super::directory::{MappedDirectory, first_bytes};
use crate::warning::Warning;
use wasi_vfs_format::tree::FileNode;

/// The number of native libraries, and the path of the first.
#[derive(Default)]
pub(super) struct Libraries {
    count: u64,
    first: Option<String>,
}

impl Libraries {
    pub(super) fn note(&mut self, directory: &MappedDirectory<'_>, name: &str, file: &FileNode) {
        if has_library_name(name) && first_bytes(file).is_some_and(is_native) {
            self.count += 1;
            self.first.get_or_insert_with(|| directory.path_of(name));
        }
    }

    pub(super) fn warning(self) -> Option<Warning> {
        let count = self.count;
        let example = self.first?;
        Some(Warning::NativeLibraries { count, example })
    }
}

/// `libz.so`, `libz.so.1.3`, `fs.node`, `math.pyd` and the like.
fn has_library_name(name: &str) -> bool {
    const EXTENSIONS: [&str; 6] = ["so", "dylib", "bundle", "node", "dll", "pyd"];
    let version = |c: char| c.is_ascii_digit() || c == '.';
    let without_version = name.trim_end_matches(version);
    let has_extension = |name: &str| {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let extension = extension.unwrap_or_default();
        EXTENSIONS.iter().any(|e| extension.eq_ignore_ascii_case(e))
    };
    has_extension(name) || without_version.ends_with(".so")
}

/// Whether a file starts with the magic number of ELF, Windows or Mach-O. Mach-O has
/// several, for word sizes, byte orders and several processors.
fn is_native(start: [u8; 4]) -> bool {
    matches!(
        start,
        [0x7f, b'E', b'L', b'F']
            | [b'M', b'Z', _, _]
            | [0xfe, 0xed, 0xfa, 0xce | 0xcf]
            | [0xce | 0xcf, 0xfa, 0xed, 0xfe]
            | [0xca, 0xfe, 0xba, 0xbe | 0xbf]
    )
}
