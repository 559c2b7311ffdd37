//! The state of a started module, and the file that holds it.
//!
//! The file has a magic number, a version, and a record for each export of the prepared
//! module whose name starts with `wasi_vfs_state_`, in any order:
//!
//! ```text
//! "wvfstate" | version: u32 | records
//! record: name length: u32 | value length: u64 | name | value
//! ```
//!
//! All numbers are little-endian. The value of a memory is its bytes. The value of a function
//! is the number that it returns, in 8 bytes. For example, the function
//! `wasi_vfs_state_global_0` returns 65,536, so its record ends with `00 00 01 00 00 00 00 00`.

use crate::state::error::StateError;
use crate::state::names::{self, DIGEST_COUNT, FLAGS};
use std::collections::BTreeMap;

/// The first bytes of the file.
const MAGIC: &[u8; 8] = b"wvfstate";

/// The only version.
const VERSION: u32 = 1;

/// The memories and globals of a started module, as a host copied them from the exports of a
/// [prepared](crate::state::prepare) module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The bytes of each memory, by number.
    pub(crate) memories: Vec<Vec<u8>>,
    /// The number of each mutable global, and the bits of its value.
    pub(crate) globals: BTreeMap<u32, u64>,
    /// The digest of the packed module.
    pub(crate) digest: [u64; DIGEST_COUNT],
    pub(crate) has_changed_table: bool,
    pub(crate) has_dropped_segment: bool,
}

/// The value of an export of a prepared module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The bytes of a memory.
    Memory(Vec<u8>),
    /// The result of a function.
    Number(u64),
}

impl State {
    /// The state from the exports of a prepared module. Ignores other names.
    pub(crate) fn of_exports(
        exports: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Self, StateError> {
        let mut memories = BTreeMap::new();
        let mut numbers = BTreeMap::new();
        for (name, value) in exports {
            match (value, names::numbered(&name, "memory")) {
                (Value::Memory(bytes), Some(number)) => drop(memories.insert(number, bytes)),
                (Value::Number(number), None) => drop(numbers.insert(name, number)),
                (Value::Memory(_), None) => {}
                (Value::Number(_), Some(_)) => {
                    let what = format!("`{name}` is a number, expected a memory");
                    return Err(StateError::file(what));
                }
            }
        }
        let mut number = |name: &str| {
            let found = numbers.remove(name);
            found.ok_or_else(|| StateError::Missing { name: name.into() })
        };
        let mut digest = [0; DIGEST_COUNT];
        for (at, part) in digest.iter_mut().enumerate() {
            *part = number(&names::digest(at))?;
        }
        let [has_changed_table, has_dropped_segment] = FLAGS.map(&mut number);
        let globals = numbers.into_iter();
        let globals = globals
            .filter_map(|(name, value)| Some((names::numbered(&name, "global")?, value)))
            .collect();
        Ok(Self {
            memories: in_order(memories)?,
            globals,
            digest,
            has_changed_table: has_changed_table? != 0,
            has_dropped_segment: has_dropped_segment? != 0,
        })
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// The bytes are no such file, or a record is missing.
    pub fn read(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = Reader(bytes);
        let magic = reader.array::<8>().filter(|magic| magic == MAGIC);
        if magic.is_none() {
            return Err(StateError::file("it does not start with `wvfstate`"));
        }
        match reader.array().map(u32::from_le_bytes) {
            Some(VERSION) => {}
            found => {
                let found = found.map_or("none".into(), |version| version.to_string());
                let what = format!("it has version {found}, expected {VERSION}");
                return Err(StateError::file(what));
            }
        }
        let mut exports = Vec::new();
        while !reader.0.is_empty() {
            let offset = bytes.len() - reader.0.len();
            let record = reader.record();
            exports.push(record.ok_or_else(|| {
                StateError::file(format!("the record at offset {offset} is damaged"))
            })?);
        }
        Self::of_exports(exports)
    }

    /// Writes the file.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        let flags = [self.has_changed_table, self.has_dropped_segment];
        let flags = FLAGS.iter().zip(flags);
        let mut numbers: Vec<_> = flags
            .map(|(name, is_set)| (String::from(*name), u64::from(is_set)))
            .collect();
        let digest = (0..).map(names::digest).zip(self.digest);
        numbers.extend(digest);
        let globals = self.globals.iter();
        numbers.extend(globals.map(|(number, value)| (names::global(*number), *value)));
        for (name, number) in numbers {
            push(&mut bytes, &name, &number.to_le_bytes());
        }
        for (number, memory) in (0..).zip(&self.memories) {
            push(&mut bytes, &names::memory(number), memory);
        }
        bytes
    }
}

fn push(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend((name.len() as u32).to_le_bytes());
    bytes.extend((value.len() as u64).to_le_bytes());
    bytes.extend(name.as_bytes());
    bytes.extend(value);
}

/// The memories 0, 1 and so on.
fn in_order(memories: BTreeMap<u32, Vec<u8>>) -> Result<Vec<Vec<u8>>, StateError> {
    for (expected, found) in (0..).zip(memories.keys()) {
        if *found != expected {
            let name = names::memory(expected);
            return Err(StateError::Missing { name });
        }
    }
    Ok(memories.into_values().collect())
}

/// The bytes that are left.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn record(&mut self) -> Option<(String, Value)> {
        let name_len = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let value_len = usize::try_from(u64::from_le_bytes(self.array()?)).ok()?;
        let name = std::str::from_utf8(self.take(name_len)?).ok()?.to_owned();
        let value = self.take(value_len)?;
        let value = match names::numbered(&name, "memory") {
            Some(_) => Value::Memory(value.to_vec()),
            None => Value::Number(u64::from_le_bytes(value.try_into().ok()?)),
        };
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            memories: vec![vec![1, 2, 3], Vec::new()],
            globals: BTreeMap::from([(0, 65_536), (7, u64::MAX)]),
            digest: [1, 2, 3, u64::MAX],
            has_changed_table: false,
            has_dropped_segment: true,
        }
    }

    #[test]
    fn a_file_is_read_as_written() {
        let state = state();
        assert_eq!(State::read(&state.write()).unwrap(), state);
    }

    #[test]
    fn a_cut_file_is_never_the_whole_state() {
        let whole = state();
        let bytes = whole.write();
        for len in 0..bytes.len() {
            match State::read(&bytes[..len]) {
                // A file that ends between two records lacks a memory, which a module needs.
                Ok(state) => assert!(state.memories.len() < whole.memories.len()),
                Err(error) => assert!(error.to_string().contains("state"), "{error}"),
            }
        }
    }

    #[test]
    fn other_files_and_versions_are_named() {
        let mut bytes = state().write();
        bytes[8] = 2;
        let error = State::read(&bytes).unwrap_err().to_string();
        assert!(error.contains("version 2, expected 1"), "{error}");
        let error = State::read(b"\0asm\x01\0\0\0\0\0\0\0").unwrap_err();
        assert!(error.to_string().contains("wvfstate"), "{error}");
    }

    #[test]
    fn a_missing_memory_is_named() {
        let memory = (names::memory(1), Value::Memory(Vec::new()));
        let numbers = (0..4).map(names::digest);
        let numbers = numbers.chain(FLAGS.map(String::from));
        let exports = numbers.map(|name| (name, Value::Number(0))).chain([memory]);
        let error = State::of_exports(exports).unwrap_err().to_string();
        assert!(error.contains("`wasi_vfs_state_memory_0`"), "{error}");
    }

    #[test]
    fn records_have_the_documented_bytes() {
        let bytes = state().write();
        assert!(bytes.starts_with(b"wvfstate\x01\0\0\0"));
        let record = b"\x17\0\0\0\x08\0\0\0\0\0\0\0wasi_vfs_state_global_0\0\0\x01\0\0\0\0\0";
        assert!(bytes.windows(record.len()).any(|found| found == record));
        let memory = b"\x17\0\0\0\x03\0\0\0\0\0\0\0wasi_vfs_state_memory_0\x01\x02\x03";
        assert!(bytes.windows(memory.len()).any(|found| found == memory));
    }
}
