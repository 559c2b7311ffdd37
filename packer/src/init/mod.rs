//! Starts a program at pack time, so that its instances continue from there.
//!
//! The packed module runs in the interpreter with a closed host: fixed clocks, no files except
//! the packed ones, no output. For example, `Init::export("wizer.initialize")` calls this
//! export, and the packed module has the memory and the globals that the call left. A script
//! has several calls with arguments. `script` has its grammar.
//!
//! Owns the start. [`state`](crate::state) writes the module.

mod error;
mod handles;
mod machine;
mod place;
mod run;
mod script;
#[cfg(test)]
mod tests;
mod world;

pub use error::{InitError, Place};
pub use run::Started;

use crate::state::prepare;
use script::{Call, Script};

/// The calls that start a program at pack time.
///
/// If the module exports `_initialize` and no call names it, this is the first call.
#[derive(Clone, Debug)]
pub struct Init {
    script: Script,
    allowed_random_count: u64,
}

impl Init {
    /// Calls one export, which must have no parameters. Later calls of the export do nothing.
    pub fn export(name: &str) -> Self {
        let script = Script {
            calls: vec![Call::once(name, Place::Export)],
            ..Script::default()
        };
        Self {
            script,
            allowed_random_count: 0,
        }
    }

    /// Runs the calls of a script. The guide describes its grammar. Errors call it `name`.
    ///
    /// # Errors
    ///
    /// A line does not follow the grammar.
    pub fn script(text: &str, name: &str) -> Result<Self, InitError> {
        Ok(Self {
            script: Script::parse(text, name)?,
            allowed_random_count: 0,
        })
    }

    /// Allows `count` calls of `random_get`. All instances have the same bytes of these calls.
    pub fn allow_random(mut self, count: u64) -> Self {
        self.allowed_random_count = count;
        self
    }

    /// Starts a packed module in the interpreter.
    ///
    /// # Errors
    ///
    /// The module cannot keep a state, a call fails, or the program does something that later
    /// instances would miss. See [`InitError`].
    pub fn start(&self, packed: &[u8]) -> Result<Started, InitError> {
        let started = run::run(&prepare(packed)?, &self.script)?;
        let (drawn, allowed) = (started.random_count, self.allowed_random_count);
        if drawn > allowed {
            return Err(InitError::Random { drawn, allowed });
        }
        Ok(started)
    }
}
