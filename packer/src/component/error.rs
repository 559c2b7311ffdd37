//! The error type of components. Each message suggests a remedy.

use crate::component::seal_error::SealError;
use crate::component::wire_error::WireError;
use crate::module::ModuleError;
use thiserror::Error;

/// The reason why a component cannot be packed, or why its image cannot be found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// The bytes are not a valid component.
    #[error("not a valid component: {0}; the file may be cut off or damaged, build it again")]
    Malformed(String),
    /// The file cannot be read.
    #[error("cannot read the component; check the disk or the connection to it, and try again")]
    Read(#[source] std::io::Error),
    /// The component exceeds a limit.
    #[error(
        "it has {found} {what}, more than the {limit} that engines allow; the file may be damaged, build it again"
    )]
    TooMany {
        /// The kind of item, in the plural.
        what: &'static str,
        /// The number.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// An error of one core module.
    #[error("core module {number} at offset {offset:#x} of the component")]
    Module {
        /// The number of the core module, in the order of the file.
        number: usize,
        /// The offset of its first byte in the component.
        offset: u64,
        /// The reason.
        #[source]
        source: ModuleError,
    },
    /// Several core modules open files by preview 1.
    #[error(
        "several core modules of the component open files, at offsets {offsets}, and only one can be packed; pack each program before composing them"
    )]
    SeveralPrograms {
        /// The offsets of the modules in the component.
        offsets: String,
    },
    /// Several core modules have an image.
    #[error(
        "several core modules of the component hold an image, at offsets {offsets}; read each packed component before it was composed"
    )]
    SeveralImages {
        /// The offsets of the modules in the component.
        offsets: String,
    },
    /// A core module uses files of a later WASI, without the adapter.
    #[error(
        "core module {number} at offset {offset:#x} of the component imports `{interface}`, expected files of `wasi_snapshot_preview1`; build the program for wasm32-wasip1, and make it a component with `wasm-tools component new --adapt`"
    )]
    Native {
        /// The number of the core module, in the order of the file.
        number: usize,
        /// The offset of its first byte in the component.
        offset: u64,
        /// The interface.
        interface: String,
    },
    /// The packed component would be longer than engines allow.
    #[error(
        "the packed core module has {len} bytes, and engines allow {limit} in a component; pack fewer files, or add --compress"
    )]
    TooLong {
        /// The length of the core module, or of the nested component with it.
        len: u64,
        /// The limit.
        limit: u64,
    },
    /// The component cannot be wired.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The component cannot do without `wasi:filesystem`.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The program of the component needs more than preview 1.
    #[error("the program of the component also imports `{import}`, which is in the component")]
    MoreImports {
        /// The module of the first such import.
        import: String,
    },
    /// No core module opens files.
    #[error(
        "nothing would read the image: the component opens no files; expected a program that opens files by WASI, such as one built for wasm32-wasip1 and made a component with `wasm-tools component new --adapt`"
    )]
    NoFileImports,
}

impl From<wasmparser::Error> for ComponentError {
    // Not as a source: the message above contains its own.
    fn from(error: wasmparser::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}
