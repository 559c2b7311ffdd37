//! The extended headers of an entry: records of a key and a value.
//!
//! A record is `LEN KEY=VALUE` and a line break, and its length counts all of these
//! bytes: `12 path=a/b\n`. Extended attributes are records with binary values, which may
//! contain line breaks. The crate `tar` splits records at line breaks, so this file reads
//! the headers again.

use super::super::archive::Section;
use std::collections::BTreeMap;
use std::io::{self, Read};
use tar::EntryType;
use wasi_vfs_format::tree::FileContent as _;

/// The records of all extended headers of an entry. The last one of a key counts.
#[derive(Debug, Default)]
pub(super) struct Pax(BTreeMap<Vec<u8>, Vec<u8>>);

/// Whether an entry is a sparse file, of which it stores only the data.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sparse {
    No,
    /// Version 1.0: a file of `len` bytes, and a map before its data.
    Mapped {
        len: u64,
    },
    Unsupported,
}

impl Pax {
    /// Reads the headers in `headers`, a part of an archive without other entries.
    pub(super) fn read(headers: &Section) -> io::Result<Self> {
        let mut pax = Self::default();
        let mut archive = tar::Archive::new(headers.open(0)?);
        for header in archive.entries()?.raw(true) {
            let mut header = header?;
            if header.header().entry_type() == EntryType::XHeader {
                let mut bytes = Vec::new();
                header.read_to_end(&mut bytes)?;
                pax.add(&bytes)?;
            }
        }
        Ok(pax)
    }

    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut pax = Self::default();
        pax.add(bytes)?;
        Ok(pax)
    }

    fn add(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let malformed =
                || io::Error::new(io::ErrorKind::InvalidData, "malformed extended header");
            let (key, value, rest) = split_record(bytes).ok_or_else(malformed)?;
            self.0.insert(key.to_vec(), value.to_vec());
            bytes = rest;
        }
        Ok(())
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.keys().map(Vec::as_slice)
    }

    fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key.as_bytes()).map(Vec::as_slice)
    }

    /// A sparse file has another path in the header, for tools that do not know holes.
    pub(super) fn path(&self) -> Option<&[u8]> {
        self.get("GNU.sparse.name").or_else(|| self.get("path"))
    }

    pub(super) fn link_name(&self) -> Option<&[u8]> {
        self.get("linkpath")
    }

    /// In nanoseconds since 1970; `Some(None)` if the text is no such time.
    pub(super) fn mtime_ns(&self) -> Option<Option<i64>> {
        self.get("mtime").map(pax_time)
    }

    pub(super) fn sparse(&self) -> Sparse {
        if !self.keys().any(|key| key.starts_with(b"GNU.sparse.")) {
            return Sparse::No;
        }
        let version = ["GNU.sparse.major", "GNU.sparse.minor"].map(|key| self.get(key));
        let len = self.get("GNU.sparse.realsize").and_then(number);
        match (version, len) {
            ([Some(b"1"), Some(b"0")], Some(len)) => Sparse::Mapped { len },
            _ => Sparse::Unsupported,
        }
    }
}

/// Key and value of the first record, and the other records.
fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().position(|&byte| byte == b' ')?;
    let len = usize::try_from(number(bytes.get(..space)?)?).ok()?;
    let (record, rest) = bytes.split_at_checked(len)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    Some((record.get(..equals)?, record.get(equals + 1..)?, rest))
}

/// A decimal number of digits only.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    is_number
        .then(|| std::str::from_utf8(digits).ok()?.parse().ok())
        .flatten()
}

/// Seconds since 1970 with a decimal fraction, in nanoseconds.
fn pax_time(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (seconds, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.is_empty() || !is_number(seconds) || !is_number(fraction) {
        return None;
    }
    let fraction = format!("{fraction:0<9}");
    let nanoseconds: i128 = fraction.get(..9)?.parse().ok()?;
    let seconds = i128::from(seconds.parse::<u64>().ok()?);
    i64::try_from(sign * (seconds * 1_000_000_000 + nanoseconds)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precise_times_are_read_to_the_nanosecond() {
        for (text, ns) in [
            ("0", Some(0)),
            ("1350244992.023960108", Some(1_350_244_992_023_960_108)),
            ("5.5", Some(5_500_000_000)),
            ("-1.25", Some(-1_250_000_000)),
            ("1.0000000009", Some(1_000_000_000)),
            ("99999999999", None),
            ("", None),
            ("1e5", None),
            ("--1", None),
        ] {
            assert_eq!(pax_time(text.as_bytes()), ns, "{text}");
        }
    }

    #[test]
    fn records_end_where_their_length_says() {
        let pax = Pax::parse(b"12 path=a/b\n8 k=\n\n=\n11 mtime=1\n11 mtime=2\n").unwrap();
        assert_eq!(pax.path(), Some(&b"a/b"[..]));
        assert_eq!(pax.get("k"), Some(&b"\n\n="[..]));
        assert_eq!(pax.mtime_ns(), Some(Some(2_000_000_000)));
        assert_eq!(pax.link_name(), None);
    }

    #[test]
    fn malformed_records_are_errors() {
        for text in [
            "x",
            "5",
            "5 ",
            "5 a=",
            "6 a=b",
            "6 a=b\n\n",
            "4 a\n",
            " a=b\n",
            "-6 a=b\n",
            "0 a=b\n",
            "1 a=b\n",
            "2 a=b\n",
            "99999999999999999999 a=b\n",
            "5 a=\n6 b=c",
        ] {
            assert!(Pax::parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn sparse_files_of_version_1_0_have_a_map() {
        let sparse = |text: &str| Pax::parse(text.as_bytes()).unwrap().sparse();
        let version = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n";
        let len = "25 GNU.sparse.realsize=5\n";
        assert_eq!(sparse("12 path=a/b\n"), Sparse::No);
        assert_eq!(
            sparse(&format!("{version}{len}")),
            Sparse::Mapped { len: 5 }
        );
        assert_eq!(sparse(version), Sparse::Unsupported);
        assert_eq!(sparse(len), Sparse::Unsupported);
    }
}
