//! The forms: the ways in which a runtime and an application share a module.

/// The linker put the runtime into the application. Both use memory 0.
pub const FORM_LINKED: u32 = 1;
/// `pack` appended the runtime. It has a memory of its own.
pub const FORM_MERGED: u32 = 2;
/// `pack` appended the runtime. Its memory is a region of memory 0, above the
/// application's pages.
pub const FORM_MERGED_SINGLE: u32 = 3;
/// `pack` wired the runtime into a component. The runtime is a core module with a memory
/// of its own, and imports the application's.
pub const FORM_WIRED: u32 = 4;
/// `pack` wired the runtime into a component. The runtime is a core module that imports
/// the application's memory, and claims a region of it when it starts.
pub const FORM_WIRED_SINGLE: u32 = 5;
