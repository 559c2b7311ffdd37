//! Output files: complete under their name, or not there.
//!
//! [`write`] stages the bytes in a temporary file beside the target and renames it. If the
//! directory rejects new files, `write` overwrites an existing target in place and prints a
//! note. Devices, pipes and standard output are written directly.

use super::message::note;
use super::text;
use super::usage::WrongUsage;
use anyhow::{Context, Result, bail};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use wasi_vfs::staged::Staged;

/// Writes `bytes` to the file at `path`. `-` is standard output.
///
/// The target may be the input file. A reader that closes a pipe before the end is an
/// error, because part of a module is useless.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let cannot = || format!("cannot write {}", name(path));
    if path == Path::new("-") {
        reject_terminal()?;
    }
    match target(path).with_context(cannot)? {
        Target::Replace(target) => put(path, &target, bytes).with_context(cannot),
        Target::Through => complete(fs::write(path, bytes)).with_context(cannot),
        Target::Stdout => complete(write_all(io::stdout().lock(), bytes)).with_context(cannot),
        Target::Stderr => complete(write_all(io::stderr().lock(), bytes)).with_context(cannot),
    }
}

fn name(path: &Path) -> String {
    match path == Path::new("-") {
        true => "standard output".to_owned(),
        false => format!("`{}`", path.display()),
    }
}

/// Fails if [`write`] to `path` would fail. Commands call it before long work.
pub(super) fn check(path: &Path) -> Result<()> {
    let cannot = || format!("cannot write {}", name(path));
    if path == Path::new("-") {
        return reject_terminal();
    }
    match target(path).with_context(cannot)? {
        Target::Replace(target) => check_writable(path, &target).with_context(cannot),
        Target::Through | Target::Stdout | Target::Stderr => Ok(()),
    }
}

/// Rejects the output `path` if it is the file `input`, also under another name.
pub(super) fn require_other_file(path: &Path, input: &Path) -> Result<()> {
    let is_stream = [path, input].contains(&Path::new("-"));
    if !is_stream && same_file::is_same_file(path, input).unwrap_or(false) {
        bail!(WrongUsage(format!(
            "the output `{}` is also the input `{}`; write to another file",
            path.display(),
            input.display()
        )));
    }
    Ok(())
}

/// Requires a writable directory or a writable file.
fn check_writable(path: &Path, target: &Path) -> Result<()> {
    let directory = parent(target);
    if !directory.is_dir() {
        bail!("directory `{}` does not exist", directory.display());
    }
    match may_write(directory) {
        Err(error) if may_write(target).is_err() => {
            Err(error).with_context(|| no_new_file(parent(path)))
        }
        _ => Ok(()),
    }
}

fn no_new_file(directory: &Path) -> String {
    format!("cannot create a file in `{}`", directory.display())
}

/// Checks the permission and changes nothing. Outside Unix, checks only that the path
/// exists.
fn may_write(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?;
    #[cfg(not(unix))]
    fs::metadata(path)?;
    Ok(())
}

/// Whether [`write`] to `path` writes to standard output.
pub(super) fn is_stdout(path: &Path) -> bool {
    matches!(
        path.to_str(),
        Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1")
    )
}

enum Target {
    /// A file, which may exist.
    Replace(PathBuf),
    /// A device or pipe, which is never replaced.
    Through,
    /// Standard output under some name. The file of a redirection is not replaced.
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
        // Links are followed, so the link stays and its target is replaced.
        Ok(_) => Ok(Target::Replace(fs::canonicalize(path)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => match fs::read_link(path) {
            // A link to a missing file. The recursion ends, because the system found no loop.
            Ok(to) => target(&parent(path).join(to)),
            Err(_) => Ok(Target::Replace(path.to_owned())),
        },
        Err(error) => Err(error.into()),
    }
}

/// Replaces the file at `target`, or overwrites it in place if it cannot be replaced.
/// `path` is the spelling of the user.
fn put(path: &Path, target: &Path, bytes: &[u8]) -> Result<()> {
    let error = match replace(target, bytes) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    if !cannot_be_replaced(&error) {
        return Err(error.into());
    }
    let Ok(file) = OpenOptions::new().write(true).open(target) else {
        return Err(error).with_context(|| no_new_file(parent(path)));
    };
    overwrite(file, bytes).context("the file is now incomplete")?;
    note(&format!(
        "overwrote `{}` in place because it cannot be replaced: {error}",
        text::path(path)
    ));
    Ok(())
}

/// Whether the directory rejects new files, or the file is a mount point, as single files
/// are in containers.
fn cannot_be_replaced(error: &io::Error) -> bool {
    use ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(
        error.kind(),
        PermissionDenied | ReadOnlyFilesystem | ResourceBusy | CrossesDevices
    )
}

fn overwrite(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(bytes)
}

/// Replaces or creates the file at `target`. Keeps the permissions of a replaced file.
fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = fs::metadata(target);
    let directory = Dir::open_ambient_dir(parent(target), ambient_authority())?;
    let (staged, mut file) = Staged::file(&directory, false)?;
    keep_permissions(&file, old.ok());
    let written = file.write_all(bytes);
    drop(file);
    if let Err(error) = written {
        staged.remove();
        return Err(error);
    }
    staged.place(target.file_name().unwrap_or_default(), None, true)
}

/// Copies the permissions for reading, writing and execution. Ignores errors, because some
/// file systems have no permissions.
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

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn write_all(mut out: impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.flush()
}

/// Turns a closed pipe into an ordinary error. Commands that print lists end quietly on a
/// closed pipe, but part of a module must not look like success.
fn complete(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => bail!("its reader has gone"),
        written => Ok(written?),
    }
}

fn reject_terminal() -> Result<()> {
    if io::stdout().is_terminal() {
        bail!("standard output is a terminal; redirect it or name a file with -o");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_files_leave_no_other_file() {
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
    fn links_stay_and_their_targets_are_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("target", &link).unwrap();
        // First without the target, then with it.
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
    fn impossible_targets_fail_before_the_work() {
        let dir = tempfile::tempdir().unwrap();
        let error = check(dir.path()).unwrap_err();
        assert!(format!("{error:#}").ends_with("it is a directory"));
        let error = check(&dir.path().join("no/out")).unwrap_err();
        assert!(format!("{error:#}").ends_with("no` does not exist"));
    }

    /// A test cannot create a mount point, which is busy.
    #[test]
    fn only_errors_of_the_directory_allow_overwriting() {
        for kind in [
            ErrorKind::PermissionDenied,
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::ResourceBusy,
            ErrorKind::CrossesDevices,
        ] {
            assert!(cannot_be_replaced(&kind.into()), "{kind}");
        }
        for kind in [ErrorKind::StorageFull, ErrorKind::FileTooLarge] {
            assert!(!cannot_be_replaced(&kind.into()), "{kind}");
        }
    }
}
