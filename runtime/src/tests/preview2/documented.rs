//! The tables of `docs/RUNTIME.md` against the second front end.

use super::Component;
use super::component::{LOWERING, PATH, RET, SECOND_PATH};
use crate::Errno;
use crate::component::ErrorCode;
use crate::fs::FsError;
use crate::fuzz::functions::Returned;
use crate::preview2::{Preview2, for_each_function};
use crate::tests::documented::{in_backticks, table};
use std::collections::BTreeMap;

/// An argument by the name of its parameter: `hello` exists, `new` does not.
fn argument(function: &str, parameter: &str, handle: u32) -> u64 {
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

/// Makes a call. Returns its result, if it has one.
type Perform = fn(&Component, &[u64]) -> Option<u32>;

macro_rules! define_functions {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        /// Name, parameters and call of each function.
        const FUNCTIONS: &[(&str, &[&str], Perform)] = &[$(
            ($name, &[$(stringify!($parameter)),*], |component, arguments| {
                let mut arguments = arguments.iter();
                let server = &*component.server;
                Preview2::$function(
                    server, $(*arguments.next().unwrap() as $type,)* LOWERING
                ).number()
            })
        ),*];
    };
}
for_each_function!(define_functions);

/// The name in a document: methods without their marker.
fn documented_name(name: &str) -> &str {
    name.strip_prefix("[method]").unwrap_or(name)
}

/// Where the error of a function lies.
fn error_offset(name: &str) -> u32 {
    match name.rsplit('.').next().unwrap_or(name) {
        "read-via-stream"
        | "write-via-stream"
        | "append-via-stream"
        | "read"
        | "open-at"
        | "read-directory"
        | "readlink-at"
        | "read-directory-entry" => 4,
        "write" | "stat" | "stat-at" | "metadata-hash" | "metadata-hash-at" => 8,
        _ => 1,
    }
}

fn call(component: &Component, name: &str, handle: u32) -> Result<(), ErrorCode> {
    component.put_path("hello");
    component.put_second_path("new");
    let mut known = FUNCTIONS.iter();
    let found = known.find(|known| documented_name(known.0) == name);
    let (name, parameters, perform) = found.unwrap_or_else(|| panic!("no function {name}"));
    let arguments = parameters
        .iter()
        .map(|name_of| argument(name, name_of, handle));
    let arguments: Vec<_> = arguments.collect();
    match perform(component, &arguments) {
        Some(number) => (number == 1).then_some(()).ok_or(ErrorCode(0)),
        None => component.result(error_offset(name)),
    }
}

/// The cell of a result.
fn cell(result: Result<(), ErrorCode>) -> String {
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

#[test]
fn every_function_is_in_one_table_once() {
    let rows = table("Descriptors of WASI 0.2").into_iter();
    let rows = rows.chain(table("Other functions of WASI 0.2"));
    let mut documented: Vec<_> = rows.map(|row| in_backticks(&row[0]).to_owned()).collect();
    documented.sort();
    let mut all: Vec<_> = FUNCTIONS
        .iter()
        .map(|known| documented_name(known.0))
        .collect();
    all.sort();
    assert_eq!(documented, all);
}

#[test]
fn every_function_of_descriptors_answers_as_documented() {
    for row in table("Descriptors of WASI 0.2") {
        let name = in_backticks(&row[0]);
        for (column, kind) in [(1, "file"), (2, "directory"), (3, "stale")] {
            let component = Component::new();
            let root = component.root();
            let handle = match kind {
                "file" => component.open(root, "hello").unwrap(),
                "directory" => root,
                _ => root + 1000,
            };
            let answer = cell(call(&component, name, handle));
            assert_eq!(answer, in_backticks(&row[column]), "{name} of a {kind}");
        }
    }
}

/// The `error-code` of each errno.
fn codes() -> BTreeMap<String, ErrorCode> {
    let rows = table("Error codes of WASI 0.2").into_iter();
    let pairs = rows.map(|row| {
        let code = ErrorCode::named(in_backticks(&row[1]));
        let code = code.unwrap_or_else(|| panic!("no error-code {:?}", row[1]));
        (in_backticks(&row[0]).to_owned(), code)
    });
    pairs.collect()
}

#[test]
fn every_error_of_a_file_system_has_both_codes() {
    const ERRORS: [FsError; 16] = [
        FsError::Busy,
        FsError::Exists,
        FsError::FileTooLarge,
        FsError::Invalid,
        FsError::Io,
        FsError::IsADirectory,
        FsError::Loop,
        FsError::NameTooLong,
        FsError::NotFound,
        FsError::NoMemory,
        FsError::NoSpace,
        FsError::NotADirectory,
        FsError::NotEmpty,
        FsError::Unsupported,
        FsError::NotPermitted,
        FsError::ReadOnly,
    ];
    let codes = codes();
    for error in ERRORS {
        let named = codes.iter();
        let found = named.filter(|(name, _)| Errno::named(name) == Some(error.into()));
        let found: Vec<_> = found.map(|(_, code)| *code).collect();
        assert_eq!(found, [ErrorCode::from(error)], "{error:?}");
    }
}

/// The result that a cell of preview 1 stands for.
fn translated(cell: &str) -> Result<(), ErrorCode> {
    match in_backticks(cell) {
        "OK" => Ok(()),
        errno => Err(codes()[errno]),
    }
}

#[test]
fn paths_lead_where_preview_1_leads() {
    for row in table("Paths") {
        let path = in_backticks(&row[0]);
        let component = Component::new();
        let root = component.root();
        let opened = component.open(root, path).map(|_| ());
        assert_eq!(opened, translated(&row[1]), "open-at {path}");
        let (at, len) = component.put_path(path);
        let server = &component.server;
        server.descriptor_stat_at(root, 1, at, len, RET, LOWERING);
        assert_eq!(component.result(8), translated(&row[2]), "stat-at {path}");
        server.descriptor_readlink_at(root, at, len, RET, LOWERING);
        assert_eq!(
            component.result(4),
            translated(&row[3]),
            "readlink-at {path}"
        );
        server.descriptor_create_directory_at(root, at, len, RET, LOWERING);
        let expected = translated(&row[4]);
        assert_eq!(component.result(1), expected, "create-directory-at {path}");
        server.descriptor_unlink_file_at(root, at, len, RET, LOWERING);
        assert_eq!(
            component.result(1),
            translated(&row[5]),
            "unlink-file-at {path}"
        );
    }
}

#[test]
fn opens_answer_as_those_of_preview_1() {
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
            let component = Component::new();
            let root = component.root();
            let opened = component.open_with(root, path, (0, open_flags, flags));
            assert_eq!(
                opened.map(|_| ()),
                translated(cell),
                "{path} for {}",
                row[0]
            );
        }
    }
}
