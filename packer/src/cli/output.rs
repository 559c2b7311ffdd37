//! Files that a command writes whole: they are there and complete, or they
//! are as they were.

#[cfg(target_os = "linux")]
use super::unnamed;
use anyhow::{Context, Result, bail};
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` to the file at `path`; `-` is standard output.
///
/// The bytes go to a temporary file beside the target, which then takes its
/// place, so nobody ever sees half a file, and the target may be the file that
/// was read. On Linux that file has no name until it is complete.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if path == Path::new("-") {
        return write_stdout(bytes);
    }
    let cannot = || format!("cannot write `{}`", path.display());
    match target(path).with_context(cannot)? {
        Target::Replace(target) => replace(&target, bytes).with_context(cannot),
        Target::Through => write_through(path, bytes).with_context(cannot),
        Target::Stdout => write_all(std::io::stdout().lock(), bytes).with_context(cannot),
        Target::Stderr => write_all(std::io::stderr().lock(), bytes).with_context(cannot),
    }
}

/// Fails if [`write`] to `path` is bound to fail, which is worth knowing
/// before the work of a minute.
pub(super) fn check(path: &Path) -> Result<()> {
    let cannot = || format!("cannot write `{}`", path.display());
    if path == Path::new("-") {
        return refuse_terminal();
    }
    match target(path).with_context(cannot)? {
        Target::Replace(target) => {
            let parent = parent(&target);
            if !parent.is_dir() {
                bail!(
                    "{}: directory `{}` does not exist",
                    cannot(),
                    parent.display()
                );
            }
            Ok(())
        }
        Target::Through | Target::Stdout | Target::Stderr => Ok(()),
    }
}

/// Whether [`write`] to `path` is to standard output.
pub(super) fn is_stdout(path: &Path) -> bool {
    matches!(
        path.to_str(),
        Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1")
    )
}

enum Target {
    /// A file, which may exist.
    Replace(PathBuf),
    /// Something to write into and not to replace, such as `/dev/null`.
    Through,
    /// By a name. What it is redirected to is written on and not replaced.
    Stdout,
    Stderr,
}

fn target(path: &Path) -> Result<Target> {
    match path.to_str() {
        _ if is_stdout(path) => return Ok(Target::Stdout),
        Some("/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2") => return Ok(Target::Stderr),
        Some(text) if text.ends_with('/') => bail!("it is a directory"),
        _ => {}
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => bail!("it is a directory"),
        Ok(metadata) if !metadata.is_file() => Ok(Target::Through),
        // A link is followed, as any program that opens the file would.
        Ok(_) => Ok(Target::Replace(fs::canonicalize(path)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => match fs::read_link(path) {
            // One to what is not there yet. It ends: the system has followed it.
            Ok(to) => target(&parent(path).join(to)),
            Err(_) => Ok(Target::Replace(path.to_owned())),
        },
        Err(error) => Err(error.into()),
    }
}

/// The permissions of what is replaced stay.
fn replace(target: &Path, bytes: &[u8]) -> Result<()> {
    let old = fs::metadata(target);
    #[cfg(target_os = "linux")]
    if Path::new("/proc/self/fd").exists()
        && let Ok(file) = unnamed::create(parent(target))
    {
        keep_permissions(&file, old.ok());
        return Ok(unnamed::write(file, target, bytes)?);
    }
    let mut file = temporary_in(parent(target))?;
    keep_permissions(file.as_file(), old.ok());
    file.write_all(bytes)?;
    file.persist(target)?;
    Ok(())
}

/// Those for reading, writing and running. Best effort: there are file systems that
/// know none, and are no reason to write nothing.
fn keep_permissions(file: &File, old: Option<Metadata>) {
    let Some(old) = old else { return };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = old.permissions().mode() & 0o777;
        let _ = file.set_permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = file.set_permissions(old.permissions());
}

fn write_through(path: &Path, bytes: &[u8]) -> Result<()> {
    match fs::write(path, bytes) {
        // For standard output that is the reader's decision. Here a name was given for
        // all of it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => bail!("its reader has gone"),
        written => Ok(written?),
    }
}

/// A temporary file with the permissions that a new file gets.
fn temporary_in(directory: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wasi-vfs-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask is applied to this.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn write_stdout(bytes: &[u8]) -> Result<()> {
    refuse_terminal()?;
    write_all(std::io::stdout().lock(), bytes)
}

fn write_all(mut out: impl Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

fn refuse_terminal() -> Result<()> {
    if std::io::stdout().is_terminal() {
        bail!("standard output is a terminal; redirect it or name a file with -o");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        for content in ["first", "second"] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_a_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            let metadata = fs::metadata(dir.path().join(name)).unwrap();
            metadata.permissions().mode()
        };
        write(&dir.path().join("ours"), b"").unwrap();
        fs::write(dir.path().join("fresh"), b"").unwrap();
        assert_eq!(mode("ours"), mode("fresh"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("target", &link).unwrap();
        // The target is there or is made.
        for content in ["new", "newer"] {
            write(&link, content.as_bytes()).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            let target = fs::read_to_string(dir.path().join("target"));
            assert_eq!(target.unwrap(), content);
        }
        std::os::unix::fs::symlink("self", dir.path().join("self")).unwrap();
        assert!(write(&dir.path().join("self"), b"").is_err());
    }

    #[test]
    fn a_target_that_cannot_be_is_noticed_ahead() {
        let dir = tempfile::tempdir().unwrap();
        let error = check(dir.path()).unwrap_err();
        assert!(format!("{error:#}").ends_with("it is a directory"));
        let error = check(&dir.path().join("no/out")).unwrap_err();
        assert!(format!("{error:#}").ends_with("no` does not exist"));
    }
}
