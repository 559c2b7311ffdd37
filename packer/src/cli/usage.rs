//! Wrong usage: its error, its exit code, and hints that clap does not give.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Command, CommandFactory, Parser};
use std::ffi::OsString;

/// The exit code of clap for rejected arguments.
const WRONG_USAGE: u8 = 2;

/// An error of arguments or variables that clap does not detect. It sets the exit code,
/// also as the context or cause of another error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongUsage(pub(super) String);

/// The exit code of a failed command.
pub(super) fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<WrongUsage>() {
        Some(_) => WRONG_USAGE,
        None => 1,
    }
}

/// Parses the arguments of this process. Wrong arguments end the process.
pub(super) fn parse<C: Parser>() -> C {
    let words: Vec<OsString> = std::env::args_os().collect();
    let parsed = C::try_parse_from(&words);
    parsed.unwrap_or_else(|error| with_hint::<C>(error, &words).exit())
}

fn with_hint<C: CommandFactory>(mut error: Error, words: &[OsString]) -> Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    if let Some(level) = level_behind_space(words) {
        suggest(&mut error, &level_hint(level));
    } else if is_about(&error, "--image") {
        let hint = "to embed an image use `--from FILE`, and to write one use `wasi-vfs image`";
        suggest(&mut error, hint);
    } else if is_about(&error, "--writable") {
        let hint = "`wasi-vfs pack` makes directories of a module writable, also those of an image";
        suggest(&mut error, hint);
    } else if let Some(option) = similar_option::<C>(&error, words) {
        error.remove(ContextKind::Suggested);
        error.insert(ContextKind::SuggestedArg, ContextValue::String(option));
    }
    error
}

/// The hint for `--compress LEVEL`, which clap parses as an option without a value and
/// a module.
pub(super) fn level_hint(level: i32) -> String {
    format!("to choose the level, write `--level {level}` or `--compress={level}`")
}

/// Whether `argument` is the unknown argument.
fn is_about(error: &Error, argument: &str) -> bool {
    let found = error.get(ContextKind::InvalidArg);
    matches!(found, Some(ContextValue::String(found)) if found == argument)
}

fn suggest(error: &mut Error, hint: &str) {
    let hints = ContextValue::StyledStrs(vec![hint.to_owned().into()]);
    error.insert(ContextKind::Suggested, hints);
}

/// The level of `--compress LEVEL`.
fn level_behind_space(words: &[OsString]) -> Option<i32> {
    let option = words.iter().position(|word| word == "--compress")?;
    let next = words.get(option + 1)?;
    next.to_str()?.parse().ok()
}

/// The option whose misspelling is the unknown one. clap compares letters at equal
/// positions, and does not recognise swapped letters in a short word.
fn similar_option<C: CommandFactory>(error: &Error, words: &[OsString]) -> Option<String> {
    if error.get(ContextKind::SuggestedArg).is_some() {
        return None;
    }
    let ContextValue::String(unknown) = error.get(ContextKind::InvalidArg)? else {
        return None;
    };
    let unknown = unknown.strip_prefix("--")?;
    let command = command_of::<C>(words)?;
    let names = command.get_arguments().filter_map(|arg| arg.get_long());
    let distances = names.map(|name| (strsim::damerau_levenshtein(unknown, name), name));
    let (distance, name) = distances.min()?;
    // One mistake in three letters, two in six.
    (distance * 3 <= name.len()).then(|| format!("--{name}"))
}

fn command_of<C: CommandFactory>(words: &[OsString]) -> Option<Command> {
    let whole = C::command();
    let mut commands = words.iter().filter_map(|word| whole.find_subcommand(word));
    commands.next().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;

    fn hint(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = Cli::try_parse_from(&words).unwrap_err();
        with_hint::<Cli>(error, &words).to_string()
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
        let as_context = error.context(WrongUsage("bad".to_owned())).context("outer");
        assert_eq!(exit_code(&as_context), 2);
        let as_cause = anyhow::Error::new(WrongUsage("bad".to_owned())).context("outer");
        assert_eq!(exit_code(&as_cause), 2);
    }
}
