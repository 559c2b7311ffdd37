//! Modules that are run beside each other, packed or not.

use crate::program::Program;

/// Where everything that a run makes is kept.
pub(crate) const WORK: &str = "target/bench";

/// The command under test.
pub(crate) const WASI_VFS: &str = "target/release/wasi-vfs";

/// A module that is run, packed or not.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    /// One word, by which the programs in `engines/` name it.
    pub(crate) name: String,
    /// What tables call it.
    pub(crate) title: String,
    path: String,
    is_preopened: bool,
}

impl Variant {
    /// Any module.
    pub(crate) fn new(name: &str, title: &str, path: &str) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            path: path.into(),
            is_preopened: false,
        }
    }

    /// The program as it is.
    pub(crate) fn bare(program: Program) -> Self {
        let title = format!("{}, not packed", program.bare_title());
        Self::new(program.name(), &title, &program.path())
    }

    /// The program as it is, with the directory preopened.
    pub(crate) fn host(program: Program) -> Self {
        let title = format!("{}, directory preopened", program.bare_title());
        Self {
            is_preopened: true,
            ..Self::new("host", &title, &program.path())
        }
    }

    /// Where it is, as the programs in `engines/` are told: with `host:` before
    /// it if it gets the directory preopened.
    pub(crate) fn path(&self) -> String {
        let host = if self.is_preopened { "host:" } else { "" };
        format!("{host}{}", self.path)
    }

    /// The module by itself.
    pub(crate) fn module(&self) -> &str {
        &self.path
    }
}

/// Variants as arguments of the programs in `engines/`.
pub(crate) fn words(variants: &[Variant]) -> String {
    let word = |variant: &Variant| format!("{}={}", variant.name, variant.path());
    variants.iter().map(word).collect::<Vec<_>>().join(" ")
}
