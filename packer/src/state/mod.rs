//! Modules that start instantly: they keep the state of a start.
//!
//! A reactor, such as a language interpreter with exports, may take seconds before it is
//! ready. [`prepare`] adds exports to a packed module. A host runs the result, calls the
//! exports that make the program ready, and copies memories and globals into a [`State`].
//! [`finish`] then writes a packed module that starts in this state. For example, the program
//! reads `/lib/start.rb` in `_initialize`. The finished module has the memory as it is then,
//! and its `_initialize` does nothing.

mod difference;
mod error;
mod file;
mod finish;
mod instrument;
mod names;
mod program;
mod stack;
#[cfg(test)]
mod tests;

pub use error::StateError;
pub use file::State;
pub(crate) use file::Value;
pub use finish::{DEFAULT_ADDED_LIMIT, Finished, Limits};
pub(crate) use names::PREFIX as EXPORT_PREFIX;

use program::Program;

/// The packed module with exports for its state, to run once.
///
/// # Errors
///
/// The module has no packed files, or a state that cannot be kept: it is a command, a
/// component, or a part of its state belongs to the host.
pub fn prepare(packed: &[u8]) -> Result<Vec<u8>, StateError> {
    let program = Program::parse(packed)?;
    instrument::instrumented(&program, digest(packed))
}

/// The packed module in the state that a host copied from [`prepare`]'s result. `done` names
/// the exports that ran. They do nothing in the result, and return zeros if they have results.
///
/// # Errors
///
/// The state belongs to another module, was copied during a call, or cannot be kept.
pub fn finish(
    packed: Vec<u8>,
    state: &State,
    done: &[String],
    limits: Limits,
) -> Result<Finished, StateError> {
    if state.digest != digest(&packed) {
        return Err(StateError::OtherModule);
    }
    finish::finished(&packed, state, done, limits)
}

/// The digest of a packed module, by which a state names it.
fn digest(packed: &[u8]) -> [u64; names::DIGEST_COUNT] {
    let hash = blake3::hash(packed);
    let (parts, _) = hash.as_bytes().as_chunks::<8>();
    let mut digest = [0; names::DIGEST_COUNT];
    for (to, from) in digest.iter_mut().zip(parts) {
        *to = u64::from_le_bytes(*from);
    }
    digest
}
