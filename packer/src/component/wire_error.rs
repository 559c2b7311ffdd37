//! The errors of wiring. Each message suggests a remedy.

use crate::module::ModuleError;
use thiserror::Error;

/// The reason why a component cannot be wired, or why its image cannot be removed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WireError {
    /// No component opens files by WASI 0.2 or 0.3.
    #[error(
        "nothing would read the image: the component opens no files; expected a program that opens files by WASI, such as one built for wasm32-wasip2, or for wasm32-wasip1 and made a component with the adapter"
    )]
    NoFiles,
    /// Core modules answer the calls of WASI.
    #[error(
        "nothing would read the image: core modules of the component answer `{interface}` themselves, so it does not import WASI; build it without stubs, such as without `--stub-wasi` of componentize-py"
    )]
    Stubbed {
        /// The interface.
        interface: String,
    },
    /// The component uses files of another version of WASI.
    #[error(
        "the component opens files by `{interface}`, and only WASI 0.2 and 0.3 are supported; build it for wasm32-wasip2, or with bindings of WASI 0.3"
    )]
    Version {
        /// The interface with its version.
        interface: String,
    },
    /// The component uses files of a release candidate of WASI.
    #[error(
        "the component opens files by `{interface}`, a release candidate with other functions than the release; update the toolchain and its bindings to a release of WASI 0.2 or 0.3, and build the component again"
    )]
    Candidate {
        /// The interface with its version.
        interface: String,
    },
    /// Several nested components use files.
    #[error(
        "several components in the component use files, at offsets {offsets}, and only one can be packed; pack each before composing them"
    )]
    SeveralUsers {
        /// Offsets of the components.
        offsets: String,
    },
    /// The imports have too many types of directory entries or results.
    #[error(
        "the functions of `wasi:filesystem` return more than {limit} different types of entries or results; import fewer versions"
    )]
    TooManyTypes {
        /// The most that are supported.
        limit: usize,
    },
    /// There are far more lowerings than any toolchain makes.
    #[error(
        "the component lowers functions of files more than {limit} times; the file may be damaged, build it again"
    )]
    TooManyLowerings {
        /// The limit.
        limit: usize,
    },
    /// The lowerings name two memories.
    #[error(
        "the component reads files into two memories: `{first}` and `{second}` are lowered with different ones; link the program into one memory"
    )]
    SeveralMemories {
        /// A function with one memory.
        first: String,
        /// A function with another memory.
        second: String,
    },
    /// The memory of the program is not a plain one.
    #[error(
        "the memory of the program is {found}, expected an unshared one with 32-bit addresses; build the program for wasm32-wasip2"
    )]
    Memory {
        /// The kind of memory.
        found: &'static str,
    },
    /// A lowering has an unsupported option.
    #[error(
        "`{function}` is lowered with {found}, expected {expected}; build the program with the toolchain's default canonical options"
    )]
    LoweringOption {
        /// The function.
        function: String,
        /// The option.
        found: &'static str,
        /// The supported option.
        expected: &'static str,
    },
    /// A function does not have its type in WASI.
    #[error(
        "`{function}` of `{interface}` has the core type {found}, expected {expected}; build the component with the interfaces of the WASI release"
    )]
    Signature {
        /// The function.
        function: String,
        /// The interface with its version.
        interface: String,
        /// Its type in the component.
        found: String,
        /// Its type in WASI.
        expected: String,
    },
    /// A handle of the runtime may reach a function that does not know it.
    #[error(
        "{user} may receive a handle of type `{resource}` that belongs to a packed file, and only functions of `wasi:filesystem` and `wasi:io` accept such a handle; pass the bytes of the file instead, or add --allow-escape if only handles of the host are passed"
    )]
    Escape {
        /// The import or export.
        user: String,
        /// The resource.
        resource: &'static str,
    },
    /// A core module needs all of its memory for itself.
    #[error(
        "core module {number} cannot share its memory: {found}; pack without `--memory single`, and use an engine with multi-memory, such as wasmtime or `jco transpile --multi-memory`"
    )]
    SingleMemory {
        /// Number of the core module.
        number: usize,
        /// The reason.
        found: &'static str,
    },
    /// The memory of the program cannot grow by the region of the runtime.
    #[error(
        "the memory of the program starts with {minimum} pages and may have {maximum}, and `--memory single` needs {needed} more pages for the runtime; build the program with a larger maximum, or pack without `--memory single`"
    )]
    NoRoom {
        /// Its initial length in pages.
        minimum: u64,
        /// Its maximum in pages.
        maximum: u64,
        /// The pages of the runtime.
        needed: u64,
    },
    /// A nested component refers to a core module behind the inserted ones.
    #[error(
        "a nested component at offset {offset:#x} refers to core module {number} of its parent, which wiring renumbers; build the nested component separately"
    )]
    OuterModule {
        /// Offset of the nested component.
        offset: u64,
        /// Number of the module in the parent.
        number: u32,
    },
    /// A start function would call the runtime before it exists.
    #[error(
        "the start function of core module {number} uses files, and it runs before the runtime exists; link the program so that its start code runs in an exported function, such as `_initialize`"
    )]
    EarlyStart {
        /// Number of the core module.
        number: u32,
    },
    /// The image could not be removed again without a change.
    #[error(
        "the component has an unusual encoding, which packing could not restore ({what}); encode it again before packing, with `wasm-tools print` and `wasm-tools parse`"
    )]
    Unusual {
        /// The first difference.
        what: String,
    },
    /// Another tool changed the packed component.
    #[error(
        "the component was changed by another tool after packing ({what}); pack the original component, and run that tool on the result again"
    )]
    Rewritten {
        /// The mismatch.
        what: String,
    },
    /// The runtime cannot be built.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The result is not valid.
    #[error(
        "the packed component is not valid: {0}; this is a bug in wasi-vfs, please report it with the component"
    )]
    Output(wasmparser::Error),
}

impl WireError {
    pub(crate) fn rewritten(what: impl Into<String>) -> Self {
        Self::Rewritten { what: what.into() }
    }
}
