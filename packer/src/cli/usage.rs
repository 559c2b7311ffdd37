//! Wrong usage: its exit code, and hints where clap's own words leave users alone.

use super::Cli;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Command, CommandFactory, Parser};
use std::ffi::OsString;
use std::fmt;

/// As clap exits when it rejects arguments.
pub(super) const WRONG_USAGE: u8 = 2;

/// An error of the arguments that clap does not see. As a context of an error it makes
/// the exit code [`WRONG_USAGE`].
#[derive(Debug)]
pub(super) struct WrongUsage(pub(super) String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The exit code of a command that failed.
pub(super) fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<WrongUsage>() {
        Some(_) => WRONG_USAGE,
        None => 1,
    }
}

/// Reads the arguments. Wrong ones end the process.
pub(super) fn parse() -> Cli {
    let words: Vec<OsString> = std::env::args_os().collect();
    Cli::try_parse_from(&words).unwrap_or_else(|error| with_hint(error, &words).exit())
}

fn with_hint(mut error: Error, words: &[OsString]) -> Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    if let Some(level) = level_behind_space(words) {
        let hint = format!("write the level behind an equals sign: `--compress={level}`");
        suggest(&mut error, &hint);
    } else if names(&error, "--image") {
        let hint = "to embed an image use `--from FILE`, and to write one use `wasi-vfs image`";
        suggest(&mut error, hint);
    } else if let Some(option) = similar_option(&error, words) {
        error.remove(ContextKind::Suggested);
        error.insert(ContextKind::SuggestedArg, ContextValue::String(option));
    }
    error
}

/// Whether the unknown argument is this one.
fn names(error: &Error, argument: &str) -> bool {
    let found = error.get(ContextKind::InvalidArg);
    matches!(found, Some(ContextValue::String(found)) if found == argument)
}

fn suggest(error: &mut Error, hint: &str) {
    let hints = ContextValue::StyledStrs(vec![hint.to_owned().into()]);
    error.insert(ContextKind::Suggested, hints);
}

/// The level of `--compress LEVEL`, which clap takes for the module.
fn level_behind_space(words: &[OsString]) -> Option<i32> {
    let option = words.iter().position(|word| word == "--compress")?;
    let next = words.get(option + 1)?;
    next.to_str()?.parse().ok()
}

/// An option that the unknown one is a misspelling of. clap compares by the letters at
/// the same places, and so misses letters that changed places in a short word.
fn similar_option(error: &Error, words: &[OsString]) -> Option<String> {
    if error.get(ContextKind::SuggestedArg).is_some() {
        return None;
    }
    let ContextValue::String(unknown) = error.get(ContextKind::InvalidArg)? else {
        return None;
    };
    let unknown = unknown.strip_prefix("--")?;
    let command = command_of(words)?;
    let names = command.get_arguments().filter_map(|arg| arg.get_long());
    let distances = names.map(|name| (strsim::damerau_levenshtein(unknown, name), name));
    let (distance, name) = distances.min()?;
    // One mistake in three letters, two in six.
    (distance * 3 <= name.len()).then(|| format!("--{name}"))
}

fn command_of(words: &[OsString]) -> Option<Command> {
    let whole = Cli::command();
    let mut commands = words.iter().filter_map(|word| whole.find_subcommand(word));
    commands.next().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = Cli::try_parse_from(&words).unwrap_err();
        with_hint(error, &words).to_string()
    }

    #[test]
    fn misspelt_options_are_recognised() {
        for (option, meant) in [("dri", "dir"), ("form", "from"), ("onyl", "only")] {
            let hint = hint(&format!("wasi-vfs pack a.wasm --{option} x -o out"));
            assert!(hint.contains(&format!("'--{meant}'")), "{hint}");
            assert!(!hint.contains("as a value"), "{hint}");
        }
        let hint = hint("wasi-vfs pack a.wasm --xyz x -o out");
        assert!(!hint.contains("similar"), "{hint}");
    }

    #[test]
    fn only_wrong_usage_has_its_exit_code() {
        let error = anyhow::anyhow!("no such file");
        assert_eq!(exit_code(&error), 1);
        let error = error.context(WrongUsage("bad".to_owned())).context("outer");
        assert_eq!(exit_code(&error), 2);
    }
}
