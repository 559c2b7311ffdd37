//! Patterns of guest paths, in options and arguments.
//!
//! All patterns have one dialect. Only [`Exclude`](crate::Exclude) has two additions: `!`,
//! and patterns without a leading slash, which match at any depth.

use globset::{GlobBuilder, GlobSet};
use thiserror::Error;

/// The nesting limit of alternatives, such as `{a,{b,c}}`. The crates that parse patterns
/// recurse into them, so deep nesting would exhaust the stack.
const MAX_DEPTH: usize = 16;

/// A pattern of guest paths that matches from the root of the tree:
///
/// - `*` and `?` match within one name, and `**` matches any number of directories,
/// - `[a-z]` and `[!a-z]` match one character,
/// - `{a,b}` matches either alternative,
/// - `\` or brackets, such as `[*]`, escape a special character,
/// - a slash at the end matches directories only.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// A set of one glob. Only a set returns an error for a glob that is too long.
    glob: GlobSet,
    directories_only: bool,
}

/// An invalid pattern.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("pattern `{pattern}` cannot be used: {reason}")]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// The reason.
    pub reason: String,
}

impl Pattern {
    /// Parses `pattern`, with or without a leading slash.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let unusable = |reason: String| PatternError {
            pattern: pattern.to_owned(),
            reason,
        };
        if is_too_deep(pattern) {
            return Err(unusable(TOO_DEEP.to_owned()));
        }
        let relative = pattern.trim_start_matches("./").trim_start_matches('/');
        let name = relative.trim_end_matches('/');
        let mut glob = GlobBuilder::new(name);
        let glob = glob.literal_separator(true).backslash_escape(true).build();
        let glob = glob.and_then(|glob| GlobSet::new([glob]));
        let glob = glob.map_err(|error| unusable(error.kind().to_string()))?;
        Ok(Self {
            glob,
            directories_only: name.len() < relative.len(),
        })
    }

    /// Whether `path` contains a special character.
    pub fn is_pattern(path: &str) -> bool {
        path.contains(['*', '?', '[', '{'])
    }

    /// Whether `path`, with or without a leading slash, matches.
    pub fn matches(&self, path: &str, is_directory: bool) -> bool {
        let may_match = is_directory || !self.directories_only;
        may_match && self.glob.is_match(path.trim_start_matches('/'))
    }
}

pub(crate) const TOO_DEEP: &str = "its braces are nested too deep";

/// Whether the alternatives in `pattern` exceed the nesting limit.
pub(crate) fn is_too_deep(pattern: &str) -> bool {
    let mut depth: usize = 0;
    let mut is_escaped = false;
    pattern.bytes().any(|byte| {
        let was_escaped = is_escaped;
        is_escaped = byte == b'\\' && !was_escaped;
        depth = match byte {
            _ if was_escaped => depth,
            b'{' => depth + 1,
            b'}' => depth.saturating_sub(1),
            _ => depth,
        };
        depth > MAX_DEPTH
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(path, false)
    }

    #[test]
    fn only_the_depth_of_alternatives_is_limited() {
        assert!(!is_too_deep(&"{a,b}".repeat(1000)));
        let deep = |depth| "{".repeat(depth) + &"}".repeat(depth);
        assert!(!is_too_deep(&deep(16)));
        assert!(is_too_deep(&deep(17)));
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        for path in ["/usr/lib/a1.rb", "usr/x/b2.rb"] {
            assert!(matches("/usr/*/{a,b}?.rb", path), "{path}");
        }
        for path in ["usr/lib/x/a1.rb", "usr/lib/c1.rb", "usr/lib/a.rb"] {
            assert!(!matches("/usr/*/{a,b}?.rb", path), "{path}");
        }
    }

    #[test]
    fn two_stars_match_any_number_of_directories() {
        for path in ["a.rb", "usr/lib/a.rb"] {
            assert!(matches("**/*.rb", path), "{path}");
        }
    }

    #[test]
    fn special_characters_can_be_escaped() {
        for pattern in [r"/\{a\}\*", "/[{]a[}][*]"] {
            assert!(matches(pattern, "/{a}*"), "{pattern}");
            assert!(!matches(pattern, "/ab"), "{pattern}");
        }
    }

    #[test]
    fn trailing_slash_matches_only_directories() {
        let pattern = Pattern::new("/usr/*/").unwrap();
        assert!(pattern.matches("/usr/lib", true));
        assert!(!pattern.matches("/usr/lib", false));
    }

    #[test]
    fn errors_name_the_pattern() {
        let long = "[!a]".repeat(500_000);
        let deep = "{".repeat(60_000) + &"}".repeat(60_000);
        for pattern in ["[", &long, &deep] {
            let error = Pattern::new(pattern).unwrap_err();
            assert_eq!(error.pattern, pattern);
            assert!(error.to_string().contains(pattern), "{}", error.reason);
        }
    }
}
