//! The forms of a packed module.

/// How the runtime is bound to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Linked in; index and payload lie in the application's memory.
    Linked,
    /// Merged in.
    Merged(MemoryKind),
}

/// Where the memory of a merged runtime is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryKind {
    /// A memory of its own, out of the application's reach. Engines without
    /// multi-memory refuse the module.
    #[default]
    Separate,
    /// The application's memory, above the application's own pages. Any engine
    /// with bulk memory takes the module.
    Single,
}
