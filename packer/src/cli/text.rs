//! How names and numbers look to people.

use std::fmt::Write;
use std::path::Path;

/// `bytes` as text in which nothing can steer a terminal or mislead a reader: control
/// characters, invisible ones and bytes that are not UTF-8 are written as escapes.
pub(super) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || is_invisible(character) {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Whether a character shows as nothing, or changes the order in which others show.
/// The selector that makes a symbol an emoji shows.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The path as text, escaped.
pub(super) fn path(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// A length for people: `999 B`, `1.5 kB`, `14.5 MB`.
pub(super) fn len(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    // 999.95 would be written as 1000.0.
    while value >= 999.95 {
        match units.next() {
            Some(next) => unit = Some(next),
            None => break,
        }
        value /= 1000.0;
    }
    format!("{value:.1} {}", unit.copied().unwrap_or_default())
}

/// `1 file`, `2 files`, `2 directories`.
pub(super) fn count(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// `25.6 %`; of nothing, nothing.
pub(super) fn percentage(part: u64, whole: u64) -> String {
    match whole {
        0 => "0.0 %".to_owned(),
        _ => format!("{:.1} %", part as f64 / whole as f64 * 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(escape(b"a\nb\x1b[31m\x7f"), "a\\nb\\u{1b}[31m\\u{7f}");
        assert_eq!(escape("é\u{9b}".as_bytes()), "é\\u{9b}");
        assert_eq!(escape(b"caf\xe9"), "caf\\xe9");
        // Shows as `aexe.jpg`.
        assert_eq!(escape("a\u{202e}gpj.exe".as_bytes()), "a\\u{202e}gpj.exe");
    }

    #[test]
    fn lengths_have_one_decimal_from_a_thousand_on() {
        let lens = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (14_532_000, "14.5 MB"),
            (999_949_999, "999.9 MB"),
            (999_950_000, "1.0 GB"),
            (u64::MAX, "18446.7 PB"),
        ];
        for (bytes, text) in lens {
            assert_eq!(len(bytes), text);
        }
    }
}
