//! The patterns of guest paths that options and arguments take, and their errors.
//!
//! All of them share one dialect. [`Exclude`](crate::Exclude) alone adds that a
//! pattern without a leading slash matches at any depth, and `!`.

use globset::{GlobBuilder, GlobSet};
use thiserror::Error;

/// How deep alternatives (`{a,{b,c}}`) may lie in one another. Nobody means more, and
/// the crates that read patterns go into each by recursion.
const MAX_DEPTH: usize = 16;

/// A pattern of guest paths, from the root of the tree:
///
/// - `*` and `?` match within one name, and `**` matches any number of directories,
/// - `[a-z]` and `[!a-z]` match one character,
/// - `{a,b}` matches either alternative,
/// - `\` and `[*]` make a special character an ordinary one,
/// - a slash at the end matches directories only.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// A set of one, since a glob alone has no error where it is too long to compile.
    glob: GlobSet,
    directories_only: bool,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("pattern `{pattern}` cannot be used: {reason}")]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Pattern {
    /// Reads `pattern`, with or without a leading slash.
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

    /// Whether `path` has a character that is special in patterns.
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

/// Whether alternatives lie deeper in one another than patterns may have them.
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
    fn alternatives_may_be_many_and_not_deep() {
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
    fn unusable_patterns_are_named() {
        let long = "[!a]".repeat(500_000);
        let deep = "{".repeat(60_000) + &"}".repeat(60_000);
        for pattern in ["[", &long, &deep] {
            let error = Pattern::new(pattern).unwrap_err();
            assert_eq!(error.pattern, pattern);
            assert!(error.to_string().contains(pattern), "{}", error.reason);
        }
    }
}
