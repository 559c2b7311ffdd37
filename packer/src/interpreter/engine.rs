//! The engine of interpreted programs.

use wasmi::{CompilationMode, Config};

/// Nested calls of a program. The engine keeps them on the heap, and interpreters in the
/// program nest a few for each call of their own.
const MAX_RECURSION_DEPTH: usize = 100_000;

/// Bytes of values on the stack of those calls.
const MAX_STACK_LEN: usize = 64 << 20;

/// The settings of the engine.
#[must_use]
pub fn config() -> Config {
    let mut config = Config::default();
    config
        // Functions that never run cost nothing, so large modules start quickly.
        .compilation_mode(CompilationMode::Lazy)
        .ignore_custom_sections(true)
        .set_max_recursion_depth(MAX_RECURSION_DEPTH)
        .set_max_stack_height(MAX_STACK_LEN);
    config
}
