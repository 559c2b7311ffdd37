//! The differential oracle: random programs of preview 1 calls on random trees, in
//! packed modules and on the same directory under wasmtime.
//!
//! The program is `guests/c/oracle.c`, which prints a line for each operation. This
//! module has the trees, the engine, the accepted differences between two lines, and the
//! reduction of a failing program.

pub mod changing;
pub mod difference;
pub mod host;
pub mod line;
pub mod program;
pub mod read_only;
pub mod tally;
pub mod tree;
