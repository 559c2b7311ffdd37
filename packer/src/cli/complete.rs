//! Answers to a shell that completes a command line.
//!
//! The scripts of the command `completions` set [`VARIABLE`] and pass the words of the line
//! behind `--`. clap completes commands, options and host files. This file completes paths
//! in a packed file: for `wasi-vfs cat app.wasm /usr/l`, it opens `app.wasm`, lists `/usr`,
//! and returns `/usr/lib/`.

use super::{opened, text};
use clap::{ArgMatches, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use wasi_vfs::{ImageReader, resolve};
use wasi_vfs_format::{Inode, Kind};

/// Its value is the name of the shell. A more general name could be set for another
/// program.
pub(super) const VARIABLE: &str = "WASI_VFS_COMPLETE";

/// The declaration of the whole command line, which contains the commands that use this
/// file.
static WHOLE: OnceLock<fn() -> Command> = OnceLock::new();

/// Answers and ends the process if a shell asks. `whole` declares the command line.
pub(super) fn answer_shell(whole: fn() -> Command) {
    let whole = WHOLE.get_or_init(|| whole);
    clap_complete::CompleteEnv::with_factory(whole)
        .var(VARIABLE)
        .complete();
}

/// Completes directories of the host.
pub(super) fn host_directory() -> ArgValueCompleter {
    ArgValueCompleter::new(PathCompleter::dir())
}

/// Completes paths in the packed file that the same line names as `PACKED`.
pub(super) fn guest_path() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let path = current.to_str().zip(packed(words()));
        let candidates = path.and_then(|(path, packed)| in_file(&packed, path));
        candidates.unwrap_or_default()
    })
}

/// The words of the line, including the name of the command.
fn words() -> impl Iterator<Item = OsString> {
    let words = std::env::args_os();
    words.skip_while(|word| word != "--").skip(1)
}

/// The packed file that the line names. The line may be incomplete. Standard input cannot
/// be read for a completion.
fn packed(words: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let command = WHOLE.get()?().ignore_errors(true);
    let matches = command.try_get_matches_from(words).ok()?;
    let (_, matches): (&str, &ArgMatches) = matches.subcommand()?;
    let packed: &PathBuf = matches.try_get_one("packed").ok()??;
    (packed != Path::new("-")).then(|| unquoted(packed))
}

/// bash and zsh pass words as typed: `my\ app.wasm`, `'my app.wasm'`.
fn unquoted(packed: &Path) -> PathBuf {
    let words = packed.to_str().and_then(shlex::split);
    match words.as_deref() {
        Some([word]) if !packed.exists() => word.into(),
        _ => packed.to_owned(),
    }
}

/// `None` if the file is not packed. The error appears when the line is run.
fn in_file(packed: &Path, path: &str) -> Option<Vec<CompletionCandidate>> {
    let mut candidates = Vec::new();
    let found = opened::with(packed, |opened| {
        candidates = below(&opened.image, path).unwrap_or_default();
        Ok(())
    });
    found.ok().map(|()| candidates)
}

/// The entries of the directory in `path` whose names start with the last part of `path`.
fn below(image: &ImageReader<'_>, path: &str) -> Option<Vec<CompletionCandidate>> {
    let start = path.rfind('/').map_or(0, |slash| slash + 1);
    let (directory, prefix) = path.split_at(start);
    let parent = resolve(image, if start == 0 { "/" } else { directory }, true);
    let children = image.index().children(&parent.ok()?);
    let children = children.filter_map(Result::ok);
    let children = children.filter_map(|child| candidate(image, &child, directory, prefix));
    Some(children.collect())
}

/// `None` for a name that could control the terminal or end the answer.
fn candidate(
    image: &ImageReader<'_>,
    child: &Inode,
    directory: &str,
    prefix: &str,
) -> Option<CompletionCandidate> {
    let name = image.index().name(child.number).ok()?;
    let name = std::str::from_utf8(name).ok()?;
    if !name.starts_with(prefix) || text::escape(name.as_bytes()) != name {
        return None;
    }
    let is_directory = leads_to_directory(image, child);
    let slash = if is_directory { "/" } else { "" };
    Some(CompletionCandidate::new(format!(
        "{directory}{name}{slash}"
    )))
}

fn leads_to_directory(image: &ImageReader<'_>, inode: &Inode) -> bool {
    match inode.kind() {
        Kind::File => false,
        Kind::Directory => true,
        Kind::Symlink => {
            let target = image.path(inode.number).ok();
            let target = target.and_then(|path| resolve(image, &path, true).ok());
            target.is_some_and(|target| target.kind() == Kind::Directory)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    fn packed_of(line: &str) -> Option<PathBuf> {
        packed(line.split(' ').map(OsString::from))
    }

    #[test]
    fn packed_file_is_found_in_incomplete_lines() {
        let _ = WHOLE.set(Cli::command);
        for line in [
            "wasi-vfs cat a.wasm /usr",
            "wasi-vfs ls -l --json a.wasm /usr",
            "wasi-vfs extract a.wasm /usr",
            "wasi-vfs extract -o out a.wasm /usr",
        ] {
            assert_eq!(packed_of(line), Some("a.wasm".into()), "{line}");
        }
        let quoted = ["wasi-vfs", "cat", r"my\ app.wasm", "/usr"];
        let packed = packed(quoted.into_iter().map(OsString::from));
        assert_eq!(packed, Some("my app.wasm".into()));
        for line in [
            "wasi-vfs cat",
            "wasi-vfs cat - /usr",
            "wasi-vfs man pack",
            "wasi-vfs ls --no-such a.wasm /usr",
        ] {
            assert_eq!(packed_of(line), None, "{line}");
        }
    }
}
