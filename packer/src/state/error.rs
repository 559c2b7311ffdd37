//! The error type of this module. Each message suggests a remedy.

use crate::module::ModuleError;
use thiserror::Error;

/// The reason why a module cannot keep the state of a start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The module is invalid or unsupported.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// A component.
    #[error(
        "this is a component, and only core modules can keep the state of a start; pack a core module, such as the output of `wasm32-wasip1`"
    )]
    Component,
    /// There is no image.
    #[error("the module has no packed files; pack it first, and take its state then")]
    NotPacked,
    /// A command runs once, in `_start`.
    #[error(
        "the module is a command: its export `_start` runs the program to its end, so no state remains to keep; build a reactor, for example with `-mexec-model=reactor`"
    )]
    Command,
    /// The module has a state already.
    #[error(
        "the module already keeps the state of a start; pack the original module again, and start that"
    )]
    Second,
    /// The host owns a part of the state.
    #[error(
        "the module imports the {kind} `{module}` `{name}`, which belongs to the host; link it so that the module defines the {kind}"
    )]
    Imported {
        /// The kind of item.
        kind: &'static str,
        /// Module part of the import.
        module: String,
        /// Name part of the import.
        name: String,
    },
    /// A memory of an unusual type.
    #[error(
        "memory {number} is shared, has 64-bit addresses or pages of an unusual size; build for wasm32 without threads"
    )]
    MemoryType {
        /// Its number.
        number: u32,
    },
    /// A global that holds no number.
    #[error(
        "global {number} has the type {ty} and may change, and only i32, i64, f32 and f64 can be kept; build without reference types and vectors in globals"
    )]
    GlobalType {
        /// Its number.
        number: u32,
        /// Its type.
        ty: String,
    },
    /// An export has a reserved name.
    #[error(
        "the module exports `{name}`, and names that start with `wasi_vfs_state_` are reserved; rename the export, or name the packed module instead of the prepared one"
    )]
    Taken {
        /// The name.
        name: String,
    },
    /// A data segment with a computed address.
    #[error(
        "data segment {number} has no constant address; link the module statically, without `-shared` and `-pie`"
    )]
    Segment {
        /// Its number.
        number: usize,
    },
    /// The bytes are no state.
    #[error(
        "this is no file with the state of a module: {what}; write it as docs/EMBEDDING.md shows"
    )]
    File {
        /// The found content.
        what: String,
    },
    /// The host did not copy an export.
    #[error(
        "the state lacks `{name}`; copy all exports of the prepared module that start with `wasi_vfs_state_`"
    )]
    Missing {
        /// Name of the export.
        name: String,
    },
    /// The state belongs to another module.
    #[error(
        "the state belongs to another packed module; prepare this module, run the result, and copy its state"
    )]
    OtherModule,
    /// A memory of an impossible length.
    #[error("memory {number} of the state has {found} bytes, expected {expected}; copy it again")]
    MemoryLen {
        /// Its number.
        number: u32,
        /// The length in the state.
        found: usize,
        /// The possible lengths.
        expected: String,
    },
    /// The program has not returned.
    #[error(
        "the stack pointer (global {global}) is {found}, and was {expected} before the start: a call was still running or has thrown; copy the state after all calls have returned"
    )]
    Stack {
        /// Number of the global.
        global: u32,
        /// The value in the state.
        found: u64,
        /// The initial value.
        expected: u64,
    },
    /// The program changed a table.
    #[error(
        "the program changed a table, and no module can keep that; start it without `dlopen`, `wasm-bindgen` and functions that are added at run time"
    )]
    ChangedTable,
    /// The program dropped a segment.
    #[error(
        "the program dropped a data or element segment, and no module can keep that; build it without passive segments, as for one thread"
    )]
    DroppedSegment,
    /// An export that does not exist.
    #[error("the module exports no function `{name}`; it exports {exports}")]
    UnknownExport {
        /// The given name.
        name: String,
        /// Existing names.
        exports: String,
    },
    /// `_initialize` would run again.
    #[error(
        "the host would call `_initialize` a second time, which resets or traps the program; add `--done _initialize`"
    )]
    Initialize,
    /// A result without a zero.
    #[error(
        "`{name}` returns a reference, so it cannot become a function that does nothing; wrap it in an export without results"
    )]
    Result {
        /// Name of the export.
        name: String,
    },
    /// The state is long.
    #[error(
        "the state adds {added} bytes to the module, more than the limit of {limit}; let the program do less at its start, or raise the limit"
    )]
    TooLong {
        /// The added bytes.
        added: u64,
        /// The limit.
        limit: u64,
    },
    /// The cache cannot be emptied.
    #[error(
        "the runtime in the module fails on the state: {0}; copy the state after all calls have returned, and take it again"
    )]
    Rest(String),
    /// The image is not where it should be.
    #[error(
        "the module with the state does not hold the packed files any more; copy the state again, after all calls have returned"
    )]
    Image,
}

impl StateError {
    pub(super) fn file(what: impl Into<String>) -> Self {
        Self::File { what: what.into() }
    }
}

/// Errors of the parser are errors of the module.
impl From<wasmparser::Error> for StateError {
    fn from(error: wasmparser::Error) -> Self {
        Self::Module(error.into())
    }
}
