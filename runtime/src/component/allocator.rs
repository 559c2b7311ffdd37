//! The program's allocator.

/// Allocates memory of the program.
pub trait Allocator {
    /// Returns the address of new memory, by the allocator of the lowering that the program
    /// called. The server checks the address.
    fn realloc(&self, lowering: u32, align: u32, len: u32) -> u32;
}
