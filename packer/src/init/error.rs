//! Errors of a start at pack time. Each names the line of the script, and suggests a remedy.

use crate::state::StateError;
use std::fmt;
use thiserror::Error;

/// The reason why a program cannot start at pack time.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InitError {
    /// A line of the script is wrong, or does not suit the module.
    #[error("{place}: {what}")]
    Line {
        /// The line.
        place: Place,
        /// The fault and its remedy.
        what: String,
    },
    /// A call failed.
    #[error("{place}: `{export}` {what}")]
    Call {
        /// The line with the call.
        place: Place,
        /// The called export.
        export: String,
        /// The failure and its remedy.
        what: String,
    },
    /// The interpreter does not support the module.
    #[error(
        "the built-in interpreter cannot run the module: {0}; prepare it with \
         `wasi-vfs snapshot --prepare`, and start it in your own engine"
    )]
    Engine(String),
    /// The module has an import that is no function.
    #[error(
        "the module imports `{module}` `{name}`, which is no function; prepare it with \
         `wasi-vfs snapshot --prepare`, and start it in your own host"
    )]
    Import {
        /// Module part of the import.
        module: String,
        /// Name part of the import.
        name: String,
    },
    /// Each instance would have the same random numbers.
    #[error(
        "initialisation drew random numbers {}, and {allowed} draws are allowed; every instance \
         would have the same: seeds, keys and hash tables could be guessed. Draw them later, or \
         allow them with --init-allow-random {drawn} if the program draws new ones before it \
         needs secret numbers",
        times(*drawn)
    )]
    Random {
        /// Calls of `random_get`.
        drawn: u64,
        /// The allowed calls.
        allowed: u64,
    },
    /// The module cannot keep its state.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The position of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a script.
    Line {
        /// The name of the script.
        script: String,
        /// The number of the line, from 1.
        line: usize,
    },
    /// An export without a script.
    Export,
    /// In front of the calls of the user.
    Before,
    /// Behind the calls of the user.
    After,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { script, line } => write!(f, "`{script}` line {line}"),
            Self::Export => write!(f, "initialisation"),
            Self::Before => write!(f, "before the first call"),
            Self::After => write!(f, "after the last call"),
        }
    }
}

fn times(count: u64) -> String {
    match count {
        1 => "once".into(),
        _ => format!("{count} times"),
    }
}

impl Place {
    /// The error of a line.
    pub(super) fn error(&self, what: impl Into<String>) -> InitError {
        InitError::Line {
            place: self.clone(),
            what: what.into(),
        }
    }
}
