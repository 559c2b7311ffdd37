//! Which paths a user wants left out.
//!
//! Patterns mean what they mean in a `.gitignore` at the top of each mapped
//! directory, and are matched by the crate that ripgrep reads `.gitignore`
//! with, so nobody has to learn another dialect.

use crate::pattern::is_too_deep;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;
use thiserror::Error;

/// Patterns of what is left out, as in a `.gitignore` at the top of each
/// mapped directory:
///
/// - `*.pyc` without a slash matches a name at any depth,
/// - `/test` and `a/b` with a slash match from the mapped directory,
/// - `cache/` with a trailing slash matches directories only,
/// - `**` matches any number of directories,
/// - `!keep.pyc` takes back what an earlier pattern left out; what lies in a
///   directory that is left out stays out.
///
/// The last pattern that matches decides.
#[derive(Clone, Debug)]
pub struct Exclude {
    patterns: Gitignore,
    /// Each pattern by itself: together, only the last one that matches is told.
    each: Vec<(String, Gitignore)>,
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("exclude pattern `{pattern}` cannot be used: {reason}")]
pub struct ExcludeError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Exclude {
    /// Reads `patterns`.
    pub fn new<P: AsRef<str>>(patterns: &[P]) -> Result<Self, ExcludeError> {
        let mut builder = GitignoreBuilder::new("");
        // An unclosed `[` is more often a mistake than a file name.
        builder.allow_unclosed_class(false);
        let mut each = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            let pattern = pattern.as_ref();
            each.push((pattern.to_owned(), add(&mut builder, pattern)?));
        }
        let patterns = builder
            .build()
            .map_err(|error| unusable("all together", &error))?;
        Ok(Self { patterns, each })
    }

    /// Whether the file at `path`, relative to the mapped directory, is left
    /// out, by itself or with a directory that holds it.
    pub fn leaves_out(&self, path: &Path) -> bool {
        let mut above = path.ancestors().skip(1);
        self.matches(path, false)
            || above.any(|path| !path.as_os_str().is_empty() && self.matches(path, true))
    }

    /// Whether `path`, relative to the mapped directory, is left out, if what
    /// holds it is not.
    fn matches(&self, path: &Path, is_directory: bool) -> bool {
        self.patterns.matched(path, is_directory).is_ignore()
    }

    /// Like [`Exclude::matches`], and removes from `unused` the positions of all
    /// patterns that match.
    pub(super) fn matches_noting(
        &self,
        path: &Path,
        is_directory: bool,
        unused: &mut Vec<usize>,
    ) -> bool {
        let decided = self.patterns.matched(path, is_directory);
        // Most paths match no pattern, and one look tells.
        if !decided.is_none() {
            unused.retain(|&position| {
                let pattern = self.each.get(position);
                pattern.is_some_and(|(_, pattern)| pattern.matched(path, is_directory).is_none())
            });
        }
        decided.is_ignore()
    }

    /// The patterns at `positions`, as they were written.
    pub(super) fn at(&self, positions: &[usize]) -> Vec<String> {
        let patterns = positions.iter().filter_map(|&n| self.each.get(n));
        patterns.map(|(pattern, _)| pattern.clone()).collect()
    }

    pub(super) fn pattern_count(&self) -> usize {
        self.each.len()
    }
}

/// Adds `pattern` to `builder`. Returns it by itself.
fn add(builder: &mut GitignoreBuilder, pattern: &str) -> Result<Gitignore, ExcludeError> {
    let line = line(pattern);
    if line.trim_matches(['/', '!', ' ']).is_empty() {
        return Err(ExcludeError {
            pattern: pattern.to_owned(),
            reason: "it matches nothing".to_owned(),
        });
    }
    if is_too_deep(pattern) {
        return Err(ExcludeError {
            pattern: pattern.to_owned(),
            reason: "its braces are nested too deep".to_owned(),
        });
    }
    let added = builder.add_line(None, &line);
    added.map_err(|error| unusable(pattern, &error))?;
    // By itself, since an error of all of them would not say of which.
    let mut alone = GitignoreBuilder::new("");
    let added = alone.allow_unclosed_class(false).add_line(None, &line);
    let built = added.and_then(|alone| alone.build());
    built.map_err(|error| unusable(pattern, &error))
}

/// `pattern` as a line of a file.
fn line(pattern: &str) -> String {
    let (not, rest) = match pattern.strip_prefix('!') {
        Some(rest) => ("!", rest),
        None => ("", pattern),
    };
    if let Some(rest) = rest.strip_prefix("./") {
        // What people write for the top of the directory.
        return format!("{not}/{rest}");
    }
    // In a file `#` starts a comment; on a command line it is meant.
    match pattern.starts_with('#') {
        true => format!("\\{pattern}"),
        false => pattern.to_owned(),
    }
}

fn unusable(pattern: &str, error: &ignore::Error) -> ExcludeError {
    let reason = match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    };
    ExcludeError {
        pattern: pattern.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(patterns: &[&str], path: &str, is_directory: bool) -> bool {
        let exclude = Exclude::new(patterns).unwrap();
        exclude.matches(Path::new(path), is_directory)
    }

    #[test]
    fn without_a_slash_a_pattern_matches_at_any_depth() {
        assert!(matches(&["*.pyc"], "a.pyc", false));
        assert!(matches(&["*.pyc"], "x/y/a.pyc", false));
        assert!(!matches(&["*.pyc"], "a.py", false));
    }

    #[test]
    fn with_a_slash_a_pattern_is_anchored() {
        for pattern in ["/test", "a/b", "./test"] {
            let path = pattern.trim_start_matches('.').trim_start_matches('/');
            assert!(matches(&[pattern], path, true), "{pattern}");
            assert!(!matches(&[pattern], &format!("x/{path}"), true));
        }
    }

    #[test]
    fn a_star_stays_within_a_name_and_two_do_not() {
        assert!(!matches(&["/a/*.c"], "a/b/x.c", false));
        assert!(matches(&["/a/**/*.c"], "a/b/x.c", false));
        assert!(matches(&["/a/**/*.c"], "a/x.c", false));
    }

    #[test]
    fn a_trailing_slash_matches_directories_only() {
        assert!(matches(&["cache/"], "x/cache", true));
        assert!(!matches(&["cache/"], "x/cache", false));
    }

    #[test]
    fn the_last_match_decides() {
        let patterns = ["*.pyc", "!keep.pyc"];
        assert!(!matches(&patterns, "keep.pyc", false));
        assert!(matches(&["!keep.pyc", "*.pyc"], "keep.pyc", false));
    }

    #[test]
    fn overruled_patterns_count_as_used() {
        let exclude = Exclude::new(&["/secret", "*", "!secret", "cache/", "none"]).unwrap();
        let mut unused = (0..exclude.pattern_count()).collect();
        exclude.matches_noting(Path::new("secret"), false, &mut unused);
        exclude.matches_noting(Path::new("cache"), false, &mut unused);
        assert_eq!(exclude.at(&unused), ["cache/", "none"]);
        exclude.matches_noting(Path::new("cache"), true, &mut unused);
        assert_eq!(exclude.at(&unused), ["none"]);
    }

    #[test]
    fn a_hash_is_not_a_comment() {
        assert!(matches(&["#*#"], "x/#draft#", false));
    }

    #[test]
    fn a_file_is_left_out_with_what_holds_it() {
        let exclude = Exclude::new(&["build/", "*.o"]).unwrap();
        for path in ["a.o", "x/a.o", "build/a", "x/build/y/a"] {
            assert!(exclude.leaves_out(Path::new(path)), "{path}");
        }
        for path in ["build", "x/a"] {
            assert!(!exclude.leaves_out(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn patterns_that_can_match_nothing_are_refused() {
        for pattern in ["", "/", "!", "  ", "./", "!./"] {
            assert!(Exclude::new(&[pattern]).is_err(), "{pattern:?}");
        }
    }

    #[test]
    fn a_broken_pattern_is_named() {
        let long = "[!a]".repeat(500_000);
        let deep = "{".repeat(60_000) + &"}".repeat(60_000);
        for pattern in ["[a", &long, &deep] {
            let error = Exclude::new(&["a", pattern]).unwrap_err();
            assert!(error.pattern == pattern, "{}", error.reason);
            assert!(error.to_string().contains(pattern));
        }
    }
}
