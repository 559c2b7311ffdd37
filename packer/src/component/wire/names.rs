//! Names of imports and exports of the inserted core modules. Unwiring relies on them.

/// The instance that the runtime imports: everything of the program and of the host.
pub(super) const PROGRAM: &str = "program";

/// The memory of the program, in [`PROGRAM`].
pub(super) const MEMORY: &str = "memory";

/// Prefix of the intercepted functions in [`PROGRAM`], before the number of the lowering.
pub(super) const LOWERED_PREFIX: &str = "lowered ";

/// Prefix of the allocators in [`PROGRAM`].
pub(super) const REALLOC_PREFIX: &str = "realloc ";

/// Prefix of the other functions of the host in [`PROGRAM`].
pub(super) const HOST_PREFIX: &str = "host ";

/// The shim, from which the fixup imports [`TABLE`].
pub(super) const SHIM: &str = "shim";

/// The table of the shim.
pub(super) const TABLE: &str = "table";

/// The runtime, from which the fixup imports the entries.
pub(super) const RUNTIME: &str = "runtime";

/// A name with a number.
pub(super) fn numbered(prefix: &str, number: usize) -> String {
    format!("{prefix}{number}")
}
