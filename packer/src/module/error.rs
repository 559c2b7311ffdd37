//! What can go wrong with a module, in words that say what to do.
//!
//! Owns the one error type of [`crate::module`]. Knows nothing of the image:
//! a corrupt image is the format's error, not one of these.

use thiserror::Error;

/// Why a module cannot be packed, or an image not be found in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// The bytes are something else.
    #[error(
        "not a WebAssembly module: found {found}, expected a file that starts with the bytes `00 61 73 6d` (\"\\0asm\"); give the compiled .wasm file"
    )]
    NotWasm {
        /// What the file starts with.
        found: String,
    },
    /// The file cannot be read.
    #[error("cannot read the module; check the disk or the connection to it, and try again")]
    Read(#[source] std::io::Error),
    /// The text format.
    #[error(
        "this is WebAssembly text, expected the binary format; convert it first: `wasm-tools parse module.wat -o module.wasm`"
    )]
    Text,
    /// A component, not a core module.
    #[error(
        "this is a component, expected a core module; pack the core module before it is made a component, and run `wasm-tools component new` on the packed module afterwards"
    )]
    Component,
    /// The input is not valid WebAssembly.
    #[error(
        "not a valid WebAssembly module: {0}; the file may be cut off or damaged, build it again"
    )]
    Malformed(wasmparser::Error),
    /// It is an image by itself.
    #[error(
        "it is an image and no module; name the module that it is to be packed into, and give the image with --from"
    )]
    Image,
    /// It has more of something than engines take.
    #[error(
        "it has {found} {what}, more than the {limit} that engines take; the file may be damaged, build it again"
    )]
    TooMany {
        /// Of what, in the plural.
        what: &'static str,
        /// How many it says it has.
        found: u64,
        /// How many there may be.
        limit: u64,
    },
    /// With what the runtime has, it would have more of something than engines take.
    #[error(
        "with the runtime the module would have {found} {what}, more than the {limit} that engines take; nothing can be packed into it, unless it is one memory too many, which `--memory single` does not need"
    )]
    Full {
        /// Of what, in the plural.
        what: &'static str,
        /// How many it would have.
        found: u64,
        /// How many there may be.
        limit: u64,
    },
    /// Memory 0 is imported.
    #[error(
        "the module imports its memory (`{module}` `{name}`), expected one of its own; link without `--import-memory`"
    )]
    ImportedMemory {
        /// Module part of the import.
        module: String,
        /// Name part of the import.
        name: String,
    },
    /// A dynamically linked module.
    #[error(
        "the module is a dynamic library (it has a `{section}` section), expected a whole program; link it statically, without `-shared` and `-pie`"
    )]
    Dynamic {
        /// Name of the section that gives it away.
        section: String,
    },
    /// Memory 0 is shared between threads.
    #[error(
        "memory 0 is shared between threads, expected an unshared one; build for a target without threads, such as wasm32-wasip1"
    )]
    SharedMemory,
    /// Memory 0 has 64-bit addresses.
    #[error("memory 0 has 64-bit addresses, preview 1 expects 32-bit ones; build for wasm32")]
    Memory64,
    /// Memory 0 has pages of an unusual size.
    #[error("memory 0 has pages of {found} bytes, expected 65536; build without custom page sizes")]
    PageSize {
        /// Length of a page in bytes.
        found: u64,
    },
    /// There is no memory.
    #[error(
        "the module has no memory, and a program that reads files has one; is this the right file?"
    )]
    NoMemory,
    /// Hosts reach memory by the export `memory`.
    #[error(
        "memory 0 is not exported as `memory` ({found}), and hosts reach it by that name; link with the memory exported, which is the default"
    )]
    MemoryNotExported {
        /// What the export `memory` is instead.
        found: String,
    },
    /// WASI before preview 1.
    #[error(
        "the module imports `wasi_unstable` `{name}`, expected `wasi_snapshot_preview1`; it was made for a WASI before preview 1, recompile it with a current SDK"
    )]
    Preview0 {
        /// The function imported.
        name: String,
    },
    /// Nothing in the module opens files.
    #[error(
        "nothing would read the image: the module imports no `path_*` function from `wasi_snapshot_preview1`; expected a program that opens files by WASI, such as one built for wasm32-wasip1"
    )]
    NoFileImports,
    /// The module has no connection to WASI.
    #[error(
        "nothing would read the image: the module makes no WASI calls (it imports nothing from `wasi_snapshot_preview1`); build the program for wasm32-wasip1, not for JavaScript, Emscripten or wasm32-unknown-unknown"
    )]
    NoWasi,
    /// The core module of a component, which uses a later WASI.
    #[error(
        "the module imports `{interface}`, expected `wasi_snapshot_preview1`; it was built for components, build it for wasm32-wasip1"
    )]
    Preview2 {
        /// The first interface of a later WASI that it imports.
        interface: String,
    },
    /// The adapter from preview 1 to components.
    #[error(
        "the module exports `path_open`, which programs import: it is a preview 1 adapter; pack the program, and give the adapter to `wasm-tools component new` afterwards"
    )]
    Adapter,
    /// An import has another type than preview 1 gives it.
    #[error(
        "the import `wasi_snapshot_preview1` `{name}` has the type {found}, preview 1 defines {expected}; the module was built against something else, recompile it with a current WASI SDK"
    )]
    ImportType {
        /// The function imported.
        name: String,
        /// Its type in the module.
        found: String,
        /// Its type in preview 1.
        expected: String,
    },
    /// The runtime talks another ABI.
    #[error(
        "the runtime in the module has ABI version {found}, this command has {expected}; write the matching library with `wasi-vfs lib -o libwasi_vfs.a` and relink, or use the wasi-vfs that built the module"
    )]
    AbiVersion {
        /// In the module.
        found: u32,
        /// Ours.
        expected: u32,
    },
    /// The anchor has a part that this version does not define.
    #[error(
        "the module was packed by a newer wasi-vfs: its anchor {what}; use the wasi-vfs that packed it"
    )]
    Newer {
        /// The unknown part.
        what: wasi_vfs_embedding::Unsupported,
    },
    /// The linked runtime is of another release.
    #[error(
        "the module was linked with the wasi-vfs runtime {found}, this command is {expected}; write the matching library with `wasi-vfs lib -o libwasi_vfs.a` and relink"
    )]
    RuntimeVersion {
        /// In the module.
        found: String,
        /// Ours.
        expected: String,
    },
    /// The linked runtime is incomplete.
    #[error(
        "the module was linked with libwasi_vfs.a but {what}; write the library again with `wasi-vfs lib -o libwasi_vfs.a`, relink, and run optimisers after packing"
    )]
    Linked {
        /// What is missing or wrong.
        what: String,
    },
    /// More than one runtime.
    #[error(
        "found {count} wasi-vfs images in the module (anchors at {addresses}), expected at most one; pack the original module again"
    )]
    AmbiguousAnchor {
        /// How many anchors there are.
        count: usize,
        /// Where they lie.
        addresses: String,
    },
    /// Pre-initialisation cannot handle the import.
    #[error(
        "the linked module imports a {kind} (`{module}` `{name}`), and Wizer handles imported functions only; link statically"
    )]
    LinkedImport {
        /// Kind of import.
        kind: &'static str,
        /// Module part of the import.
        module: String,
        /// Name part of the import.
        name: String,
    },
    /// Packed, and then rewritten by something else. The image is known.
    #[error(
        "the module was changed by another tool after packing ({what}); pack the original module, and run that tool on the result again"
    )]
    Rewritten {
        /// What does not match.
        what: String,
    },
    /// Packed, and then rewritten by something else. The image is not where it was.
    #[error(
        "the module was packed, and another tool has rewritten it since, so that its image cannot be found ({trace}); pack the original module, and try that tool with other options"
    )]
    Lost {
        /// How it is known that the module was packed.
        trace: String,
    },
    /// Linked, and calls the host past the runtime.
    #[error(
        "the module calls `{call}` past the runtime that was linked into it, because a part of it declares the call as an import of its own; Rust's standard library does so before Rust 1.94, Zig's does, and some crates do; link the program without libwasi_vfs.a, and `pack` merges the runtime in"
    )]
    Bypass {
        /// The first such call.
        call: String,
    },
    /// A part of the image is beyond what 32 bits address.
    #[error(
        "the {part} of the image has {len} bytes, and a module can hold {limit}; pack fewer files"
    )]
    TooLarge {
        /// Which part.
        part: &'static str,
        /// Its length.
        len: u64,
        /// The most there can be.
        limit: u64,
    },
    /// The module ran out of memory.
    #[error(
        "the module has no room for an image of {len} bytes in its memory; relink with a larger `--max-memory`, or pack fewer files"
    )]
    NoRoom {
        /// Length asked for.
        len: u32,
    },
    /// The memory cannot hold the application and the runtime.
    #[error(
        "there is no room in one memory: the module starts with {application} pages and the runtime with {region}, and a memory has at most 65536; pack with `--memory separate`"
    )]
    NoRoomForRegion {
        /// Pages of the application.
        application: u64,
        /// Pages of the runtime.
        region: u64,
    },
    /// A linked runtime has no memory of its own.
    #[error(
        "the module was linked with libwasi_vfs.a, so the runtime is in the program's own memory; link it without, and `pack --memory separate` merges the runtime in with a memory of its own"
    )]
    LinkedMemory,
    /// A memory of a linked program is of a kind that no snapshot is made of.
    #[error(
        "memory {memory} of the linked module is shared, or has 64-bit addresses or pages of another length than 64 KiB, and no snapshot is made of such a one; link it without libwasi_vfs.a, and packing merges the runtime in"
    )]
    LinkedMemoryType {
        /// Which memory.
        memory: usize,
    },
    /// More than half of what would lie in a linked program's memory is zeros.
    #[error(
        "cannot put the image into a linked module: more than half of its {len} bytes are zeros, which such a module leaves out, and no tool would take it for whole; add --compress, or link the module without libwasi_vfs.a"
    )]
    LinkedZeros {
        /// Stored bytes.
        len: usize,
    },
    /// Running the module to bake the image failed.
    #[error(
        "cannot bake the image into the module: {what}: {message}; if the module was linked with libwasi_vfs.a, link it without, and packing merges the runtime in"
    )]
    Bake {
        /// The step.
        what: &'static str,
        /// What the engine or Wizer said.
        message: String,
    },
    /// A data segment lies outside of its memory.
    #[error(
        "a data segment of {len} bytes at {offset:#x} lies outside memory {memory}, which has {size} bytes; the module cannot be instantiated, build it again"
    )]
    Segment {
        /// Index of the memory.
        memory: u32,
        /// Where the segment goes.
        offset: u64,
        /// Length of the segment.
        len: u64,
        /// Initial length of the memory.
        size: u64,
    },
    /// An anchor names a range that is not there.
    #[error(
        "the {part} of the image should be {len} bytes at {address:#x}, but {found}; the module was damaged, pack the original module again"
    )]
    ImageRange {
        /// Which part.
        part: &'static str,
        /// Where the anchor says it lies.
        address: u32,
        /// How long the anchor says it is.
        len: u32,
        /// What is there instead.
        found: String,
    },
    /// The index of the image is compressed and cannot be read.
    #[error(
        "the index of the image should be a zstd frame of {len} bytes, but {found}; the module was damaged, pack the original module again"
    )]
    StoredIndex {
        /// How long the anchor says it is.
        len: u32,
        /// What is there instead.
        found: String,
    },
    /// The runtime handed in does not follow the ABI.
    #[error(
        "the wasi-vfs runtime is not usable: {0}; this is a bug in wasi-vfs or its build, please report it"
    )]
    Runtime(String),
    /// The result is not valid.
    #[error(
        "the packed module is not valid: {0}; this is a bug in wasi-vfs, please report it with the module"
    )]
    Output(wasmparser::Error),
}

// Not as a source: the message above contains its own.
impl From<wasmparser::Error> for ModuleError {
    fn from(error: wasmparser::Error) -> Self {
        Self::Malformed(error)
    }
}

impl ModuleError {
    pub(super) fn rewritten(what: impl Into<String>) -> Self {
        Self::Rewritten { what: what.into() }
    }

    pub(super) fn bake(what: &'static str, message: impl ToString) -> Self {
        let message = message.to_string();
        Self::Bake { what, message }
    }
}

impl From<wasm_encoder::reencode::Error<ModuleError>> for ModuleError {
    /// Only the runtime is encoded anew, so a failure is the runtime's.
    fn from(error: wasm_encoder::reencode::Error<ModuleError>) -> Self {
        match error {
            wasm_encoder::reencode::Error::UserError(error) => error,
            wasm_encoder::reencode::Error::ParseError(error) => Self::Runtime(error.to_string()),
            other => Self::Runtime(other.to_string()),
        }
    }
}
