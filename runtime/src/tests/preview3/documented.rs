//! The tables of `docs/RUNTIME.md` against the front end of WASI 0.3.

use super::Component;
use crate::component::ErrorCode;
use crate::fuzz::functions::Returned;
use crate::preview3::{Preview3, for_each_preview3_function};
use crate::tests::component::documented::{
    Outcome, argument, cell, check_opens, check_paths, documented_name,
};
use crate::tests::component::{FOLLOW, LOWERING, RET};
use crate::tests::documented::{in_backticks, table};

/// Makes a call. Returns its result, if it has one.
type Perform = fn(&Component, &[u64]) -> Option<u32>;

macro_rules! define_functions {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty
        {$($offset:literal: $len:literal),*};)*) => {
        /// Name, parameters and call of each function.
        const FUNCTIONS: &[(&str, &[&str], Perform)] = &[$(
            ($name, &[$(stringify!($parameter)),*], |component, arguments| {
                let mut arguments = arguments.iter();
                let server = &*component.server;
                let result = Preview3::$function(
                    server, $(*arguments.next().unwrap() as $type,)* LOWERING
                );
                assert_eq!(arguments.next(), None, "an argument without a parameter");
                result.number()
            })
        ),*];
    };
}
for_each_preview3_function!(define_functions);

/// Calls a function. A future that it returns counts as its result.
fn call(component: &Component, name: &str, argument: impl Fn(&str, &str) -> u64) -> Outcome {
    let mut known = FUNCTIONS.iter();
    let found = known.find(|known| documented_name(known.0) == name);
    let (name, parameters, perform) = found.unwrap_or_else(|| panic!("no function {name}"));
    let arguments: Vec<_> = parameters.iter().map(|of| argument(name, of)).collect();
    component.put(RET, &[0xee; 112]);
    let number = perform(component, &arguments);
    match (documented_name(name), number) {
        ("descriptor.is-same-object", Some(number)) => {
            (number == 1).then_some(()).ok_or(ErrorCode(0))
        }
        (_, Some(future)) => component.outcome(future),
        ("descriptor.read-via-stream" | "descriptor.read-directory", _) => {
            component.outcome(component.u32_at(RET + 4))
        }
        (
            "descriptor.stat"
            | "descriptor.stat-at"
            | "descriptor.metadata-hash"
            | "descriptor.metadata-hash-at",
            _,
        ) => component.outcome_at(8),
        _ => component.outcome_at(4),
    }
}

/// The functions of descriptors that 0.3 has.
fn documented() -> impl Iterator<Item = (String, Vec<String>)> {
    let rows = table("Descriptors of WASI 0.2 and 0.3").into_iter();
    let named = rows.map(|row| (in_backticks(&row[0]).to_owned(), row));
    named.filter(|(_, row)| row[4] != "none")
}

#[test]
fn every_function_is_in_one_table_once() {
    let others = table("Other functions of WASI 0.3").into_iter();
    let others = others.map(|row| in_backticks(&row[0]).to_owned());
    let mut documented: Vec<_> = documented().map(|(name, _)| name).chain(others).collect();
    documented.sort();
    let known = FUNCTIONS.iter().map(|known| documented_name(known.0));
    let mut all: Vec<_> = known.collect();
    all.sort_unstable();
    assert_eq!(documented, all);
}

#[test]
fn every_function_of_descriptors_answers_as_documented() {
    for (name, row) in documented() {
        for (column, kind) in [(1, "file"), (2, "directory"), (3, "stale")] {
            let component = Component::new();
            let root = component.root();
            let handle = match kind {
                "file" => component.open("hello").unwrap(),
                "directory" => root,
                _ => root + 1000,
            };
            component.put_path("hello");
            component.put_second_path("new");
            let answer = call(&component, &name, |name, of| argument(name, of, handle));
            assert_eq!(
                cell(answer),
                in_backticks(&row[column]),
                "{name} of a {kind}"
            );
        }
    }
}

#[test]
fn functions_that_answer_by_a_future_are_documented() {
    let by_future = documented().filter(|(_, row)| row[4] == "future");
    let names: Vec<_> = by_future.map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "descriptor.append-via-stream",
            "descriptor.read-directory",
            "descriptor.read-via-stream",
            "descriptor.write-via-stream",
        ]
    );
}

#[test]
fn paths_lead_where_preview_1_leads() {
    check_paths(|name, path| {
        let component = Component::new();
        let root = component.root();
        let (at, len) = component.put_path(path);
        call(&component, name, |_, of| match of {
            "descriptor" => root.into(),
            "path" => at.into(),
            "path_len" => len.into(),
            "ret" => RET.into(),
            "path_flags" => FOLLOW.into(),
            "flags" => 1,
            _ => 0,
        })
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
