//! The line of one operation.

use crate::codes::{DescriptorStat, ErrorCode, number, type_number};
use std::fmt::{Display, Write};

/// The file type of preview 1.
const DIRECTORY: u8 = 3;

/// The line.
pub struct Line {
    text: String,
    with_times: bool,
}

impl Line {
    pub fn new(index: usize) -> Self {
        Self {
            text: index.to_string(),
            with_times: true,
        }
    }

    /// Leaves out the times of files, which depend on the moment of a change.
    #[allow(dead_code, reason = "the program of WASI 0.3 changes nothing")]
    pub fn without_times(&mut self) {
        self.with_times = false;
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn word(&mut self, word: &str) {
        self.text.push(' ');
        self.text.push_str(word);
    }

    /// An argument or a result.
    pub fn say(&mut self, name: &str, value: impl Display) {
        write!(self.text, " {name}={value}").expect("a string has room");
    }

    /// A long path as its start, length and digest, with the parts that matter to the rules.
    pub fn path(&mut self, name: &str, path: &str) {
        let bytes = path.as_bytes();
        let shown = if bytes.len() > 200 { 60 } else { bytes.len() };
        let mut text = String::new();
        for &byte in &bytes[..shown] {
            match byte {
                b'!'..=b'~' if byte != b'%' => text.push(byte as char),
                _ => write!(text, "%{byte:02x}").expect("a string has room"),
            }
        }
        if shown < bytes.len() {
            let nul = if path.contains('\0') { "%00" } else { "" };
            let absolute = if path.contains("abs-") { "abs-" } else { "" };
            let ends_in_slash = path.ends_with('/') || path.ends_with("/.");
            let slash = if ends_in_slash { "/" } else { "" };
            let digest = digest(bytes);
            write!(
                text,
                "...({},{digest:x}){nul}{absolute}{slash}",
                bytes.len()
            )
            .expect("room");
        }
        self.say(name, text);
    }

    /// The answer begins with the outcome of the call.
    pub fn outcome<T>(&mut self, result: Result<T, ErrorCode>) -> Option<T> {
        self.word("=>");
        self.word(&format!("E{}", errno(&result)));
        result.ok()
    }

    /// The outcome of another call of the operation.
    pub fn also<T>(&mut self, name: &str, result: Result<T, ErrorCode>) -> Option<T> {
        self.say(name, format_args!("E{}", errno(&result)));
        result.ok()
    }

    /// A directory has no comparable size.
    pub fn stat(&mut self, stat: &DescriptorStat) {
        let kind = type_number(&stat.type_);
        self.say("type", kind);
        let time = stat.data_modification_timestamp;
        let time = time.map(|time| format!("{}.{:09}", time.seconds, time.nanoseconds));
        if self.with_times {
            self.say("mtime", time.unwrap_or_default());
        }
        if kind != DIRECTORY {
            self.say("size", stat.size);
            self.say("links", stat.link_count);
        }
    }
}

/// FNV-1a.
pub fn digest(bytes: &[u8]) -> u64 {
    digest_more(0xcbf2_9ce4_8422_2325, bytes)
}

/// Continues a digest.
pub fn digest_more(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, &byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn errno<T>(result: &Result<T, ErrorCode>) -> u16 {
    result.as_ref().err().map_or(0, |code| number(code))
}
