//! `docs/ABI.md` against the runtime: exports, calls and imports.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

use std::collections::BTreeSet;
use wasi_vfs::runtime::{MERGED, MERGED_WRITABLE, WIRED, WIRED_WRITABLE};
use wasi_vfs_embedding::{CHANGES_FNS, ChangesCode, PART_MODULE, Part, REST_FN};
use wasmparser::{ExternalKind, Parser, Payload};

const ABI_MD: &str = include_str!("../../docs/ABI.md");

type Names = BTreeSet<String>;

/// The lines between `start` and the next empty line.
fn block(start: &str) -> impl Iterator<Item = &'static str> {
    let (_, rest) = ABI_MD.split_once(start).unwrap();
    rest.lines().skip(1).take_while(|line| !line.is_empty())
}

/// The documented preview 1 calls.
fn calls() -> Names {
    words("<!-- calls")
}

/// The words of a list.
fn words(start: &str) -> Names {
    let lines = block(start).filter(|line| !line.starts_with("```"));
    lines
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

/// The quoted words in the first cell of each row of a table.
fn first_cells(start: &str) -> Vec<Vec<String>> {
    let rows = block(start).skip_while(|line| !line.starts_with("|---"));
    let cell = |row: &str| row.split('|').nth(1).unwrap().to_owned();
    let words = |cell: String| cell.split('`').map(str::to_owned).collect::<Vec<_>>();
    rows.skip(1)
        .map(|row| words(cell(row)).into_iter().skip(1).step_by(2).collect())
        .collect()
}

fn exported_functions(runtime: &[u8]) -> Names {
    let mut names = Names::new();
    for payload in Parser::new(0).parse_all(runtime) {
        if let Payload::ExportSection(section) = payload.unwrap() {
            let exports = section.into_iter().map(Result::unwrap);
            let functions = exports.filter(|export| export.kind == ExternalKind::Func);
            names.extend(functions.map(|export| export.name.to_owned()));
        }
    }
    names
}

#[test]
fn document_lists_the_functions_of_output_streams() {
    let served = exported_functions(WIRED_WRITABLE);
    let without = exported_functions(WIRED);
    let added = served.difference(&without).cloned();
    assert_eq!(words("<!-- output functions"), added.collect::<Names>());
}

/// Imports as `module name`.
fn imports(runtime: &[u8]) -> Names {
    let mut names = Names::new();
    for payload in Parser::new(0).parse_all(runtime) {
        if let Payload::ImportSection(section) = payload.unwrap() {
            let imports = section.into_imports().map(Result::unwrap);
            names.extend(imports.map(|import| format!("{} {}", import.module, import.name)));
        }
    }
    names
}

#[test]
fn document_lists_the_exports_of_the_runtime() {
    let functions = first_cells("<!-- exports").into_iter().flatten();
    let documented: Names = functions.chain(calls()).collect();
    assert_eq!(documented, exported_functions(MERGED));
}

#[test]
fn document_lists_the_exports_that_save_changes() {
    let documented: Names = first_cells("<!-- changes").into_iter().flatten().collect();
    let writable = exported_functions(MERGED_WRITABLE);
    let added: Names = writable
        .difference(&exported_functions(MERGED))
        .cloned()
        .collect();
    assert_eq!(documented, added);
    assert_eq!(documented, CHANGES_FNS.map(str::to_owned).into());
}

#[test]
fn document_lists_the_codes_of_changes() {
    let rows = block("<!-- codes").skip_while(|line| !line.starts_with("|---"));
    let code = |row: &str| row.split('|').nth(1)?.trim().parse().ok();
    let documented: Vec<i32> = rows.filter_map(code).collect();
    let codes = [
        ChangesCode::NoMemory,
        ChangesCode::NoSpace,
        ChangesCode::Damaged,
        ChangesCode::ReadOnly,
        ChangesCode::Changed,
        ChangesCode::Limit,
        ChangesCode::Io,
        ChangesCode::Nothing,
    ];
    assert_eq!(documented, codes.map(|code| code as i32));
}

#[test]
fn document_lists_the_exports_of_the_wired_runtime() {
    let functions = first_cells("<!-- exports").into_iter().flatten();
    let latest = words("<!-- 0.3 functions").into_iter();
    let latest = latest.map(|name| format!("0.3 {name}"));
    let documented = functions.chain(words("<!-- functions")).chain(latest);
    let mut documented: Names = documented.collect();
    assert!(documented.remove(REST_FN), "only modules can keep a state");
    assert_eq!(documented, exported_functions(WIRED));
}

/// Imports as `module name` from the first cells of a table.
fn documented_imports(start: &str) -> Names {
    let mut documented = Names::new();
    for row in first_cells(start) {
        let (module, names) = row.split_first().unwrap();
        let named = names.iter().map(|name| format!("{module} {name}"));
        documented.extend(named);
    }
    documented
}

#[test]
fn document_lists_the_parts_of_each_runtime() {
    let documented = documented_imports("<!-- parts");
    let names = Part::ALL.iter().map(|part| part.name());
    let known: Names = names.map(|name| format!("{PART_MODULE} {name}")).collect();
    assert_eq!(documented, known);
    for runtime in [MERGED, MERGED_WRITABLE, WIRED] {
        let is_question = |import: &String| import.starts_with(PART_MODULE);
        let asked: Names = imports(runtime).into_iter().filter(is_question).collect();
        assert_eq!(documented, asked);
    }
}

#[test]
fn document_lists_the_imports_of_the_wired_runtime() {
    let mut documented = documented_imports("<!-- imports");
    documented.append(&mut documented_imports("<!-- parts"));
    documented.remove("host <call>");
    documented.append(&mut documented_imports("<!-- wired imports"));
    assert_eq!(documented, imports(WIRED_WRITABLE));
    assert!(documented.remove("host now"), "the clock of the layer");
    assert_eq!(documented, imports(WIRED));
}

#[test]
fn document_lists_the_imports_of_the_runtime() {
    let mut documented = documented_imports("<!-- imports");
    documented.append(&mut documented_imports("<!-- parts"));
    assert!(documented.remove("host <call>"), "{documented:?}");
    let (of_host, others): (Names, Names) = imports(MERGED)
        .into_iter()
        .partition(|import| import.starts_with("host "));
    assert_eq!(documented, others);
    for import in of_host {
        let call = import.trim_start_matches("host ");
        assert!(calls().contains(call), "{call} is not a documented call");
    }
}

#[test]
fn document_lists_the_imports_of_the_writable_runtime() {
    let mut documented = documented_imports("<!-- writable imports");
    documented.append(&mut imports(MERGED));
    assert_eq!(documented, imports(MERGED_WRITABLE));
}

#[test]
fn document_states_the_abi_version() {
    let version = wasi_vfs_embedding::ABI_VERSION;
    let stated = format!("the same ABI version, which is {version}.");
    assert!(ABI_MD.contains(&stated), "{stated}");
}
