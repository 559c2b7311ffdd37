//! The tables of `docs/RUNTIME.md` against any front end of components.

use super::{PATH, RET, SECOND_PATH};
use crate::component::ErrorCode;
use crate::tests::documented::{in_backticks, table};
use std::collections::BTreeMap;

/// The result of a function without its value.
pub(in crate::tests) type Outcome = Result<(), ErrorCode>;

/// An argument by the name of its parameter: `hello` exists, `new` does not.
pub(in crate::tests) fn argument(function: &str, parameter: &str, handle: u32) -> u64 {
    let creates = function.ends_with("create-directory-at");
    match parameter {
        "descriptor" | "new_descriptor" | "other" | "stream" | "source" | "pollable" | "error" => {
            handle.into()
        }
        "path" if creates => SECOND_PATH.into(),
        "path_len" if creates => 3,
        "path" | "old_path" => PATH.into(),
        "path_len" | "old_path_len" => 5,
        "new_path" => SECOND_PATH.into(),
        "new_path_len" => 3,
        "len" => 1,
        "ret" => RET.into(),
        _ => 0,
    }
}

/// The name in a document: methods without their marker.
pub(in crate::tests) fn documented_name(name: &str) -> &str {
    name.strip_prefix("[method]").unwrap_or(name)
}

/// The cell of a result.
pub(in crate::tests) fn cell(result: Outcome) -> String {
    match result {
        Ok(()) => "ok".into(),
        Err(ErrorCode(0)) => "false".into(),
        Err(code) => {
            let mut named = FUNCTION_CODES.iter();
            let name = named.find(|name| ErrorCode::named(name) == Some(code));
            name.map_or(format!("{code:?}"), |name| (*name).into())
        }
    }
}

/// The error codes that a function of a descriptor may answer here.
const FUNCTION_CODES: [&str; 7] = [
    "bad-descriptor",
    "invalid",
    "is-directory",
    "no-entry",
    "not-directory",
    "read-only",
    "unsupported",
];

/// The `error-code` of each errno.
pub(in crate::tests) fn codes() -> BTreeMap<String, ErrorCode> {
    let rows = table("Error codes of WASI 0.2").into_iter();
    let pairs = rows.map(|row| {
        let code = ErrorCode::named(in_backticks(&row[1]));
        let code = code.unwrap_or_else(|| panic!("no error-code {:?}", row[1]));
        (in_backticks(&row[0]).to_owned(), code)
    });
    pairs.collect()
}

/// The result that a cell of preview 1 stands for.
fn translated(cell: &str) -> Outcome {
    match in_backticks(cell) {
        "OK" => Ok(()),
        errno => Err(codes()[errno]),
    }
}

/// Checks the table of paths. `on_path` makes a call of the root with a path, where
/// `open-at` and `stat-at` follow links.
pub(in crate::tests) fn check_paths(on_path: impl Fn(&str, &str) -> Outcome) {
    const FUNCTIONS: [&str; 5] = [
        "descriptor.open-at",
        "descriptor.stat-at",
        "descriptor.readlink-at",
        "descriptor.create-directory-at",
        "descriptor.unlink-file-at",
    ];
    for row in table("Paths") {
        let path = in_backticks(&row[0]);
        for (function, cell) in FUNCTIONS.iter().zip(&row[1..]) {
            let result = on_path(function, path);
            assert_eq!(result, translated(cell), "{function} {path}");
        }
    }
}

/// Checks the table of opens. `open` opens a path with open flags and descriptor flags.
pub(in crate::tests) fn check_opens(open: impl Fn(&str, u32, u32) -> Outcome) {
    for row in table("Opening") {
        let (mut open_flags, mut flags) = (0, 1);
        for word in row[0].split(' ') {
            match word {
                "read" => {}
                "write" => flags |= 2,
                "CREAT" => open_flags |= 1,
                "DIRECTORY" => open_flags |= 2,
                "EXCL" => open_flags |= 4,
                "TRUNC" => open_flags |= 8,
                word => panic!("no flag {word}"),
            }
        }
        for (path, cell) in ["missing", "hello", "lib", "link"].iter().zip(&row[1..]) {
            let opened = open(path, open_flags, flags);
            assert_eq!(opened, translated(cell), "{path} for {}", row[0]);
        }
    }
}
