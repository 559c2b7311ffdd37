//! The error type of this module. Each message suggests a remedy.
//!
//! A corrupt image is an error of the format, and not one of these.

use thiserror::Error;

/// The reason why a module cannot be packed, or why its image cannot be found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// The bytes are no module.
    #[error(
        "not a WebAssembly module: found {found}, expected a file that starts with the bytes `00 61 73 6d` (\"\\0asm\"); give the compiled .wasm file"
    )]
    NotWasm {
        /// The first bytes.
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
        "this is a component, expected a core module; give the whole component to `wasi-vfs pack`, which packs the program inside"
    )]
    Component,
    /// The input is not valid WebAssembly.
    #[error(
        "not a valid WebAssembly module: {0}; the file may be cut off or damaged, build it again"
    )]
    Malformed(wasmparser::Error),
    /// The file is an image without a module.
    #[error("the file is an image, expected a module; name a module, and the image with --from")]
    Image,
    /// The module keeps the state of a start.
    #[error(
        "the module keeps the state of a start, in which other files would be missing; pack the original module again, and start that"
    )]
    Started,
    /// The module exceeds a limit of engines.
    #[error(
        "it has {found} {what}, more than the {limit} that engines allow; the file may be damaged, build it again"
    )]
    TooMany {
        /// The kind of item, in the plural.
        what: &'static str,
        /// The stated number.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The module and the runtime together exceed a limit of engines.
    #[error(
        "with the runtime the module would have {found} {what}, more than the {limit} that engines allow; build it with fewer, or with `--memory single` if it has too many memories"
    )]
    Full {
        /// The kind of item, in the plural.
        what: &'static str,
        /// The number with the runtime.
        found: u64,
        /// The limit.
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
        /// Name of the section of dynamic libraries.
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
    /// A writable module exports functions under fixed names.
    #[error(
        "the module exports `{name}`, and a writable module needs that name to save changes; rename the export"
    )]
    ExportTaken {
        /// The name.
        name: String,
    },
    /// Hosts reach memory by the export `memory`.
    #[error(
        "memory 0 is not exported as `memory` ({found}), and hosts reach it by that name; link with the memory exported, which is the default"
    )]
    MemoryNotExported {
        /// The item with that name, if any.
        found: String,
    },
    /// WASI before preview 1.
    #[error(
        "the module imports `wasi_unstable` `{name}` and has {other}, and pack converts `wasi_unstable` only where nothing else uses WASI; recompile all of it with a current SDK"
    )]
    Preview0 {
        /// The function imported.
        name: String,
        /// The other user of WASI.
        other: &'static str,
    },
    /// Nothing in the module opens files.
    #[error(
        "nothing would read the image: the module imports no `path_*` function of WASI; expected a program that opens files by WASI, such as one built for wasm32-wasip1"
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
        "the module exports `path_open`, which programs import: it is a preview 1 adapter; pack the program, or the component that `wasm-tools component new` made of both"
    )]
    Adapter,
    /// An import does not have its preview 1 type.
    #[error(
        "the import `{name}` of WASI has the type {found}, expected {expected}; recompile the module with a current WASI SDK"
    )]
    ImportType {
        /// The function imported.
        name: String,
        /// Its type in the module.
        found: String,
        /// Its type in preview 1.
        expected: String,
    },
    /// The runtime has another ABI version.
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
        /// The missing or wrong part.
        what: String,
    },
    /// The record of the writable directories names an inode that is no directory.
    #[error(
        "the module lists inode {number} as a writable directory, and its image has no such directory; pack the original module again"
    )]
    WritableInode {
        /// The number of the inode.
        number: u32,
    },
    /// The linked runtime keeps no changes.
    #[error(
        "the module was linked with a runtime that cannot write; write the library again with `wasi-vfs lib --writable -o libwasi_vfs.a` and relink, or pack without writable directories"
    )]
    LinkedReadOnly,
    /// The module has more than one runtime.
    #[error(
        "found {count} wasi-vfs images in the module (anchors at {addresses}), expected at most one; pack the original module again"
    )]
    AmbiguousAnchor {
        /// How many anchors there are.
        count: usize,
        /// Their addresses.
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
    /// Another tool changed the packed module. Its image is found.
    #[error(
        "the module was changed by another tool after packing ({what}); pack the original module, and run that tool on the result again"
    )]
    Rewritten {
        /// The mismatch.
        what: String,
    },
    /// Another tool changed the packed module. Its image is lost.
    #[error(
        "another tool changed the packed module, so its image cannot be found ({trace}); pack the original module, and try that tool with other options"
    )]
    Lost {
        /// The sign that the module was packed.
        trace: String,
    },
    /// The module is the runtime of a packed component, without the component.
    #[error(
        "the module is the runtime of a packed component, expected a program; give the component instead"
    )]
    RuntimeOfComponent,
    /// A linked module has calls that bypass the runtime.
    #[error(
        "calls of `{call}` bypass the linked runtime, because a library declares that import itself, such as Rust's standard library before 1.94 or Zig's; link the program without libwasi_vfs.a, and `pack` merges the runtime"
    )]
    Bypass {
        /// The first bypassing call.
        call: String,
    },
    /// A part of the image is longer than 32-bit addresses allow.
    #[error(
        "the {part} of the image has {len} bytes, and a module can hold {limit}; pack fewer files"
    )]
    TooLarge {
        /// The part.
        part: &'static str,
        /// Length of the part.
        len: u64,
        /// The limit.
        limit: u64,
    },
    /// The module ran out of memory.
    #[error(
        "the module has no room for an image of {len} bytes in its memory; relink with a larger `--max-memory`, or pack fewer files"
    )]
    NoRoom {
        /// The requested length.
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
    /// A linked runtime cannot have a memory of its own.
    #[error(
        "the module was linked with libwasi_vfs.a, so the runtime is in the program's own memory; link the module without it, and `pack --memory separate` merges a runtime with a memory of its own"
    )]
    LinkedMemory,
    /// Wizer takes no snapshot of this type of memory.
    #[error(
        "memory {memory} of the linked module is shared, has 64-bit addresses, or has custom pages, which pre-initialisation does not support; link it without libwasi_vfs.a, and `pack` merges the runtime"
    )]
    LinkedMemoryType {
        /// Number of the memory.
        memory: usize,
    },
    /// More than half of the image of a linked program would be zeros.
    #[error(
        "more than half of the {len} bytes of the image are zeros, which a linked module omits, so no tool could read the image; add --compress, or link the module without libwasi_vfs.a"
    )]
    LinkedZeros {
        /// Stored bytes.
        len: usize,
    },
    /// Running the module to bake the image failed.
    #[error(
        "cannot bake the image into the module: {what}: {message}; if the module was linked with libwasi_vfs.a, link it without, and `pack` merges the runtime"
    )]
    Bake {
        /// The step.
        what: &'static str,
        /// The message of the engine or of Wizer.
        message: String,
    },
    /// A data segment lies outside of its memory.
    #[error(
        "a data segment of {len} bytes at {offset:#x} lies outside memory {memory}, which has {size} bytes; the module cannot be instantiated, build it again"
    )]
    Segment {
        /// Index of the memory.
        memory: u32,
        /// Address of the segment.
        offset: u64,
        /// Length of the segment.
        len: u64,
        /// Initial length of the memory.
        size: u64,
    },
    /// An anchor records a range outside the module's data.
    #[error(
        "the {part} of the image should be {len} bytes at {address:#x}, but {found}; the module was damaged, pack the original module again"
    )]
    ImageRange {
        /// The part.
        part: &'static str,
        /// The recorded address.
        address: u32,
        /// The recorded length.
        len: u32,
        /// The found content.
        found: String,
    },
    /// The index of the image is compressed and cannot be read.
    #[error(
        "the index of the image should be a zstd frame of {len} bytes, but {found}; the module was damaged, pack the original module again"
    )]
    StoredIndex {
        /// The recorded length.
        len: u32,
        /// The found content.
        found: String,
    },
    /// The given runtime does not follow the ABI.
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
    /// Only the runtime is re-encoded, so the runtime causes every failure.
    fn from(error: wasm_encoder::reencode::Error<ModuleError>) -> Self {
        match error {
            wasm_encoder::reencode::Error::UserError(error) => error,
            wasm_encoder::reencode::Error::ParseError(error) => Self::Runtime(error.to_string()),
            other => Self::Runtime(other.to_string()),
        }
    }
}
