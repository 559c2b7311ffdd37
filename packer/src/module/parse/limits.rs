//! Limits on the number of items in a module: those of engines, from "Limits" in the
//! WebAssembly JavaScript Interface.
//!
//! The parser does not validate. Without limits, a few hostile bytes would allocate much
//! memory, or cost time for each pair of a memory and a segment.

use crate::module::error::ModuleError;

const MAX_TYPES: u64 = 1_000_000;
const MAX_IMPORTS: u64 = 1_000_000;
const MAX_FUNCTIONS: u64 = 1_000_000;
const MAX_EXPORTS: u64 = 1_000_000;
const MAX_DATA_SEGMENTS: u64 = 100_000;
const MAX_MEMORIES: u64 = 100;
const MAX_BODY_LEN: u64 = 7_654_321;

/// Engines have no such limit. Some tools write a custom section for each function.
const MAX_SECTIONS: u64 = 100_000;

pub(crate) fn types(so_far: u32, more: usize) -> Result<(), ModuleError> {
    check("types", u64::from(so_far) + more as u64, MAX_TYPES)
}

/// Checked before each import, because compact groups have no total count.
pub(crate) fn imports(so_far: usize) -> Result<(), ModuleError> {
    check("imports", so_far as u64 + 1, MAX_IMPORTS)
}

pub(crate) fn functions(so_far: u32, more: u32) -> Result<(), ModuleError> {
    let count = u64::from(so_far) + u64::from(more);
    check("functions", count, MAX_FUNCTIONS)
}

pub(crate) fn memories(so_far: u32, more: u32) -> Result<(), ModuleError> {
    check(
        "memories",
        u64::from(so_far) + u64::from(more),
        MAX_MEMORIES,
    )
}

pub(crate) fn exports(count: u32) -> Result<(), ModuleError> {
    check("exports", count.into(), MAX_EXPORTS)
}

pub(crate) fn data_segments(count: u32) -> Result<(), ModuleError> {
    check("data segments", count.into(), MAX_DATA_SEGMENTS)
}

pub(crate) fn body(len: usize) -> Result<(), ModuleError> {
    check("bytes in a function", len as u64, MAX_BODY_LEN)
}

/// Checked before each payload. Some payloads are sections.
pub(crate) fn sections(so_far: usize) -> Result<(), ModuleError> {
    check("sections", so_far as u64, MAX_SECTIONS)
}

fn check(what: &'static str, found: u64, limit: u64) -> Result<(), ModuleError> {
    if found <= limit {
        return Ok(());
    }
    Err(ModuleError::TooMany { what, found, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_each_limit_one_is_taken_and_one_more_is_named() {
        type Check = Result<(), ModuleError>;
        let checks: [(Check, Check, &str); 8] = [
            (types(999_999, 1), types(999_999, 2), "1000001 types"),
            (imports(999_999), imports(1_000_000), "1000001 imports"),
            (
                functions(999_999, 1),
                functions(1, 1_000_000),
                "1000001 functions",
            ),
            (exports(1_000_000), exports(1_000_001), "1000001 exports"),
            (
                data_segments(100_000),
                data_segments(100_001),
                "100001 data segments",
            ),
            (memories(99, 1), memories(1, 100), "101 memories"),
            (
                body(7_654_321),
                body(7_654_322),
                "7654322 bytes in a function",
            ),
            (sections(100_000), sections(100_001), "100001 sections"),
        ];
        for (at, above, words) in checks {
            assert!(at.is_ok(), "{words}");
            let said = above.expect_err("refused").to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}
