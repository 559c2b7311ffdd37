//! The command of wasmtime on directories that are mounted read-only, for WASI 0.3.
//!
//! The command preopens each directory for writing. So the directories are mounted
//! read-only, in a mount namespace of the process, and the system rejects each change. The
//! command reports `EROFS` as `io`.

use super::host::{Preopen, Reference, with_error_line};
use crate::command::{mapping, run};
use crate::workspace::tool;
use std::path::Path;
use std::process::Command;

/// The options of `unshare`.
const NAMESPACE: [&str; 2] = ["--map-root-user", "--mount"];

/// Mounts the directories that are named before `--`, and becomes the command behind it.
const MOUNT: &str = r#"
while [ "$1" != -- ]; do
    mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 1
    shift
done
shift
exec "$@""#;

/// Whether the system lets a process mount directories for itself. Some containers do not;
/// then the tests that need it say so and do nothing.
pub fn is_permitted() -> bool {
    let mut command = Command::new("unshare");
    let said = run(command.args(NAMESPACE).arg("true"), "");
    if said.status != 0 {
        eprintln!("not run, since {command:?} fails: {}", said.stderr);
    }
    said.status == 0
}

/// The command.
#[derive(Debug, Default)]
pub struct ReadOnly;

impl Reference for ReadOnly {
    fn run(
        &mut self,
        component: &Path,
        dirs: &[Preopen<'_>],
        args: &[String],
        input: &str,
    ) -> Result<String, String> {
        let mut command = Command::new("unshare");
        command.args(NAMESPACE).args(["sh", "-c", MOUNT, "mount"]);
        command.args(dirs.iter().map(|dir| dir.host)).arg("--");
        command
            .arg(tool("recipes/wasmtime", "components"))
            .arg("run");
        for dir in dirs {
            assert!(!dir.writable, "{dir:?} is mounted read-only");
            command.arg("--dir").arg(mapping(dir.host, dir.guest));
        }
        let said = run(command.arg(component).args(args), input);
        match said.status {
            0 => Ok(with_error_line(said.stdout, &said.stderr)),
            _ => Err(format!("{command:?}: {said:?}")),
        }
    }
}
