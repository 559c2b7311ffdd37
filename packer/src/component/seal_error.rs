//! The errors of sealing. Each message suggests a remedy.

use thiserror::Error;

/// The reason why a component has to import `wasi:filesystem`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SealError {
    /// An import or export uses a resource of `wasi:filesystem`.
    #[error(
        "--no-host-files cannot remove `wasi:filesystem`: {user} uses its resource `{resource}`, which the host would have to know; pack without the option, for a host with `wasi:filesystem`"
    )]
    Used {
        /// The import or export.
        user: String,
        /// The resource.
        resource: String,
    },
    /// An import needs a plain type of `wasi:filesystem`.
    #[error(
        "--no-host-files cannot remove `wasi:filesystem`: the import `{import}` uses the type `{name}` of `{interface}`; define the type in that import itself, or pack without the option, for a host with `wasi:filesystem`"
    )]
    Type {
        /// The import.
        import: String,
        /// The type.
        name: String,
        /// The interface that defines the type, with its version.
        interface: String,
    },
    /// An import is behind items that the outer component cannot repeat.
    #[error(
        "--no-host-files expects all imports of the component first, and the section at offset {offset:#x} comes before an import; pack each program with --no-host-files before composing"
    )]
    Order {
        /// Offset of the section.
        offset: u64,
    },
    /// An interface is no interface of WASI.
    #[error(
        "--no-host-files cannot answer the import `{interface}`: it {found}; build the component with the interfaces of WASI 0.2, or pack without the option"
    )]
    Interface {
        /// The interface with its version.
        interface: String,
        /// The item that WASI does not have.
        found: &'static str,
    },
    /// The outer component would not be valid.
    #[error(
        "--no-host-files cannot repeat the imports and exports of the component in an outer one: {0}; pack without the option, for a host with `wasi:filesystem`"
    )]
    Outer(wasmparser::Error),
}
