//! Building guests. Each is built once and kept in `target/guests` under the
//! digest of everything it was built from.

use crate::command::{Pack, run, wasi_vfs};
use crate::workspace::{guests, here, root, tool};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// How a C guest is built, which decides how it is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Exports `_initialize` and `run` instead of `_start`.
    pub reactor: bool,
    /// Linked with `libwasi_vfs.a`.
    pub linked: bool,
}

impl Form {
    /// What most programs are.
    pub const COMMAND: Self = Self {
        reactor: false,
        linked: false,
    };

    /// All four.
    pub const ALL: [Self; 4] = [
        Self::COMMAND,
        Self {
            reactor: false,
            linked: true,
        },
        Self {
            reactor: true,
            linked: false,
        },
        Self {
            reactor: true,
            linked: true,
        },
    ];

    fn flags(self) -> Vec<String> {
        let mut flags = Vec::new();
        if self.reactor {
            flags.extend(["-DREACTOR".to_owned(), "-mexec-model=reactor".to_owned()]);
        }
        if self.linked {
            // What wasi-libc has: Zig's own calls the import, past the library.
            flags.push(here("guests/linked/close.c").display().to_string());
            flags.push(library().display().to_string());
        }
        flags
    }
}

/// How a C guest gets its files: as it is linked, and where the memory of a
/// merged runtime is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// How it is built.
    pub form: Form,
    /// The option of `pack`.
    pub options: &'static [&'static str],
}

impl Binding {
    /// Merged, with a memory of its own.
    pub const SEPARATE: Self = Self {
        form: Form::COMMAND,
        options: &[],
    };

    /// Merged, within the program's memory.
    pub const SINGLE: Self = Self {
        form: Form::COMMAND,
        options: &["--memory", "single"],
    };

    /// Linked.
    pub const LINKED: Self = Self {
        form: Form {
            reactor: false,
            linked: true,
        },
        options: &[],
    };

    /// All three.
    pub const ALL: [Self; 3] = [Self::SEPARATE, Self::SINGLE, Self::LINKED];

    /// `guests/c/NAME.c`, to be packed this way.
    pub fn pack(self, name: &str) -> Pack {
        self.options_on(Pack::new(c(name, self.form)))
    }

    /// The same, with a library that keeps changes if it is linked.
    pub fn pack_writable(self, name: &str) -> Pack {
        self.pack_writable_with(name, &[])
    }

    /// The same with more flags for the compiler.
    pub fn pack_writable_with(self, name: &str, more: &[&str]) -> Pack {
        let module = match self.form.linked {
            true => c_writable_with(name, more),
            false => c_with(name, self.form, more),
        };
        self.options_on(Pack::new(module))
    }

    /// A module that is built already, to be packed this way.
    pub fn options_on(self, pack: Pack) -> Pack {
        let options = self.options.iter();
        options.fold(pack, |pack, option| pack.option(option))
    }
}

/// The library that matches the command under test.
pub fn library() -> &'static Path {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| written_library(&[]));
    &LIBRARY
}

/// The library whose files a program can change.
pub fn writable_library() -> &'static Path {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| written_library(&["--writable"]));
    &LIBRARY
}

fn written_library(options: &[&str]) -> PathBuf {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let written = directory.path().join("libwasi_vfs.a");
    let words = ["lib"].iter().chain(options).map(OsStr::new);
    wasi_vfs(words.chain(["-o".as_ref(), written.as_os_str()])).expect_success();
    let content = fs::read(&written).expect("`wasi-vfs lib` wrote it");
    let kept = guests().join(format!("libwasi_vfs-{:016x}.a", digest(&content)));
    place(&written, &kept);
    kept
}

/// `guests/c/NAME.c`, built in this form.
pub fn c(name: &str, form: Form) -> PathBuf {
    c_with(name, form, &[])
}

/// `guests/c/NAME.c`, built in this form with more flags for the compiler.
pub fn c_with(name: &str, form: Form, more: &[&str]) -> PathBuf {
    let source = here("guests/c").join(format!("{name}.c"));
    let python = tool("venv/bin/python", "zig");
    let mut flags = form.flags();
    flags.extend(more.iter().map(ToString::to_string));
    let headers = read_all(&here("guests/c"), "h");
    let key = digest(&(
        fs::read(&source).expect("a guest"),
        headers,
        &flags,
        versions(),
    ));
    build(name, key, |output| {
        let mut command = Command::new(&python);
        command
            .args([
                "-m",
                "ziglang",
                "cc",
                "-target",
                "wasm32-wasi",
                "-O2",
                "-D_GNU_SOURCE",
            ])
            // DWARF would be most of the module.
            .args([
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-unused-function",
                "-Wl,--strip-debug",
            ])
            .arg(&source)
            .args(&flags)
            .arg("-o")
            .arg(output)
            .env("ZIG_GLOBAL_CACHE_DIR", guests().join("zig-cache"))
            .env("ZIG_LOCAL_CACHE_DIR", guests().join("zig-cache"));
        command
    })
}

/// `guests/c/NAME.c` as a component that uses files of WASI 0.2. Its library is the wasi-libc
/// in Rust's target wasm32-wasip2. No adapter is linked.
pub fn c_component(name: &str) -> PathBuf {
    let script = root().join("tools/build-c-component");
    let source = here("guests/c").join(format!("{name}.c"));
    tool("venv/bin/python", "zig");
    let read = |path: &Path| fs::read(path).expect("in the repository");
    let headers = read_all(&here("guests/c"), "h");
    let key = digest(&(read(&source), headers, read(&script), versions()));
    build(&format!("{name}-component"), key, |output| {
        let mut command = Command::new(&script);
        command
            .args([source.as_os_str(), output.as_os_str()])
            .env("ZIG_GLOBAL_CACHE_DIR", guests().join("zig-cache"))
            .env("ZIG_LOCAL_CACHE_DIR", guests().join("zig-cache"));
        command
    })
}

/// `guests/c/NAME.c`, linked with the library whose files a program can change.
pub fn c_writable(name: &str) -> PathBuf {
    c_writable_with(name, &[])
}

fn c_writable_with(name: &str, more: &[&str]) -> PathBuf {
    let close = here("guests/linked/close.c").display().to_string();
    let library = writable_library().display().to_string();
    let flags = [&[&*close, &*library], more].concat();
    c_with(name, Form::COMMAND, &flags)
}

/// `guests/go/walk.go`.
pub fn go() -> PathBuf {
    let source = here("guests/go/walk.go");
    let key = digest(&(fs::read(&source).expect("a guest"), versions()));
    build("go-walk", key, |output| {
        let mut command = go_command();
        command
            .args(["build", "-o"])
            .arg(output)
            .arg(&source)
            .envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]);
        command
    })
}

/// The Go compiler, which asks no network for anything.
pub fn go_command() -> Command {
    let mut command = Command::new(tool("venv/bin/go", "go"));
    command
        .envs([
            ("GOTOOLCHAIN", "local"),
            ("GOPROXY", "off"),
            ("GOTELEMETRY", "off"),
        ])
        .env("GOPATH", guests().join("go"))
        .env("GOCACHE", guests().join("go/cache"));
    command
}

/// `guests/rust`, by `tools/build-rust-guest`.
pub fn rust() -> PathBuf {
    rust_with("rust-walk", &[], "none")
}

/// The same, with debug information.
pub fn rust_debug() -> PathBuf {
    rust_with("rust-debug", &[], "full")
}

/// The same, linked with `libwasi_vfs.a`. `features` are those of its manifest.
pub fn rust_linked(features: &[&str]) -> PathBuf {
    let library = library().display().to_string();
    rust_with("rust-linked", &[&[&*library], features].concat(), "none")
}

/// The same, linked with the library whose files a program can change.
pub fn rust_writable() -> PathBuf {
    let library = writable_library().display().to_string();
    rust_with("rust-writable", &[&library], "none")
}

fn rust_with(name: &str, arguments: &[&str], debug: &str) -> PathBuf {
    let script = root().join("tools/build-rust-guest");
    let sources = ["src/main.rs", "Cargo.toml"].map(|path| here("guests/rust").join(path));
    let read = |path| fs::read(path).expect("in the repository");
    let key = digest(&(sources.map(read), read(script.clone()), arguments));
    build(name, key, |output| {
        let mut command = Command::new(&script);
        command
            .arg(output)
            .args(arguments)
            .env("CARGO_PROFILE_RELEASE_DEBUG", debug)
            .env("CARGO_TARGET_DIR", guests().join(name));
        command
    })
}

/// `guests/rust` as a component, whose standard library calls WASI 0.2.
pub fn rust_native() -> PathBuf {
    component("rust", &[])
}

/// `guests/rust_component`, a component that calls the functions of WASI 0.2 itself.
pub fn rust_component() -> PathBuf {
    component("rust_component", &[])
}

/// `guests/rust_component3`, the same for WASI 0.3, with parts of the other.
pub fn rust_component3() -> PathBuf {
    component("rust_component3", &["rust_component/src"])
}

/// `guests/rust_cat3`, a component that gives streams of files of WASI 0.3 to the host.
pub fn rust_cat3() -> PathBuf {
    component("rust_cat3", &[])
}

/// `guests/rust_serve3`, the same as the bodies of HTTP responses.
pub fn rust_serve3() -> PathBuf {
    component("rust_serve3", &[])
}

/// A crate in `guests`, and the directories with more of its sources.
fn component(name: &str, more: &[&str]) -> PathBuf {
    let script = root().join("tools/build-rust-component");
    let directory = here("guests").join(name);
    let manifests = ["Cargo.toml", "Cargo.lock"].map(|name| directory.join(name));
    let read = |path| fs::read(path).expect("in the repository");
    let sources = read_all(&directory.join("src"), "rs");
    let more: Vec<_> = more
        .iter()
        .map(|more| read_all(&here("guests").join(more), "rs"))
        .collect();
    let key = digest(&(sources, more, manifests.map(read), read(script.clone())));
    build(name, key, |output| {
        let mut command = Command::new(&script);
        command
            .args([name.as_ref(), output.as_os_str()])
            .env("CARGO_TARGET_DIR", guests().join(name));
        command
    })
}

pub(crate) fn versions() -> String {
    fs::read_to_string(root().join("tools/versions")).expect("in the repository")
}

fn read_all(directory: &Path, extension: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(directory)
        .expect("a directory of guests")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read(path).expect("a header"))
        .collect()
}

pub(crate) fn digest(content: &impl Hash) -> u64 {
    // Fixed keys: the same in each run of the same build of the tests.
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

/// The module for this key: built by `command` unless it is there. A lock keeps
/// tests that run at the same time from building it twice.
pub(crate) fn build(name: &str, key: u64, command: impl FnOnce(&Path) -> Command) -> PathBuf {
    let finished = guests().join(format!("{name}-{key:016x}.wasm"));
    let lock = File::create(guests().join(format!("{name}.lock"))).expect("target/ is writable");
    lock.lock().expect("a lock");
    if !finished.exists() {
        let partial = finished.with_extension("partial");
        run(&mut command(&partial), "").expect_success();
        place(&partial, &finished);
    }
    finished
}

/// Puts a finished file where others look for it, in one step.
fn place(from: &Path, to: &Path) {
    let near = to.with_extension(format!("{}.tmp", std::process::id()));
    fs::copy(from, &near).expect("target/ is writable");
    fs::rename(&near, to).expect("the same directory");
}
