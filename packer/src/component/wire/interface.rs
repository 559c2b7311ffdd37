//! Which imported interfaces a runtime serves.
//!
//! For example, `wasi:io/streams@0.2.3` is served, `wasi:filesystem/types@0.3.0` is not
//! served yet, and `wasi:io/streams@0.3.0` does not exist.

use wasi_vfs_embedding::preview2::Interface;

/// The prefix of the interfaces by which a component opens files.
pub(super) const FILES: &str = "wasi:filesystem/";

const INTERFACES: [Interface; 5] = [
    Interface::Types,
    Interface::Preopens,
    Interface::Streams,
    Interface::Poll,
    Interface::Error,
];

/// The served interface with the full name `import`. The ABI is the same in all versions
/// of WASI 0.2.
pub(super) fn served(import: &str) -> Option<Interface> {
    let mut interfaces = INTERFACES.into_iter();
    interfaces.find(|interface| is_release(import, interface.name()))
}

/// Whether `import` is the interface `name` in a release of WASI 0.2.
pub(super) fn is_release(import: &str, name: &str) -> bool {
    let mut parts = import.splitn(2, '@');
    parts.next() == Some(name) && parts.next().is_some_and(is_0_2)
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

/// Whether `import` opens files, in a version that no runtime serves.
pub(super) fn is_unserved(import: &str) -> bool {
    import.starts_with(FILES) && served(import).is_none()
}

/// A release, or the part of its number that matters: `0.2.6` or `0.2`. Release candidates
/// had other functions.
fn is_0_2(version: &str) -> bool {
    let Some(patch) = version.strip_prefix("0.2") else {
        return false;
    };
    let digits = patch.strip_prefix('.');
    patch.is_empty()
        || digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_of_0_2_is_served() {
        for version in ["0.2", "0.2.0", "0.2.12"] {
            let name = format!("wasi:filesystem/types@{version}");
            assert_eq!(served(&name), Some(Interface::Types), "{version}");
        }
        assert_eq!(served("wasi:io/error@0.2.3"), Some(Interface::Error));
        assert_eq!(served("wasi:io/other@0.2.3"), None);
        assert_eq!(served("wasi:io/error"), None);
    }

    #[test]
    fn other_versions_of_files_are_told_apart() {
        for version in ["0.3.0", "0.20.0", "0.2.0-rc-2023-11-10", "0.2.", "1.0.0"] {
            assert!(
                is_unserved(&format!("wasi:filesystem/types@{version}")),
                "{version}"
            );
        }
        assert!(!is_unserved("wasi:filesystem/types@0.2.0"));
        assert!(!is_unserved("wasi:io/streams@0.3.0"));
    }
}
