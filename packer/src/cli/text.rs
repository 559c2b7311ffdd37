//! How names and numbers look to people.

use std::fmt::Write;
use std::path::Path;
pub(super) use wasi_vfs::figures::{count, len};

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
}
