//! Lists of paths and patterns. `run --trace` writes them, and `pack` reads them.
//!
//! A list has one path a line, in the order of first use. Users can write and edit lists.
//! Empty lines and lines that start with `#` are skipped. A path with a line break is a
//! JSON string.

use std::collections::{HashMap, HashSet};

/// The paths that a program used.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    opened: Vec<String>,
    /// May contain paths that were opened later.
    found: Vec<String>,
    /// All paths, and whether they were opened.
    seen: HashMap<String, bool>,
}

const OPENED: &str = "# wasi-vfs trace: opened, in order";
const FOUND: &str = "# found and not opened, in order";

impl Trace {
    /// Notes that the program opened `path`. Lists a path once.
    pub fn note_opened(&mut self, path: &str) {
        if self.seen.get(path) != Some(&true) {
            self.seen.insert(path.to_owned(), true);
            self.opened.push(path.to_owned());
        }
    }

    /// Notes that the program found `path` and read its kind, its size or its target.
    pub fn note_found(&mut self, path: &str) {
        if !self.seen.contains_key(path) {
            self.seen.insert(path.to_owned(), false);
            self.found.push(path.to_owned());
        }
    }

    /// The list as text.
    pub fn to_text(&self) -> String {
        let found = self.found.iter();
        let found = found.filter(|path| self.seen.get(*path) == Some(&false));
        let opened = self.opened.iter().map(|path| line(path));
        let lines = std::iter::once(OPENED.to_owned())
            .chain(opened)
            .chain([FOUND.to_owned()])
            .chain(found.map(|path| line(path)));
        lines.map(|line| line + "\n").collect()
    }
}

fn line(path: &str) -> String {
    let is_plain = !path.contains(['\n', '\r']) && !path.starts_with(['"', '#']);
    match serde_json::to_string(path) {
        Ok(quoted) if !is_plain => quoted,
        _ => path.to_owned(),
    }
}

/// Parses the paths of a list, in order, each once.
///
/// ```
/// let paths = wasi_vfs::parse_paths("# by hand\n/lib/b.rb\n/lib/a.rb\n/lib/b.rb\n");
/// assert_eq!(paths, ["/lib/b.rb", "/lib/a.rb"]);
/// ```
pub fn parse_paths(text: &str) -> Vec<String> {
    // Some editors start a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let paths = lines.map(|line| match line.starts_with('"') {
        true => serde_json::from_str(line).unwrap_or_else(|_| line.to_owned()),
        false => line.to_owned(),
    });
    let mut seen = HashSet::new();
    // An empty JSON string is no path.
    paths
        .filter(|path| !path.is_empty() && seen.insert(path.clone()))
        .collect()
}

/// Parses the patterns of a file, one a line, in order. Skips empty lines and lines that
/// start with `#`. A pattern that starts with `#` needs a backslash before it.
///
/// ```
/// let patterns = wasi_vfs::parse_patterns("# caches\n*.pyc\n\n__pycache__/\n");
/// assert_eq!(patterns, ["*.pyc", "__pycache__/"]);
/// ```
pub fn parse_patterns(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines();
    let patterns = lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    patterns.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_are_skipped() {
        assert_eq!(parse_paths("\u{feff}/a\n/b\n"), ["/a", "/b"]);
    }

    #[test]
    fn opened_paths_come_first_and_once() {
        let mut trace = Trace::default();
        for path in ["/b", "/a", "/b"] {
            trace.note_found(path);
        }
        for path in ["/c", "/a", "/c", "/a"] {
            trace.note_opened(path);
        }
        let text = format!("{OPENED}\n/c\n/a\n{FOUND}\n/b\n");
        assert_eq!(trace.to_text(), text);
        assert_eq!(parse_paths(&text), ["/c", "/a", "/b"]);
    }

    #[test]
    fn empty_paths_are_skipped() {
        assert_eq!(parse_paths("\n\"\"\n/a\n"), ["/a"]);
    }

    #[test]
    fn parsed_paths_equal_written_ones() {
        let paths = ["/a\nb", "/\r", "# a", "\"", "/a\\b", "/é \t"];
        let mut trace = Trace::default();
        paths.iter().for_each(|path| trace.note_opened(path));
        assert_eq!(parse_paths(&trace.to_text()), paths);
    }
}
