//! Which imported interfaces a runtime serves.
//!
//! For example, `wasi:io/streams@0.2.3` and `wasi:filesystem/types@0.3.0` are served, and
//! `wasi:io/streams@0.3.0` does not exist.

use crate::component::wire_error::WireError;
use crate::module::{FUNCTIONS, Function, OUTPUT_FUNCTIONS, Version};

/// The prefix of the interfaces by which a component opens files.
pub(crate) const FILES: &str = "wasi:filesystem/";

/// The functions of the interface with the full name `import` that each runtime serves. The
/// ABI is the same in all releases of a version.
pub(super) fn served(import: &str) -> impl Iterator<Item = &'static Function> {
    of_interface(FUNCTIONS.iter(), import)
}

/// As [`served`], by the runtime with a layer if the component `keeps_changes`.
pub(super) fn served_by(
    keeps_changes: bool,
    import: &str,
) -> impl Iterator<Item = &'static Function> {
    let of_layer: &[Function] = match keeps_changes {
        true => &OUTPUT_FUNCTIONS,
        false => &[],
    };
    of_interface(of_layer.iter().chain(&FUNCTIONS), import)
}

fn of_interface(
    functions: impl Iterator<Item = &'static Function>,
    import: &str,
) -> impl Iterator<Item = &'static Function> {
    let parts = import.split_once('@');
    let parts = parts.and_then(|(name, number)| Some((name, version(number)?)));
    functions.filter(move |function| {
        let of_function = function.interface.zip(Some(function.version));
        parts.is_some() && of_function == parts
    })
}

/// Whether `import` is the interface `name` in a release of `version`.
pub(super) fn is_release(import: &str, name: &str, version: Version) -> bool {
    let parts = import.split_once('@');
    parts.is_some_and(|(found, number)| found == name && self::version(number) == Some(version))
}

/// Whether `import` is an interface of files in WASI 0.3.
pub(super) fn is_files_of_0_3(import: &str) -> bool {
    let mut functions = served(import);
    functions.any(|function| function.version == Version::Preview3)
}

/// Whether a component with these lowered functions opens files, by any version of WASI. A
/// program opens files from a preopened directory, by a path. Each function is the name of
/// its interface and its own.
pub(super) fn opens_files<'a>(functions: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    let (mut lists, mut opens) = (false, false);
    for (interface, name) in functions {
        if interface.starts_with(FILES) {
            lists |= name == "get-directories";
            opens |= name.ends_with("-at");
        }
    }
    lists && opens
}

/// Rejects an interface of files in a version that no runtime serves.
pub(super) fn check(import: &str) -> Result<(), WireError> {
    if !import.starts_with(FILES) || served(import).next().is_some() {
        return Ok(());
    }
    let interface = import.to_owned();
    match import.contains("-rc") {
        true => Err(WireError::Candidate { interface }),
        false => Err(WireError::Version { interface }),
    }
}

/// The version with this number: a release, or the part of its number that matters, such
/// as `0.2.6` or `0.2`. Release candidates had other functions.
fn version(number: &str) -> Option<Version> {
    let versions = [("0.2", Version::Preview2), ("0.3", Version::Preview3)];
    let mut versions = versions.into_iter();
    let found = versions.find(|(prefix, _)| is_release_of(number, prefix));
    found.map(|(_, version)| version)
}

fn is_release_of(number: &str, prefix: &str) -> bool {
    let Some(patch) = number.strip_prefix(prefix) else {
        return false;
    };
    let digits = patch.strip_prefix('.');
    patch.is_empty()
        || digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_served(import: &str) -> bool {
        served(import).next().is_some()
    }

    #[test]
    fn every_release_is_served() {
        for version in ["0.2", "0.2.0", "0.2.12", "0.3", "0.3.0", "0.3.10"] {
            let name = format!("wasi:filesystem/types@{version}");
            assert!(is_served(&name), "{version}");
        }
        assert!(is_served("wasi:io/error@0.2.3"));
        assert!(!is_served("wasi:io/other@0.2.3"));
        assert!(!is_served("wasi:io/error@0.3.0"));
        assert!(!is_served("wasi:io/error"));
        assert!(is_files_of_0_3("wasi:filesystem/preopens@0.3.1"));
        assert!(!is_files_of_0_3("wasi:filesystem/preopens@0.2.1"));
    }

    #[test]
    fn other_versions_of_files_are_told_apart() {
        let check = |version: &str| check(&format!("wasi:filesystem/types@{version}"));
        for version in ["0.4.0", "0.20.0", "0.30.0", "0.2.", "1.0.0"] {
            let error = check(version);
            assert!(matches!(error, Err(WireError::Version { .. })), "{version}");
        }
        for version in ["0.2.0-rc-2023-11-10", "0.3.0-rc-2025-09-16"] {
            let error = check(version);
            assert!(
                matches!(error, Err(WireError::Candidate { .. })),
                "{version}"
            );
        }
        assert!(check("0.2.0").is_ok() && check("0.3.0").is_ok());
        assert!(super::check("wasi:io/streams@0.3.0").is_ok());
    }
}
