//! The version of the agreement, and the version of a runtime as it is stored.

/// Version of the anchor, of the functions and of the lists of calls and imports in
/// this crate. `pack` rejects a runtime of another version.
pub const ABI_VERSION: u32 = 3;

/// Length of a stored version.
pub(crate) const VERSION_LEN: usize = 16;

/// Returns the bytes of [`Anchor::runtime_version`](crate::Anchor::runtime_version) for a
/// version such as `0.1.0`. Bytes after the 16th are cut off.
pub const fn version_bytes(version: &str) -> [u8; VERSION_LEN] {
    let bytes = version.as_bytes();
    let mut padded = [0; VERSION_LEN];
    let mut i = 0;
    while i < bytes.len() && i < VERSION_LEN {
        padded[i] = bytes[i];
        i += 1;
    }
    padded
}

/// The inverse of [`version_bytes`]; empty if the bytes are not UTF-8.
pub(crate) fn version_text(bytes: &[u8; VERSION_LEN]) -> &str {
    let len = bytes.iter().position(|&byte| byte == 0);
    let text = bytes.get(..len.unwrap_or(VERSION_LEN));
    core::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_round_trips() {
        for text in ["", "0.1.0", "12.345.6789-alpha"] {
            let stored = version_bytes(text);
            assert_eq!(version_text(&stored), &text[..text.len().min(VERSION_LEN)]);
        }
    }

    #[test]
    fn version_that_is_no_text_reads_as_empty() {
        assert_eq!(version_text(&[0xff; VERSION_LEN]), "");
    }
}
