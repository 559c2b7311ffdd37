//! How the runtime is bound to the application.

/// How the runtime is bound to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Linked. Index and payload are in the application's memory.
    Linked,
    /// Merged into the module.
    Merged(MemoryKind),
    /// Wired into a component, as a core module.
    Wired(MemoryKind),
}

/// Where the memory of a merged runtime is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryKind {
    /// A memory of its own, which the application cannot access. Requires multi-memory.
    #[default]
    Separate,
    /// The application's memory, above the application's own pages. Requires bulk
    /// memory.
    Single,
}
