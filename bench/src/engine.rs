//! The engines that modules run in. The programs that measure are in
//! `engines/`; they print JSON that is checked and set beside each other here.

use crate::command::Command;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    Wasmtime,
    Node,
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Wasmtime, Self::Node];

    /// What tables call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Wasmtime => "wasmtime",
            Self::Node => "Node",
        }
    }

    /// One of the programs that there are for it.
    pub(crate) fn program(self, name: &str) -> Command {
        match self {
            Self::Wasmtime => Command::new(".tools/venv/bin/python")
                .with(&format!("bench/engines/{name}_wasmtime.py")),
            Self::Node => Command::new(".tools/node --no-warnings --expose-gc")
                .with(&format!("bench/engines/{name}_node.mjs")),
        }
    }
}
