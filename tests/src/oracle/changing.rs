//! The differences between directories that a program changes and the same directories
//! under wasmtime.
//!
//! They hold for the writable directories of a module, and for `wasi-vfs run --dir`. Each
//! difference is a row of the table "Accepted differences of directories that change" in
//! `docs/RUNTIME.md`. The differences of a read-only tree hold as well, except `read-only`.

use super::difference::{self, Difference, Shows, errno};
use super::line::Line;

/// All of them.
pub const DIFFERENCES: [Difference; 9] = [
    difference("path-order", path_order),
    difference("slash-behind-file", slash_behind_file),
    difference("slash-behind-link", slash_behind_link),
    difference("number-first", number_first),
    difference("large-offsets", large_offsets),
    difference("allocate", allocate),
    difference("sync-of-directory", sync_of_directory),
    difference("no-times", no_times),
    difference("changing-listings", changing_listings),
];

const fn difference(name: &'static str, rule: fn(&Line<'_>, &Line<'_>) -> bool) -> Difference {
    let shows = Shows::InLines(rule);
    Difference { name, shows }
}

/// The names of the differences that explain how two lines of one operation differ, or
/// `None` if none does.
pub fn explain(host: &Line<'_>, ours: &Line<'_>) -> Option<Vec<&'static str>> {
    if host.asked != ours.asked {
        return None;
    }
    let of_paths = difference::explain(host, ours);
    of_paths
        .filter(|names| !names.contains(&"read-only"))
        .or_else(|| Some(vec![of_changes(host, ours)?]))
}

fn of_changes(host: &Line<'_>, ours: &Line<'_>) -> Option<&'static str> {
    DIFFERENCES
        .iter()
        .find_map(|difference| match difference.shows {
            Shows::InLines(rule) if rule(host, ours) => Some(difference.name),
            _ => None,
        })
}

/// Both calls fail, and leave the same state.
fn both_fail(host: &Line<'_>, ours: &Line<'_>) -> bool {
    host.errno() != errno::OK && ours.errno() != errno::OK && is_same_state(host, ours)
}

/// The results behind the errno are the same.
fn is_same_state(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let results = [host, ours].map(|line| line.answer.split_once(' ').map(|(_, results)| results));
    results[0] == results[1]
}

fn path_order(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let has_two_paths = matches!(
        ours.call(),
        "path_link"
            | "path_symlink"
            | "path_rename"
            | "path_rename_open"
            | "path_unlink_open"
            | "link-at"
            | "symlink-at"
            | "rename-at"
    );
    let has_nul = ["path", "new"].map(|name| ours.argument(name).contains("%00"));
    (has_two_paths || has_nul.contains(&true)) && both_fail(host, ours)
}

fn slash_behind_file(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let is_such = match ours.call() {
        "path_open_write" | "path_open_any" | "open-at-write" => {
            host.errno() == errno::ISDIR && [errno::NOTDIR, errno::LOOP].contains(&ours.errno())
        }
        "path_create_directory" | "path_symlink" | "create-directory-at" | "symlink-at" => {
            (host.errno(), ours.errno()) == (errno::EXIST, errno::NOTDIR)
        }
        _ => false,
    };
    is_such && is_same_state(host, ours)
}

fn slash_behind_link(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let unlinks = ["path_unlink_file", "path_unlink_open", "unlink-file-at"];
    unlinks.contains(&ours.call())
        && (host.errno(), ours.errno()) == (errno::ISDIR, errno::NOTDIR)
        && is_same_state(host, ours)
}

fn number_first(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let late = match ours.call() {
        "path_open_write" | "path_open_any" | "path_open" => errno::ILSEQ,
        "fd_filestat_set_times" | "fd_pread" | "fd_pwrite" | "read" | "write" => errno::INVAL,
        _ => return false,
    };
    (host.errno(), ours.errno()) == (late, errno::BADF) && is_same_state(host, ours)
}

fn large_offsets(host: &Line<'_>, ours: &Line<'_>) -> bool {
    matches!(
        ours.call(),
        "fd_filestat_set_size" | "fd_pwrite" | "fd_write" | "set-size" | "write"
    ) && (host.errno(), ours.errno()) == (errno::INVAL, errno::FBIG)
        && is_same_state(host, ours)
}

/// The guest then makes the room by other calls.
fn allocate(host: &Line<'_>, ours: &Line<'_>) -> bool {
    ours.call() == "fd_allocate" && host.errno() == errno::NOTSUP && is_same_state(host, ours)
}

fn sync_of_directory(host: &Line<'_>, ours: &Line<'_>) -> bool {
    matches!(
        ours.call(),
        "fd_sync" | "fd_datasync" | "sync" | "sync-data"
    ) && (host.errno(), ours.errno()) == (errno::BADF, errno::OK)
}

fn no_times(host: &Line<'_>, ours: &Line<'_>) -> bool {
    ours.call() == "path_filestat_set_times"
        && ours.argument("flags") == "0"
        && host.errno() == errno::OK
        && is_same_state(host, ours)
}

/// The changes end alike, and our listing is complete.
fn changing_listings(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let changes = [host, ours].map(|line| line.answer.split_once(" missed=").map(|(all, _)| all));
    ours.call() == "list_changing"
        && changes[0] == changes[1]
        && ["missed", "twice"].map(|name| ours.result(name)) == [Some("0"); 2]
}
