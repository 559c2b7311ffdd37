//! Lists of paths and patterns: `run --trace` writes them, and `pack` reads them.
//!
//! One path a line, in the order of first use, so that people can write and
//! edit such a list and other tools make one. Readers skip empty lines and lines
//! that start with `#`. A path with a line break in it is written as a JSON string.

use std::collections::{HashMap, HashSet};

/// What a program did with the files of an image.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    opened: Vec<String>,
    /// May hold paths that were opened later.
    inspected: Vec<String>,
    /// Every path, and whether it was opened.
    seen: HashMap<String, bool>,
}

const OPENED: &str = "# wasi-vfs trace: opened, in order";
const INSPECTED: &str = "# looked at and not opened, in order";

impl Trace {
    /// `path` was opened. Counts once.
    pub fn opened(&mut self, path: &str) {
        if self.seen.get(path) != Some(&true) {
            self.seen.insert(path.to_owned(), true);
            self.opened.push(path.to_owned());
        }
    }

    /// `path` was found and looked at: its kind, its size, where it leads.
    pub fn inspected(&mut self, path: &str) {
        if !self.seen.contains_key(path) {
            self.seen.insert(path.to_owned(), false);
            self.inspected.push(path.to_owned());
        }
    }

    /// The list as text.
    pub fn to_text(&self) -> String {
        let inspected = self.inspected.iter();
        let inspected = inspected.filter(|path| self.seen.get(*path) == Some(&false));
        let opened = self.opened.iter().map(|path| line(path));
        let lines = std::iter::once(OPENED.to_owned())
            .chain(opened)
            .chain([INSPECTED.to_owned()])
            .chain(inspected.map(|path| line(path)));
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

/// The paths of a list, in order, each once.
///
/// ```
/// let paths = wasi_vfs::parse_paths("# by hand\n/lib/b.rb\n/lib/a.rb\n/lib/b.rb\n");
/// assert_eq!(paths, ["/lib/b.rb", "/lib/a.rb"]);
/// ```
pub fn parse_paths(text: &str) -> Vec<String> {
    // Editors of some systems begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let paths = lines.map(|line| match line.starts_with('"') {
        true => serde_json::from_str(line).unwrap_or_else(|_| line.to_owned()),
        false => line.to_owned(),
    });
    let mut seen = HashSet::new();
    // A pair of quotes is as empty as an empty line.
    paths
        .filter(|path| !path.is_empty() && seen.insert(path.clone()))
        .collect()
}

/// The patterns of a file, one a line, in order. Skips empty lines and lines that
/// start with `#`. A backslash before `#` makes it a part of the pattern.
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
    fn a_byte_order_mark_is_no_part_of_a_path() {
        assert_eq!(parse_paths("\u{feff}/a\n/b\n"), ["/a", "/b"]);
    }

    #[test]
    fn what_is_opened_comes_first_and_once() {
        let mut trace = Trace::default();
        for path in ["/b", "/a", "/b"] {
            trace.inspected(path);
        }
        for path in ["/c", "/a", "/c", "/a"] {
            trace.opened(path);
        }
        let text = format!("{OPENED}\n/c\n/a\n{INSPECTED}\n/b\n");
        assert_eq!(trace.to_text(), text);
        assert_eq!(parse_paths(&text), ["/c", "/a", "/b"]);
    }

    #[test]
    fn an_empty_path_is_left_out_however_it_is_written() {
        assert_eq!(parse_paths("\n\"\"\n/a\n"), ["/a"]);
    }

    #[test]
    fn any_path_survives() {
        let paths = ["/a\nb", "/\r", "# a", "\"", "/a\\b", "/é \t"];
        let mut trace = Trace::default();
        paths.iter().for_each(|path| trace.opened(path));
        assert_eq!(parse_paths(&trace.to_text()), paths);
    }
}
