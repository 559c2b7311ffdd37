//! Files, by their paths relative to the root of the repository: length and age.

use crate::command::root;
use anyhow::{Context, Result};
use std::fs::{self, File, Metadata};
use std::time::SystemTime;

/// All bytes of a file.
pub(crate) fn read(path: &str) -> Result<Vec<u8>> {
    fs::read(root().join(path)).with_context(|| path.to_owned())
}

/// Writes a file.
pub(crate) fn write(path: &str, bytes: &[u8]) -> Result<()> {
    fs::write(root().join(path), bytes).with_context(|| path.to_owned())
}

/// Length of a file.
pub(crate) fn len(path: &str) -> Result<u64> {
    Ok(metadata(path)?.len())
}

/// Bytes by which a file is longer than the one it was made from.
pub(crate) fn added(path: &str, from: &str) -> Result<u64> {
    let added = len(path)?.checked_sub(len(from)?);
    added.with_context(|| format!("{path} is shorter than {from}"))
}

/// Removes a file.
pub(crate) fn remove(path: &str) -> Result<()> {
    fs::remove_file(root().join(path)).with_context(|| path.to_owned())
}

/// Whether a file is there that is newer than what it is made from.
pub(crate) fn is_newer(path: &str, sources: &[impl AsRef<str>]) -> Result<bool> {
    let Ok(made) = metadata(path).and_then(|metadata| Ok(metadata.modified()?)) else {
        return Ok(false);
    };
    for source in sources {
        if metadata(source.as_ref())?.modified()? >= made {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes a file by `make`, and gives it the time it had if it is as it was: what
/// is made from it then need not be made again.
pub(crate) fn remake(path: &str, make: impl FnOnce() -> Result<()>) -> Result<()> {
    let before = state(path).ok();
    make()?;
    let Some((bytes, time)) = before else {
        return Ok(());
    };
    if read(path)? == bytes {
        let file = File::options().append(true).open(root().join(path))?;
        file.set_modified(time)?;
    }
    Ok(())
}

fn state(path: &str) -> Result<(Vec<u8>, SystemTime)> {
    Ok((read(path)?, metadata(path)?.modified()?))
}

fn metadata(path: &str) -> Result<Metadata> {
    fs::metadata(root().join(path)).with_context(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A path in a directory of its own.
    fn file(directory: &tempfile::TempDir, name: &str) -> String {
        directory.path().join(name).display().to_string()
    }

    fn set_age(path: &str, seconds: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - seconds);
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    }

    #[test]
    fn what_is_made_again_the_same_keeps_its_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = file(&directory, "made");
        write(&path, b"same").unwrap();
        set_age(&path, 10);
        let before = metadata(&path).unwrap().modified().unwrap();
        remake(&path, || write(&path, b"same")).unwrap();
        assert_eq!(metadata(&path).unwrap().modified().unwrap(), before);
        remake(&path, || write(&path, b"other")).unwrap();
        assert_ne!(metadata(&path).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn a_file_is_newer_than_older_sources_alone() {
        let directory = tempfile::tempdir().unwrap();
        let [made, older, newer] = ["made", "older", "newer"].map(|name| file(&directory, name));
        for (path, age) in [(&older, 3), (&made, 2), (&newer, 1)] {
            write(path, b"").unwrap();
            set_age(path, age);
        }
        assert!(is_newer(&made, &[&older]).unwrap());
        assert!(!is_newer(&made, &[&older, &newer]).unwrap());
        assert!(!is_newer(&made, &[&made]).unwrap());
        assert!(!is_newer(&file(&directory, "none"), &[&older]).unwrap());
    }
}
