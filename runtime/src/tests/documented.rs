//! `docs/RUNTIME.md` against the runtime: each errno in its tables is tried.

use super::guest::{BUFFER, Guest, PATH};
use super::{guest, sample_tree};
use crate::preview1::for_each_call;
use crate::preview1::{eventtype, oflags, rights};
use crate::{Errno, Preview1};
use std::collections::{BTreeMap, BTreeSet};

const NEW_PATH: u32 = 0x1800;
const IOVEC: u32 = 0x2100;
const SUBSCRIPTION: u32 = 0x2200;
const RESULT: u32 = 0x2000;

/// Calls that stay bound to the host.
const NOT_INTERCEPTED: [&str; 9] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "proc_exit",
    "random_get",
    "sched_yield",
];

/// The rows of the table under this heading, split into cells.
pub(super) fn table(heading: &str) -> Vec<Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RUNTIME.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|'));
    let cells = |row: &str| {
        row.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    // Without the heading and the line under it.
    rows.skip(2).map(cells).collect()
}

pub(super) fn in_backticks(cell: &str) -> &str {
    cell.strip_prefix('`')
        .and_then(|rest| rest.split('`').next())
        .unwrap_or(cell)
}

fn expected(cell: &str) -> i32 {
    match in_backticks(cell) {
        "OK" => 0,
        name => Errno::named(name)
            .unwrap_or_else(|| panic!("no errno {cell:?}"))
            .0
            .into(),
    }
}

/// Right arguments for a call, by the names of its parameters.
fn argument(call: &str, parameter: &str, fd: u32) -> u64 {
    let creates = matches!(call, "path_create_directory" | "path_symlink");
    match parameter {
        "fd" | "from" | "old_fd" | "new_fd" => fd.into(),
        "path" | "path_len" | "old_path" | "old_path_len" if call == "fd_prestat_dir_name" => {
            if parameter == "path" {
                BUFFER.into()
            } else {
                100
            }
        }
        "path" if creates => NEW_PATH.into(),
        "path_len" if creates => 3,
        "path" | "old_path" => PATH.into(),
        "path_len" | "old_path_len" => 5,
        "new_path" => NEW_PATH.into(),
        "new_path_len" => 3,
        "target" => PATH.into(),
        "target_len" => 5,
        "buffer" | "events" => BUFFER.into(),
        "buffer_len" => 100,
        "iovecs" => IOVEC.into(),
        "iovec_count" | "count" => 1,
        "subscriptions" => SUBSCRIPTION.into(),
        "base" if call == "path_open" => rights::FD_READ,
        "stat" | "read" | "written" | "position" | "used" | "prestat" | "opened" | "accepted"
        | "received" | "sent" | "event_count" => RESULT.into(),
        "received_flags" => u64::from(RESULT) + 8,
        _ => 0,
    }
}

macro_rules! define_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        pub(super) const CALLS: &[&str] = &[$(stringify!($call)),*];

        pub(super) fn arguments(call: &str, fd: u32) -> Vec<u64> {
            match call {
                $(stringify!($call) => vec![$(argument(call, stringify!($parameter), fd)),*],)*
                _ => panic!("no call {call}"),
            }
        }

        pub(super) fn perform(guest: &mut Guest, call: &str, arguments: &[u64]) -> i32 {
            let mut arguments = arguments.iter();
            match call {
                $(stringify!($call) => Preview1::$call(
                    &mut guest.vfs, $(*arguments.next().unwrap() as $type),*
                ),)*
                _ => panic!("no call {call}"),
            }
        }
    };
}
for_each_call!(define_calls);

/// Lays out what the arguments point to.
fn lay_out(guest: &mut Guest, fd: u32) {
    guest.put(PATH, b"hello");
    guest.put(NEW_PATH, b"new");
    guest.put(IOVEC, &BUFFER.to_le_bytes());
    guest.put(IOVEC + 4, &10_u32.to_le_bytes());
    guest.put(SUBSCRIPTION, &[0; 48]);
    guest.put(SUBSCRIPTION + 8, &[eventtype::FD_READ]);
    guest.put(SUBSCRIPTION + 16, &fd.to_le_bytes());
}

fn call_on(guest: &mut Guest, call: &str, fd: u32) -> i32 {
    lay_out(guest, fd);
    perform(guest, call, &arguments(call, fd))
}

#[test]
fn every_call_is_in_the_table_once() {
    let rows = table("Calls");
    let documented: Vec<_> = rows.iter().map(|row| in_backticks(&row[0])).collect();
    let distinct: BTreeSet<_> = documented.iter().copied().collect();
    let all: BTreeSet<_> = CALLS.iter().chain(&NOT_INTERCEPTED).copied().collect();
    assert_eq!(all.len(), 45);
    assert_eq!(distinct, all);
    assert_eq!(documented.len(), 45);
    for row in &rows {
        let stays = NOT_INTERCEPTED.contains(&in_backticks(&row[0]));
        assert_eq!(row[1] == "not intercepted", stays, "{}", row[0]);
    }
}

/// A descriptor for a column of the table.
fn open_kind(guest: &mut Guest, kind: &str) -> u32 {
    match kind {
        "file" => guest.open(3, "hello").unwrap(),
        "directory" => guest.open(3, ".").unwrap(),
        "preopen" => 3,
        _ => 1000,
    }
}

#[test]
fn every_call_on_the_image_answers_as_documented() {
    let columns = [
        (2, "file"),
        (3, "directory"),
        (4, "preopen"),
        (5, "unknown"),
    ];
    for row in table("Calls").iter().filter(|row| row[1] == "passed on") {
        let call = in_backticks(&row[0]);
        for (column, kind) in columns {
            let mut guest = guest();
            let fd = open_kind(&mut guest, kind);
            // The first call of all looks for the host's preopens.
            perform(&mut guest, "fd_sync", &[0]);
            guest.host.take();
            let code = call_on(&mut guest, call, fd);
            let asked = guest.host.take_all();
            if row[column] == "passed on" {
                let names: Vec<_> = asked.iter().map(|(name, _)| *name).collect();
                assert_eq!(names, [call], "{call}, column {column}");
                continue;
            }
            assert_eq!(code, expected(&row[column]), "{call}, column {column}");
            // But for what `fd_renumber` replaces, the host hears nothing.
            let replaced = call == "fd_renumber" && code == 0;
            assert_eq!(
                asked.is_empty(),
                !replaced,
                "{call}, column {column}: {asked:?}"
            );
        }
    }
}

#[test]
fn every_call_on_the_host_is_passed_on_as_it_is() {
    for row in table("Calls").iter().filter(|row| row[1] == "passed on") {
        let call = in_backticks(&row[0]);
        let mut guest = Guest::with_host(&sample_tree(), None, 1);
        let fd = guest.open(3, "on-the-host").unwrap();
        let on_host = 4;
        assert_ne!(fd, on_host, "a number that must be translated");
        guest.host.take();
        let code = call_on(&mut guest, call, fd);
        // What it opened is no preopen.
        let expected = if call == "fd_prestat_get" {
            Errno::BADF.0.into()
        } else {
            0
        };
        assert_eq!(code, expected, "{call}");
        let expected = (call_name(call), arguments(call, on_host));
        assert_eq!(guest.host.take_all(), [expected]);
    }
}

fn call_name(call: &str) -> &'static str {
    CALLS.iter().find(|name| **name == call).unwrap()
}

#[test]
fn paths_lead_where_the_table_says() {
    const HEADINGS: [&str; 5] = [
        "path_open",
        "path_filestat_get",
        "path_readlink",
        "path_create_directory",
        "path_unlink_file",
    ];
    let rows = table("Paths");
    assert!(rows.len() > 10);
    for row in rows {
        for (call, cell) in HEADINGS.iter().zip(&row[1..]) {
            let mut guest = guest();
            let path = in_backticks(&row[0]);
            let (address, len) = guest.put_path(path);
            let mut arguments: BTreeMap<_, _> =
                arguments(call, 3).into_iter().enumerate().collect();
            // Flags come before the path, where a call has them: follow.
            let at = if matches!(*call, "path_open" | "path_filestat_get") {
                2
            } else {
                1
            };
            if at == 2 {
                arguments.insert(1, 1);
            }
            arguments.insert(at, address.into());
            arguments.insert(at + 1, len.into());
            let arguments: Vec<_> = arguments.into_values().collect();
            let code = perform(&mut guest, call, &arguments);
            assert_eq!(code, expected(cell), "{call} of {path}");
        }
    }
}

#[test]
fn opens_answer_as_the_table_says() {
    let rows = table("Opening");
    assert!(rows.len() > 5);
    for row in rows {
        let (mut flags, mut base) = (0, rights::FD_READ);
        for word in row[0].split(' ') {
            match word {
                "read" => {}
                "write" => base |= rights::FD_WRITE,
                "DIRECTORY" => flags |= oflags::DIRECTORY,
                "CREAT" => flags |= oflags::CREAT,
                "EXCL" => flags |= oflags::EXCL,
                "TRUNC" => flags |= oflags::TRUNC,
                word => panic!("no flag {word}"),
            }
        }
        for (path, cell) in ["missing", "hello", "lib", "link"].iter().zip(&row[1..]) {
            let opened = guest().open_with(3, path, 0, flags, base);
            let code = opened.map_or_else(|errno| errno.0.into(), |_| 0);
            assert_eq!(code, expected(cell), "{path} for {}", row[0]);
        }
    }
}
