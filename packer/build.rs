//! Builds the runtime for wasm32 in all its forms, for the packer to embed.
//!
//! The standard library for wasm32 comes from the first of these that is there:
//! 1. the active toolchain, if the target was added to it;
//! 2. the active toolchain's `rust-src`, from which cargo builds `core` and
//!    `alloc`;
//! 3. Debian's own toolchain with its `rust-web-src`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

const TARGET: &str = "wasm32-unknown-unknown";

/// Stack of a runtime with a memory of its own. The deepest call, a read that decompresses, takes
/// 2.7 KiB by the frames in its code.
const STACK_LEN: u32 = 16 << 10;

const HELP: &str = "\
building wasi-vfs needs a Rust toolchain for wasm32; any of these will do:
  rustup target add wasm32-unknown-unknown
  rustup component add rust-src
  apt-get install rustc-web cargo-web rust-web-src lld-19   (Debian)
or let `make build` install what is missing";

fn main() {
    if let Err(message) = build() {
        for line in message.lines() {
            println!("cargo::error={line}");
        }
        exit(1);
    }
}

fn build() -> Result<(), String> {
    let workspace = workspace()?;
    for input in ["Cargo.toml", "Cargo.lock", "runtime", "format"] {
        let path = workspace.join(input);
        println!("cargo::rerun-if-changed={}", path.display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");

    let toolchain = Toolchain::find()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    for build in BUILDS {
        // Several builds have the same file name, so each is copied before the next one.
        let built = toolchain.build(&workspace, &out, build)?;
        copy(&built, &out.join(build.name))?;
    }
    Ok(())
}

/// A build of the runtime.
struct Build {
    /// Features of the runtime's crate.
    features: &'static str,
    kind: Kind,
    /// Name of the file for the packer.
    name: &'static str,
}

#[derive(Clone, Copy)]
enum Kind {
    Module,
    Library,
}

const BUILDS: &[Build] = &[
    Build {
        features: "merged",
        kind: Kind::Module,
        name: "runtime.wasm",
    },
    Build {
        features: "merged,writable",
        kind: Kind::Module,
        name: "runtime-writable.wasm",
    },
    Build {
        // Includes `merged`.
        features: "wired",
        kind: Kind::Module,
        name: "wired.wasm",
    },
    Build {
        features: "wired,writable",
        kind: Kind::Module,
        name: "wired-writable.wasm",
    },
    Build {
        features: "linked",
        kind: Kind::Library,
        name: "libwasi_vfs.a",
    },
    Build {
        features: "linked,writable",
        kind: Kind::Library,
        name: "libwasi_vfs-writable.a",
    },
];

impl Kind {
    fn crate_type(self) -> &'static str {
        match self {
            Self::Module => "cdylib",
            Self::Library => "staticlib",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Module => "wasi_vfs_runtime.wasm",
            Self::Library => "libwasi_vfs_runtime.a",
        }
    }
}

/// A cargo and a rustc that can build for wasm32.
struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    sysroot: PathBuf,
    /// Whether the standard library must be built from its source.
    builds_std: bool,
    linker: PathBuf,
}

impl Toolchain {
    fn find() -> Result<Self, String> {
        let active = (variable("CARGO")?, variable("RUSTC")?);
        let debian = (
            PathBuf::from("/usr/bin/cargo"),
            PathBuf::from("/usr/bin/rustc"),
        );
        for (cargo, rustc) in [active, debian] {
            if !cargo.is_file() && cargo.is_absolute() {
                continue;
            }
            let Some(sysroot) = query(&rustc, &["--print", "sysroot"]) else {
                continue;
            };
            let sysroot = PathBuf::from(sysroot);
            let has_target = sysroot
                .join("lib/rustlib")
                .join(TARGET)
                .join("lib")
                .is_dir();
            let source = "lib/rustlib/src/rust/library/core/Cargo.toml";
            if has_target || sysroot.join(source).is_file() {
                return Ok(Self {
                    linker: find_linker(&sysroot)?,
                    cargo,
                    rustc,
                    sysroot,
                    builds_std: !has_target,
                });
            }
        }
        Err(HELP.into())
    }

    /// Builds one form. Returns the path of the result.
    fn build(&self, workspace: &Path, out: &Path, build: &Build) -> Result<PathBuf, String> {
        let target_dir = shared_target_dir(out);
        let mut cargo = self.clean_command();
        cargo
            .current_dir(workspace)
            .args(["rustc", "--package", "wasi-vfs-runtime", "--lib"])
            .args(["--profile", "runtime", "--target", TARGET])
            .args(["--features", build.features])
            .args(["--crate-type", build.kind.crate_type()])
            .arg("--target-dir")
            .arg(&target_dir);
        if self.builds_std {
            cargo.arg("-Zbuild-std=core,alloc,panic_abort");
        }
        if let Kind::Module = build.kind {
            cargo.args(["--", &format!("-Clink-arg=-zstack-size={STACK_LEN}")]);
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags(workspace));
        let output = cargo.output();
        let output = output.map_err(|error| format!("{}: {error}", self.cargo.display()))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(format!(
                "building the {} runtime failed:\n{text}",
                build.features
            ));
        }
        Ok(target_dir
            .join(TARGET)
            .join("runtime")
            .join(build.kind.file()))
    }

    /// A cargo that does not take over what cargo and rustup told this build
    /// about the host's one, such as clippy in the place of rustc.
    fn clean_command(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let is_ours = text.starts_with("CARGO") && text != "CARGO_HOME";
            if is_ours || text.starts_with("RUSTC") || text == "RUSTFLAGS" {
                command.env_remove(&name);
            }
        }
        let linker = format!(
            "CARGO_TARGET_{}_LINKER",
            TARGET.to_uppercase().replace('-', "_")
        );
        command
            .env("RUSTC", &self.rustc)
            .env(linker, &self.linker)
            // `-Zbuild-std` needs it, and so does the one line of assembly by
            // which the static library exports its functions.
            .env("RUSTC_BOOTSTRAP", "1");
        command
    }

    /// No path of this machine may end in a packed module.
    fn flags(&self, workspace: &Path) -> OsString {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
        let mut flags = OsString::from("-Zlocation-detail=none");
        let renamed = [
            (Some(workspace.into()), "/"),
            (home, "/cargo"),
            (Some(self.sysroot.clone()), "/rust"),
        ];
        for (from, to) in renamed {
            if let Some(from) = from {
                flags.push("\u{1f}--remap-path-prefix=");
                flags.push(from);
                flags.push("=");
                flags.push(to);
            }
        }
        flags
    }
}

fn workspace() -> Result<PathBuf, String> {
    let manifest = variable("CARGO_MANIFEST_DIR")?;
    let parent = manifest
        .parent()
        .ok_or("the packer has no parent directory")?;
    Ok(parent.to_path_buf())
}

fn variable(name: &str) -> Result<PathBuf, String> {
    let value = env::var_os(name).ok_or_else(|| format!("{name} is not set"))?;
    Ok(value.into())
}

/// What a command prints, or `None` if it cannot be run.
fn query(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().into())
}

/// The linker that rustc brings along, else one on the path.
fn find_linker(sysroot: &Path) -> Result<PathBuf, String> {
    let host = env::var("HOST").unwrap_or_default();
    let active = query(&variable("RUSTC")?, &["--print", "sysroot"]).unwrap_or_default();
    for root in [sysroot, Path::new(&active)] {
        let bundled = root.join("lib/rustlib").join(&host).join("bin/rust-lld");
        if bundled.is_file() {
            return Ok(bundled);
        }
    }
    let names = [
        "rust-lld",
        "wasm-ld",
        "wasm-ld-21",
        "wasm-ld-20",
        "wasm-ld-19",
    ];
    let on_path = names
        .iter()
        .find(|name| query(Path::new(name), &["--version"]).is_some());
    on_path.map(PathBuf::from).ok_or_else(|| HELP.into())
}

/// One directory for all profiles of the packer: the runtime is the same for
/// each, and `core` need not be built again.
fn shared_target_dir(out: &Path) -> PathBuf {
    let is_build = |path: &&Path| path.ends_with("build");
    let build = out.ancestors().find(is_build).and_then(Path::parent);
    build
        .and_then(Path::parent)
        .unwrap_or(out)
        .join("wasm-runtime")
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    match std::fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{}: {error}", from.display())),
    }
}
