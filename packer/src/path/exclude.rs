//! Patterns of excluded paths.
//!
//! The `ignore` crate of ripgrep matches them, as it matches `.gitignore` files. It supports
//! `!`, and the last matching pattern decides. For example, `*.pyc` and `!keep.pyc` exclude
//! all compiled files except `keep.pyc`. Translation to lines of a `.gitignore` file keeps
//! the dialect of [`Pattern`](crate::Pattern): a slash within a pattern does not anchor it.

use super::pattern::{PatternError, TOO_DEEP, is_too_deep};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;

/// Patterns of excluded guest paths, in the dialect of [`Pattern`](crate::Pattern) with
/// two additions:
///
/// - `*.pyc` and `test/data`, without a leading slash, match at any depth, whereas
///   `/usr/lib/test` matches from the root of the tree,
/// - `!keep.pyc` includes a path that an earlier pattern excludes. The content of an
///   excluded directory stays excluded.
///
/// The last matching pattern decides. Mapped directories themselves are never excluded.
#[derive(Clone, Debug)]
pub struct Exclude {
    patterns: Gitignore,
    /// Each pattern separately, because `patterns` returns the last match only.
    each: Vec<(String, Gitignore)>,
}

impl Exclude {
    /// Parses `patterns`.
    pub fn new<P: AsRef<str>>(patterns: &[P]) -> Result<Self, PatternError> {
        let mut builder = GitignoreBuilder::new("");
        // An unclosed `[` is usually a mistake, rarely a file name.
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

    /// Whether the patterns exclude the file at `path` or a directory above it. `path` is a
    /// guest path without a leading slash.
    pub fn excludes(&self, path: &Path) -> bool {
        self.excludes_below(path, 0)
    }

    /// The same for a file in a mapped directory with `depth` components.
    pub(crate) fn excludes_below(&self, path: &Path, depth: usize) -> bool {
        let mut above = path.ancestors().skip(1);
        self.matches(path, false)
            || above.any(|path| path.iter().count() > depth && self.matches(path, true))
    }

    /// Whether the patterns exclude `path` itself.
    fn matches(&self, path: &Path, is_directory: bool) -> bool {
        self.patterns.matched(path, is_directory).is_ignore()
    }

    /// Whether the patterns exclude or include `path`. `None` if no pattern matches.
    /// Removes the positions of all matching patterns from `unused`.
    pub(crate) fn decide(
        &self,
        path: &Path,
        is_directory: bool,
        unused: &mut Vec<usize>,
    ) -> Option<bool> {
        let decided = self.patterns.matched(path, is_directory);
        // Most paths match no pattern.
        if !decided.is_none() {
            unused.retain(|&position| {
                let pattern = self.each.get(position);
                pattern.is_some_and(|(_, pattern)| pattern.matched(path, is_directory).is_none())
            });
        }
        match decided {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }

    /// The patterns at `positions`, as written.
    pub(crate) fn at(&self, positions: &[usize]) -> Vec<String> {
        let patterns = positions.iter().filter_map(|&n| self.each.get(n));
        patterns.map(|(pattern, _)| pattern.clone()).collect()
    }

    pub(crate) fn pattern_count(&self) -> usize {
        self.each.len()
    }
}

/// Adds `pattern` to `builder`. Also returns it separately.
fn add(builder: &mut GitignoreBuilder, pattern: &str) -> Result<Gitignore, PatternError> {
    let line = line(pattern);
    if line.trim_matches(['/', '!', ' ']).is_empty() {
        return Err(PatternError {
            pattern: pattern.to_owned(),
            reason: "it matches nothing".to_owned(),
        });
    }
    if is_too_deep(pattern) {
        return Err(PatternError {
            pattern: pattern.to_owned(),
            reason: TOO_DEEP.to_owned(),
        });
    }
    let added = builder.add_line(None, &line);
    added.map_err(|error| unusable(pattern, &error))?;
    // An error of the whole builder does not name the pattern.
    let mut alone = GitignoreBuilder::new("");
    let added = alone.allow_unclosed_class(false).add_line(None, &line);
    let built = added.and_then(|alone| alone.build());
    built.map_err(|error| unusable(pattern, &error))
}

/// `pattern` as a line of a `.gitignore` file.
fn line(pattern: &str) -> String {
    let (not, rest) = match pattern.strip_prefix('!') {
        Some(rest) => ("!", rest),
        None => ("", pattern),
    };
    if let Some(rest) = rest.strip_prefix("./") {
        // Guest paths may start with `./`.
        return format!("{not}/{rest}");
    }
    // In a file, a slash within a pattern anchors it.
    let is_anchored = rest.trim_end_matches('/').contains('/');
    if is_anchored && !rest.starts_with('/') && !rest.starts_with("**/") {
        return format!("{not}**/{rest}");
    }
    // In a file, `#` starts a comment.
    match pattern.starts_with('#') {
        true => format!("\\{pattern}"),
        false => pattern.to_owned(),
    }
}

fn unusable(pattern: &str, error: &ignore::Error) -> PatternError {
    let reason = match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    };
    PatternError {
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
    fn patterns_without_a_slash_match_at_any_depth() {
        assert!(matches(&["*.pyc"], "a.pyc", false));
        assert!(matches(&["*.pyc"], "x/y/a.pyc", false));
        assert!(!matches(&["*.pyc"], "a.py", false));
    }

    #[test]
    fn only_a_leading_slash_anchors_a_pattern() {
        for pattern in ["/test", "/a/b", "./test", "./a/b"] {
            let path = pattern.trim_start_matches('.').trim_start_matches('/');
            assert!(matches(&[pattern], path, true), "{pattern}");
            assert!(!matches(&[pattern], &format!("x/{path}"), true));
        }
        for path in ["a/b", "x/a/b", "x/y/a/b"] {
            assert!(matches(&["a/b"], path, false), "{path}");
            assert!(!matches(&["*", "!a/b"], path, false), "{path}");
            assert!(matches(&["a/b/"], path, true), "{path}");
        }
    }

    #[test]
    fn braces_are_alternatives_and_can_be_escaped() {
        assert!(matches(&["a.{py,rb}"], "x/a.rb", false));
        assert!(matches(&[r"a\{b\}"], "a{b}", false));
        assert!(!matches(&[r"a\{b\}"], "ab", false));
    }

    #[test]
    fn only_two_stars_match_slashes() {
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
        exclude.decide(Path::new("secret"), false, &mut unused);
        exclude.decide(Path::new("cache"), false, &mut unused);
        assert_eq!(exclude.at(&unused), ["cache/", "none"]);
        exclude.decide(Path::new("cache"), true, &mut unused);
        assert_eq!(exclude.at(&unused), ["none"]);
    }

    #[test]
    fn hashes_start_no_comment() {
        assert!(matches(&["#*#"], "x/#draft#", false));
    }

    #[test]
    fn files_below_excluded_directories_are_excluded() {
        let exclude = Exclude::new(&["build/", "*.o"]).unwrap();
        for path in ["a.o", "x/a.o", "build/a", "x/build/y/a"] {
            assert!(exclude.excludes(Path::new(path)), "{path}");
        }
        for path in ["build", "x/a"] {
            assert!(!exclude.excludes(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn patterns_without_any_match_are_rejected() {
        for pattern in ["", "/", "!", "  ", "./", "!./"] {
            assert!(Exclude::new(&[pattern]).is_err(), "{pattern:?}");
        }
    }

    #[test]
    fn errors_name_the_broken_pattern() {
        let long = "[!a]".repeat(500_000);
        let deep = "{".repeat(60_000) + &"}".repeat(60_000);
        for pattern in ["[a", &long, &deep] {
            let error = Exclude::new(&["a", pattern]).unwrap_err();
            assert!(error.pattern == pattern, "{}", error.reason);
            assert!(error.to_string().contains(pattern));
        }
    }
}
