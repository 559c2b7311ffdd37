//! The world of the program: arguments, variables, standard streams, host directories.

use super::directories::HostDirectories;
use crate::cli::usage::WrongUsage;
use anyhow::{Context, Result};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::collections::HashMap;
use std::path::Path;
use wasi_vfs::interpreter::Process;
use wasi_vfs::{Mapping, PackError};

/// What a command line says about it.
pub(super) struct World<'r> {
    pub(super) module: &'r Path,
    pub(super) arguments: &'r [String],
    pub(super) env: &'r [String],
    pub(super) dirs: &'r [Mapping],
}

impl World<'_> {
    /// Checks that no two host directories have the same guest path.
    pub(super) fn check(&self) -> Result<()> {
        let mut places = HashMap::new();
        for second in self.dirs {
            if let Some(first) = places.insert(second.guest.components(), second) {
                let error = PackError::MappedTwice {
                    first: Box::new(Mapping::clone(first)),
                    second: Box::new(second.clone()),
                };
                return Err(WrongUsage(error.to_string()).into());
            }
        }
        Ok(())
    }

    /// Opens all of it.
    pub(super) fn open(&self) -> Result<(Process, HostDirectories)> {
        let mut arguments = vec![program_name(self.module)];
        arguments.extend_from_slice(self.arguments);
        let variables = self
            .env
            .iter()
            .map(|variable| environment_variable(variable));
        let process = Process {
            arguments,
            variables: variables.collect::<Result<_>>()?,
        };
        let mut directories = HostDirectories::default();
        for Mapping { host, guest } in self.dirs {
            let dir = Dir::open_ambient_dir(host, ambient_authority())
                .with_context(|| format!("cannot open directory `{}`", host.display()))?;
            directories.add(guest.spelling(), dir);
        }
        Ok((process, directories))
    }
}

fn program_name(path: &Path) -> String {
    match path.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => path.display().to_string(),
    }
}

/// Accepts `NAME=VALUE` and `NAME`.
pub(super) fn has_name(text: &str) -> Result<String, String> {
    match text.split('=').next() {
        None | Some("") => Err("it has no name; expected NAME=VALUE".to_owned()),
        Some(_) => Ok(text.to_owned()),
    }
}

/// The variable as `NAME=VALUE`.
fn environment_variable(text: &str) -> Result<String> {
    if text.contains('=') {
        return Ok(text.to_owned());
    }
    let value = std::env::var(text).with_context(|| {
        format!("cannot pass on environment variable `{text}`; expected NAME=VALUE")
    })?;
    Ok(format!("{text}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_need_a_name() {
        assert_eq!(environment_variable("A=b=c").unwrap(), "A=b=c");
        assert!(has_name("=c").is_err());
        assert!(has_name("").is_err());
        assert!(has_name("A=b").is_ok());
        assert!(environment_variable("WASI_VFS_NOT_SET_ANYWHERE").is_err());
    }
}
