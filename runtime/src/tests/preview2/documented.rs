//! The tables of `docs/RUNTIME.md` against the front end of WASI 0.2.

use crate::Errno;
use crate::component::ErrorCode;
use crate::fs::FsError;
use crate::fuzz::functions::Returned;
use crate::preview2::{Preview2, for_each_function};
use crate::tests::component::documented::{
    Outcome, argument, cell, check_opens, check_paths, codes, documented_name,
};
use crate::tests::component::{Component, FOLLOW, LOWERING, RET};
use crate::tests::documented::{in_backticks, table};
use wasi_vfs_embedding::preview2::OUTPUT_FUNCTIONS;

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

fn call(component: &Component, name: &str, handle: u32) -> Outcome {
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

#[test]
fn every_function_is_in_one_table_once() {
    let rows = table("Descriptors of WASI 0.2 and 0.3").into_iter();
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
fn every_function_of_output_streams_is_in_their_table() {
    let rows = table("Output streams of WASI 0.2").into_iter();
    let documented: Vec<_> = rows.map(|row| in_backticks(&row[0]).to_owned()).collect();
    let functions = OUTPUT_FUNCTIONS.iter();
    let names: Vec<_> = functions.map(|known| documented_name(known.name)).collect();
    assert!(documented.iter().all(|name| names.contains(&&**name)));
    assert_eq!(documented.len(), names.len());
}

#[test]
fn every_function_of_descriptors_answers_as_documented() {
    for row in table("Descriptors of WASI 0.2 and 0.3") {
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

#[test]
fn paths_lead_where_preview_1_leads() {
    check_paths(|name, path| {
        let component = Component::new();
        let root = component.root();
        let (at, len) = component.put_path(path);
        let server = &component.server;
        match name {
            "descriptor.open-at" => return component.open(root, path).map(|_| ()),
            "descriptor.stat-at" => {
                server.descriptor_stat_at(root, FOLLOW, at, len, RET, LOWERING);
            }
            "descriptor.readlink-at" => server.descriptor_readlink_at(root, at, len, RET, LOWERING),
            "descriptor.create-directory-at" => {
                server.descriptor_create_directory_at(root, at, len, RET, LOWERING);
            }
            _ => server.descriptor_unlink_file_at(root, at, len, RET, LOWERING),
        }
        component.result(error_offset(name))
    });
}

#[test]
fn opens_answer_as_those_of_preview_1() {
    check_opens(|path, open_flags, flags| {
        let component = Component::new();
        let opened = component.open_with(component.root(), path, (0, open_flags, flags));
        opened.map(|_| ())
    });
}
