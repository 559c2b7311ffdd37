//! Paths of a command line: names as they are, and patterns with what they
//! match. A shell cannot expand patterns over an image.

use anyhow::{Context, Result};
use globset::{GlobBuilder, GlobMatcher};
use wasi_vfs::{ImageReader, Walk};

/// `paths` with each pattern replaced by what it matches, in the order of the
/// paths of the image. A path that exists stands for itself even if it reads as
/// a pattern; a pattern that matches nothing stays, to be reported as a path
/// that is not there.
pub(super) fn expand(image: &ImageReader<'_>, paths: &[String]) -> Result<Vec<String>> {
    let mut expanded = Vec::with_capacity(paths.len());
    for path in paths {
        if !is_pattern(path) || image.resolve(path, false).is_ok() {
            expanded.push(path.clone());
            continue;
        }
        let matched = matches(image, path)?;
        match matched.is_empty() {
            true => expanded.push(path.clone()),
            false => expanded.extend(matched),
        }
    }
    Ok(expanded)
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

fn matches(image: &ImageReader<'_>, pattern: &str) -> Result<Vec<String>> {
    let matcher = matcher(pattern)?;
    let mut matched = Vec::new();
    for entry in Walk::new(image)? {
        let path = entry?.path;
        if matcher.is_match(path.trim_start_matches('/')) {
            matched.push(path.to_string());
        }
    }
    Ok(matched)
}

/// `*` and `?` stop at slashes as in a shell; `**` does not.
fn matcher(pattern: &str) -> Result<GlobMatcher> {
    let relative = pattern.trim_start_matches("./").trim_start_matches('/');
    let glob = GlobBuilder::new(relative).literal_separator(true).build();
    let glob = glob.with_context(|| format!("cannot read the pattern `{pattern}`"))?;
    Ok(glob.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let matcher = matcher("/usr/*/{a,b}?.rb").unwrap();
        for path in ["usr/lib/a1.rb", "usr/x/b2.rb"] {
            assert!(matcher.is_match(path), "{path}");
        }
        for path in ["usr/lib/x/a1.rb", "usr/lib/c1.rb", "usr/lib/a.rb"] {
            assert!(!matcher.is_match(path), "{path}");
        }
    }

    #[test]
    fn two_stars_match_any_number_of_directories() {
        let matcher = matcher("**/*.rb").unwrap();
        for path in ["a.rb", "usr/lib/a.rb"] {
            assert!(matcher.is_match(path), "{path}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        assert!(matcher("[").unwrap_err().to_string().contains("`[`"));
    }
}
