//! Names and numbers for people.

use std::fmt::Write;
use std::path::Path;
pub(super) use wasi_vfs::figures::{count, len};

/// Escapes control characters, invisible characters and bytes that are not UTF-8, so that
/// a name cannot control a terminal or mislead a reader.
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

/// Whether a character is invisible or changes the direction of text. The selector that
/// turns a symbol into an emoji has a visible effect.
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

/// The escaped path.
pub(super) fn path(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// `25.6 %`, and `0.0 %` if `whole` is 0.
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
    fn control_characters_are_escaped() {
        assert_eq!(escape(b"a\nb\x1b[31m\x7f"), "a\\nb\\u{1b}[31m\\u{7f}");
        assert_eq!(escape("é\u{9b}".as_bytes()), "é\\u{9b}");
        assert_eq!(escape(b"caf\xe9"), "caf\\xe9");
        // Shows as `aexe.jpg`.
        assert_eq!(escape("a\u{202e}gpj.exe".as_bytes()), "a\\u{202e}gpj.exe");
    }
}
