//! The `.gitignore` files of a mapped directory.
//!
//! They have the meaning that git gives them: the nearest file with a match decides, and
//! braces are ordinary letters. Files above the mapped directory are ignored. For example,
//! `*.o` in the mapped directory and `!keep.o` in `src/.gitignore` exclude all object files
//! except `src/keep.o`. Each directory refers to the patterns of its parent, so a walk
//! parses each file once.

use super::error::{Read, SourceError};
use crate::path::{TOO_DEEP, is_too_deep};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The patterns of a directory and of those above it. Excludes nothing by default.
#[derive(Clone, Default)]
pub(super) struct Ignores(Option<Arc<Nearest>>);

struct Nearest {
    patterns: Gitignore,
    /// The guest path of the directory with the file.
    guest: PathBuf,
    above: Ignores,
}

impl Ignores {
    /// Adds the file in the directory `host`, if any. `guest` is the path of the directory.
    pub(super) fn with_file_in(&self, host: &Path, guest: &Path) -> Result<Self, SourceError> {
        let path = host.join(".gitignore");
        // git follows no link here.
        let is_file = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
        if !is_file {
            // The mapped directory may contain `.git`, also without a `.gitignore` file.
            return Ok(match self.0 {
                Some(_) => self.clone(),
                None => self.with(Gitignore::empty(), guest),
            });
        }
        let text = fs::read(&path);
        let text = text.map_err(|error| SourceError::unreadable(&path, Read::Patterns, error))?;
        Ok(self.with(parse(&path, &String::from_utf8_lossy(&text))?, guest))
    }

    fn with(&self, patterns: Gitignore, guest: &Path) -> Self {
        Self(Some(Arc::new(Nearest {
            patterns,
            guest: guest.to_owned(),
            above: self.clone(),
        })))
    }

    /// Whether the files exclude the guest path `guest`. `.git` is always excluded.
    pub(super) fn exclude(&self, guest: &Path, is_directory: bool) -> bool {
        if self.0.is_some() && guest.file_name().is_some_and(|name| name == ".git") {
            return true;
        }
        let mut ignores = self;
        while let Some(nearest) = &ignores.0 {
            let relative = guest.strip_prefix(&nearest.guest).unwrap_or(guest);
            match nearest.patterns.matched(relative, is_directory) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => ignores = &nearest.above,
            }
        }
        false
    }
}

fn parse(path: &Path, text: &str) -> Result<Gitignore, SourceError> {
    let unusable = |line: usize, reason: String| SourceError::Gitignore {
        path: path.to_owned(),
        line,
        reason,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = GitignoreBuilder::new("");
    for (number, line) in (1..).zip(text.lines()) {
        let line = with_literal_braces(line);
        if is_too_deep(&line) {
            return Err(unusable(number, TOO_DEEP.to_owned()));
        }
        let added = builder.add_line(None, &line);
        added.map_err(|error| unusable(number, error.to_string()))?;
    }
    let built = builder.build();
    built.map_err(|error| unusable(text.lines().count(), error.to_string()))
}

/// `line` with escaped braces, which are ordinary letters in git.
fn with_literal_braces(line: &str) -> String {
    let mut literal = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            '[' => class_len(rest).unwrap_or(1),
            '{' | '}' => {
                literal.push('\\');
                1
            }
            _ => c.len_utf8(),
        };
        let (part, after) = rest.split_at(taken);
        literal.push_str(part);
        rest = after;
    }
    literal
}

/// The length of the character class at the start of `text`. A `]` at its start is a
/// member. `None` if the class is not closed.
fn class_len(text: &str) -> Option<usize> {
    let members = text.strip_prefix('[')?.trim_start_matches(['!', '^']);
    let start = text.len() - members.len();
    let first = usize::from(members.starts_with(']'));
    let end = members.get(first..)?.find(']')?;
    Some(start + first + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignores(text: &str, path: &str) -> bool {
        let patterns = parse(Path::new(".gitignore"), text).unwrap();
        let ignores = Ignores::default().with(patterns, Path::new("usr"));
        ignores.exclude(&Path::new("usr").join(path), false)
    }

    #[test]
    fn braces_are_letters_as_in_git() {
        assert!(ignores("a{b}.txt", "a{b}.txt"));
        assert!(!ignores("a{b}.txt", "ab.txt"));
        assert!(!ignores("a{b,c}", "ab"));
        assert!(ignores(r"\{a}", "{a}"));
        assert!(ignores("x[{}]", "x{"));
        assert!(!ignores("x[{}]", r"x\"));
    }

    #[test]
    fn many_braces_are_not_nested() {
        let braces = "{".repeat(1000);
        assert!(ignores(&braces, &braces));
    }

    #[test]
    fn the_nearest_file_decides() {
        let parse = |text| parse(Path::new(".gitignore"), text).unwrap();
        let above = Ignores::default().with(parse("*.o\n/top\n"), Path::new(""));
        let below = above.with(parse("!keep.o\n"), Path::new("a"));
        for (path, is_ignored) in [
            ("a/keep.o", false),
            ("a/x.o", true),
            ("keep.o", true),
            ("top", true),
            ("a/top", false),
        ] {
            let ignores = if path.starts_with("a/") {
                &below
            } else {
                &above
            };
            assert_eq!(
                ignores.exclude(Path::new(path), false),
                is_ignored,
                "{path}"
            );
        }
    }

    #[test]
    fn comments_and_escapes_are_those_of_git() {
        let text = "# a\n\n\\#b\n\\!c\nd   \n";
        for (path, is_ignored) in [("# a", false), ("#b", true), ("!c", true), ("d", true)] {
            assert_eq!(ignores(text, path), is_ignored, "{path}");
        }
    }

    #[test]
    fn errors_name_the_line() {
        let error = parse(Path::new("lib/.gitignore"), "ok\na[z-a]\n")
            .err()
            .unwrap();
        let text = error.to_string();
        assert!(text.contains("line 2 of `lib/.gitignore`"), "{text}");
    }
}
