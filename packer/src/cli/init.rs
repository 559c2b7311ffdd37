//! The options that start the program when it is packed.

use super::size::parse_len;
use super::{input, text};
use anyhow::{Context, Result};
use clap::Args;
use std::path::Path;
use wasi_vfs::Packer;
use wasi_vfs::init::Init;

#[derive(Debug, Args)]
pub(super) struct InitOptions {
    /// Start the program now, by a script of calls or by one export
    ///
    /// The packed module keeps the memory that the calls leave, so that later instances
    /// continue there. A path with `.` or `/` names a script, if the file exists. Any other
    /// argument is an export without parameters, which later does nothing. The module must
    /// be a reactor.
    ///
    /// The program runs in an interpreter with its packed files, fixed clocks and an empty
    /// environment. It cannot write output, exit, or call imports other than preview 1.
    #[arg(long, value_name = "FILE_OR_EXPORT")]
    init: Option<String>,

    /// Let the program draw N times random bytes in --init [default: 0]
    ///
    /// All later instances have the same random bytes. Anyone who has the module knows them.
    #[arg(long, value_name = "N", requires = "init")]
    init_allow_random: Option<u64>,

    /// Fail if --init adds more than SIZE to the module [default: 64M]
    #[arg(long, value_name = "SIZE", value_parser = parse_len, requires = "init")]
    init_limit: Option<u64>,
}

impl InitOptions {
    /// The file of the script, if there is one.
    pub(super) fn script(&self) -> Option<&Path> {
        let argument = self.init.as_deref()?;
        let path = Path::new(argument);
        (argument.contains(['.', '/']) && path.is_file()).then_some(path)
    }

    pub(super) fn add_to(&self, packer: Packer) -> Result<Packer> {
        let Some(argument) = &self.init else {
            return Ok(packer);
        };
        let init = match self.script() {
            Some(path) => script(path)?,
            None => Init::export(argument),
        };
        let init = init.allow_random(self.init_allow_random.unwrap_or(0));
        let packer = packer.init(init);
        Ok(match self.init_limit {
            Some(limit) => packer.init_limit(limit),
            None => packer,
        })
    }
}

fn script(path: &Path) -> Result<Init> {
    let bytes = input::read(path).context("cannot read the script of --init")?;
    let script = String::from_utf8(bytes);
    let script = script.with_context(|| format!("`{}` is not UTF-8", path.display()))?;
    Ok(Init::script(&script, &text::path(path))?)
}
