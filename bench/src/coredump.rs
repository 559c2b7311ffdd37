//! The memories of a program when it traps, by the core dump of wasmtime.

use crate::command::{Command, root};
use anyhow::{Context, Result};
use std::fs;
use wasmparser::{Parser, Payload};

const PAGE_LEN: u64 = 1 << 16;

/// Runs a command that traps and writes a core dump. Returns the bytes of all memories.
///
/// # Errors
///
/// If the command ends without a trap.
pub(crate) fn memory(command: &Command, dump: &str) -> Result<f64> {
    Command::new(format!("rm -f {dump}")).run()?;
    Command::new(format!("! {command}")).run()?;
    let bytes = fs::read(root().join(dump));
    let bytes = bytes.with_context(|| format!("`{command}` left no core dump"))?;
    Ok(memory_len(&bytes)? as f64)
}

/// A core dump is a module that has the memories of all instances.
fn memory_len(dump: &[u8]) -> Result<u64> {
    let mut len = 0;
    for payload in Parser::new(0).parse_all(dump) {
        if let Payload::MemorySection(memories) = payload? {
            for memory in memories {
                len += memory?.initial * PAGE_LEN;
            }
        }
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_of_a_dump_count() {
        let dump = b"\0asm\x01\0\0\0\x05\x05\x02\0\x01\0\x02";
        assert_eq!(memory_len(dump).unwrap(), 3 * PAGE_LEN);
    }
}
