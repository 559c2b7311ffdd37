//! C libraries for WASI, and programs that are linked with one of them and with
//! `libwasi_vfs.a`.

use crate::guest::{self, build, digest, versions};
use crate::workspace::{guests, here, tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A compiler with its C library. They differ in who runs the constructors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CLibrary {
    /// Zig's, a current wasi-libc: `_start` runs the constructors.
    Zig,
    /// Debian's, a wasi-libc of 2022: the linker wraps every export of a command in
    /// calls of constructors and destructors.
    Debian,
}

impl CLibrary {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zig, Self::Debian];

    /// `guests/linked/SOURCE`, linked with the library, by a compiler with these
    /// flags.
    pub fn link(self, source: &str, flags: &[&str]) -> PathBuf {
        let path = here("guests/linked").join(source);
        let (content, library) = (fs::read(&path), guest::library());
        let key = (self, content.expect("a guest"), library, flags, versions());
        let name = format!("linked-{source}");
        build(&name, digest(&key), |output| {
            let mut command = self.compiler();
            command.arg(&path).args(flags).args(self.libraries(source));
            command.arg(library).arg("-o").arg(output);
            command
        })
    }

    fn compiler(self) -> Command {
        match self {
            Self::Zig => {
                let mut command = Command::new(tool("venv/bin/python", "zig"));
                command.args(["-m", "ziglang", "cc", "-target", "wasm32-wasi"]);
                command.env("ZIG_GLOBAL_CACHE_DIR", guests().join("zig-cache"));
                command.env("ZIG_LOCAL_CACHE_DIR", guests().join("zig-cache"));
                command
            }
            Self::Debian => {
                let compiler = Path::new("/usr/bin/clang-19");
                let message = "clang-19 is missing: run `tools/install clang`";
                assert!(compiler.exists(), "{message}");
                let mut command = Command::new(compiler);
                command.arg("--target=wasm32-wasi");
                command
            }
        }
    }

    fn libraries(self, source: &str) -> Vec<String> {
        match self {
            // The `close` of wasi-libc: Zig's own calls the import, past the library.
            Self::Zig => vec![here("guests/linked/close.c").display().to_string()],
            // For objects that a function makes when it is first called.
            Self::Debian if source.ends_with(".cpp") => vec!["-lc++abi".to_owned()],
            Self::Debian => Vec::new(),
        }
    }
}
