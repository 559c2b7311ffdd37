//! The differences between a packed tree and wasmtime on a read-only preopen.
//!
//! Each difference is a row of the table "Accepted differences from wasmtime" in
//! `docs/RUNTIME.md`, which has the reason. A test compares the two lists.

use super::line::Line;

/// An accepted difference.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Its row in `docs/RUNTIME.md`.
    pub name: &'static str,
    /// Where it shows.
    pub shows: Shows,
}

/// Where a difference shows.
#[derive(Clone, Copy, Debug)]
pub enum Shows {
    /// In a line: whether it explains wasmtime's line and the packed one.
    InLines(fn(&Line<'_>, &Line<'_>) -> bool),
    /// In a lookup that a line reports beside its call, too.
    InLookups(fn(&Lookup<'_>) -> bool),
    /// In a line of WASI 0.2, as `InLines`.
    InComponents(fn(&Line<'_>, &Line<'_>) -> bool),
    /// In a lookup of a component, as `InLookups`.
    InComponentLookups(fn(&Lookup<'_>) -> bool),
    /// Nowhere: the guest prints nothing of it, or does not ask.
    Nowhere,
}

/// One path looked up on both sides.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    base: &'a str,
    path: &'a str,
    host: u16,
    ours: u16,
}

pub(super) mod errno {
    pub(in super::super) const OK: u16 = 0;
    pub(in super::super) const BADF: u16 = 8;
    pub(in super::super) const EXIST: u16 = 20;
    pub(in super::super) const FBIG: u16 = 22;
    pub(in super::super) const ILSEQ: u16 = 25;
    pub(in super::super) const INVAL: u16 = 28;
    pub(in super::super) const ISDIR: u16 = 31;
    pub(in super::super) const LOOP: u16 = 32;
    pub(in super::super) const NAMETOOLONG: u16 = 37;
    pub(in super::super) const NOENT: u16 = 44;
    pub(in super::super) const NOTDIR: u16 = 54;
    pub(in super::super) const NOTSUP: u16 = 58;
    pub(in super::super) const PERM: u16 = 63;
    pub(in super::super) const ROFS: u16 = 69;
}

const DIRECTORY: &str = "3";

/// The calls on a stream of WASI 0.2.
const STREAM_CALLS: [&str; 6] = [
    "input-stream.read",
    "blocking-read",
    "skip",
    "blocking-skip",
    "splice",
    "blocking-splice",
];

/// All of them.
pub const DIFFERENCES: [Difference; 22] = [
    in_lines("read-only", read_only),
    in_lookups("not-a-directory", not_a_directory),
    in_lookups("absolute-link", absolute_link),
    in_lookups("climbing", climbing),
    in_lookups("path-first", path_first),
    Difference {
        name: "trailing-slash",
        shows: Shows::InComponentLookups(trailing_slash),
    },
    in_lines("sync-flags", sync_flags),
    in_lines("sync-directory", sync_directory),
    in_lines("poll-errors", poll_errors),
    in_lines("end-of-offsets", end_of_offsets),
    Difference {
        name: "empty-reads",
        shows: Shows::InComponents(empty_reads),
    },
    nowhere("descriptor-numbers"),
    nowhere("short-reads"),
    nowhere("inode-numbers"),
    nowhere("dot-dot-inode"),
    nowhere("listing-order"),
    nowhere("directory-size"),
    nowhere("times"),
    nowhere("rights"),
    nowhere("unknown-values"),
    nowhere("exclusive-alone"),
    nowhere("nested-preopens"),
];

const fn in_lines(name: &'static str, rule: fn(&Line<'_>, &Line<'_>) -> bool) -> Difference {
    let shows = Shows::InLines(rule);
    Difference { name, shows }
}

const fn in_lookups(name: &'static str, rule: fn(&Lookup<'_>) -> bool) -> Difference {
    let shows = Shows::InLookups(rule);
    Difference { name, shows }
}

const fn nowhere(name: &'static str) -> Difference {
    let shows = Shows::Nowhere;
    Difference { name, shows }
}

/// The names of the differences that explain how two lines of one operation
/// differ; `None` if something remains.
pub fn explain(host: &Line<'_>, ours: &Line<'_>) -> Option<Vec<&'static str>> {
    if host.asked != ours.asked {
        return None;
    }
    let mut names = Vec::new();
    for (result, base, path) in [("stat", "in", "path"), ("new-stat", "to", "new")] {
        let answers = |line: &Line<'_>| line.errno_result(result);
        if let (Some(host_errno), Some(our_errno)) = (answers(host), answers(ours))
            && host_errno != our_errno
        {
            names.push(of_lookup(&Lookup {
                base: host.argument(base),
                path: host.argument(path),
                host: host_errno,
                ours: our_errno,
            })?);
        } else if names.is_empty() {
            let kind = format!("{result}-type");
            if host.result(&kind) != ours.result(&kind) {
                // Our side followed the link.
                let follows = host.result(&kind) == Some("7") && ends_in_slash(ours.argument(path));
                follows.then_some(())?;
                names.push("trailing-slash");
            }
        }
    }
    if host.results_without_lookups() != ours.results_without_lookups() {
        names.push(of_line(host, ours)?);
    }
    Some(names)
}

fn of_lookup(lookup: &Lookup<'_>) -> Option<&'static str> {
    DIFFERENCES
        .iter()
        .find_map(|difference| match difference.shows {
            Shows::InLookups(rule) | Shows::InComponentLookups(rule) if rule(lookup) => {
                Some(difference.name)
            }
            _ => None,
        })
}

fn of_line(host: &Line<'_>, ours: &Line<'_>) -> Option<&'static str> {
    let lookups = [("in", "path"), ("to", "new"), ("fd", "")].map(|(base, path)| Lookup {
        base: host.argument(base),
        path: host.argument(path),
        host: host.errno(),
        ours: ours.errno(),
    });
    // `read_only` judges these by our own lookup, which is stricter.
    let is_refused_change = host.errno() == errno::PERM && asks_for_change(ours);
    DIFFERENCES.iter().find_map(|difference| {
        let explains = match difference.shows {
            Shows::InLines(rule) | Shows::InComponents(rule) => rule(host, ours),
            Shows::InLookups(rule) | Shows::InComponentLookups(rule) => {
                !is_refused_change && lookups.iter().any(rule)
            }
            Shows::Nowhere => false,
        };
        explains.then_some(difference.name)
    })
}

/// wasmtime rejects a change before it looks up the path. The system rejects it, for WASI
/// 0.3, in an order of its own, and accepts a change to nothing. So our result is compared
/// with the object at the path.
fn read_only(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let is_mounted = !ours.argument("lowering").is_empty();
    (is_mounted || host.errno() == errno::PERM)
        && match ours.call() {
            "path_open_any" | "open-at" => {
                opens_for_change(ours) && open_refusal(ours).contains(&ours.errno())
            }
            "path_create_directory" | "path_symlink" | "create-directory-at" | "symlink-at" => {
                creation(ours.errno_result("stat")).contains(&ours.errno())
            }
            "path_remove_directory"
            | "path_unlink_file"
            | "path_filestat_set_times"
            | "remove-directory-at"
            | "unlink-file-at"
            | "set-times-at" => ours.errno() == removal(ours.errno_result("stat")),
            "path_link" | "path_rename" | "link-at" | "rename-at" => {
                two_paths(ours).contains(&ours.errno())
            }
            "fd_filestat_set_size"
            | "fd_filestat_set_times"
            | "set-size"
            | "set-times"
            | "write"
            | "write-via-stream"
            | "append-via-stream" => ours.errno() == errno::ROFS && is_same_read(host, ours),
            _ => false,
        }
}

/// A stream that was given to a call has one end on both sides.
fn is_same_read(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let reads = [host, ours].map(|line| line.errno_result("read"));
    reads[0] == reads[1] || is_far(ours, "from") && reads == [errno::INVAL, 0].map(Some)
}

/// Whether a read at an offset, or advice of a length, may end past 2^63-1.
fn is_far(line: &Line<'_>, name: &str) -> bool {
    line.number(name) > (1 << 63) - (1 << 20)
}

fn asks_for_change(line: &Line<'_>) -> bool {
    match line.call() {
        "path_open_any" | "open-at" => opens_for_change(line),
        "path_create_directory"
        | "path_symlink"
        | "path_remove_directory"
        | "path_unlink_file"
        | "path_filestat_set_times"
        | "path_link"
        | "path_rename"
        | "create-directory-at"
        | "symlink-at"
        | "remove-directory-at"
        | "unlink-file-at"
        | "set-times-at"
        | "link-at"
        | "rename-at" => true,
        _ => false,
    }
}

fn opens_for_change(line: &Line<'_>) -> bool {
    const CREAT_OR_TRUNC: u64 = 1 | 8;
    const FD_WRITE: u64 = 64;
    // Of WASI 0.2.
    const WRITE_OR_MUTATE_DIRECTORY: u64 = 2 | 32;
    line.number("oflags") & CREAT_OR_TRUNC != 0
        || line.number("rights") & FD_WRITE != 0
        || line.number("flags") & WRITE_OR_MUTATE_DIRECTORY != 0
}

fn open_refusal(line: &Line<'_>) -> Vec<u16> {
    let oflags = line.number("oflags");
    let (creates, wants_directory) = (oflags & 1 != 0, oflags & 2 != 0);
    let is_exclusive = oflags & 5 == 5;
    match line.errno_result("stat") {
        // Missing, or its directory is.
        Some(errno::NOENT) if creates => vec![errno::ROFS, errno::NOENT],
        Some(0) if is_exclusive => vec![errno::EXIST],
        Some(0) => match line.result("stat-type") {
            Some(DIRECTORY) => vec![errno::ISDIR],
            Some("7") => vec![errno::LOOP],
            _ if wants_directory => vec![errno::NOTDIR],
            // Nothing is created or changed where CREAT finds a file.
            _ if oflags & 8 == 0
                && line.number("rights") & 64 == 0
                && line.number("flags") & 2 == 0 =>
            {
                vec![0]
            }
            _ => vec![errno::ROFS],
        },
        Some(other) => vec![other],
        None => Vec::new(),
    }
}

fn creation(found: Option<u16>) -> Vec<u16> {
    match found {
        Some(0) => vec![errno::EXIST],
        Some(errno::NOENT) => vec![errno::ROFS, errno::NOENT],
        other => other.into_iter().collect(),
    }
}

fn removal(found: Option<u16>) -> u16 {
    match found {
        Some(0) => errno::ROFS,
        other => other.unwrap_or_default(),
    }
}

fn two_paths(line: &Line<'_>) -> Vec<u16> {
    let (old, new) = (line.errno_result("stat"), line.errno_result("new-stat"));
    match (old, new) {
        // An invalid path is an error before either path is resolved.
        (_, Some(errno @ (errno::INVAL | errno::NAMETOOLONG))) => old
            .filter(|&old| old != 0)
            .into_iter()
            .chain([errno])
            .collect(),
        (Some(0), new) if matches!(line.call(), "path_link" | "link-at") => creation(new),
        (Some(0), Some(0 | errno::NOENT)) => vec![errno::ROFS, errno::NOENT],
        (Some(0), new) => new.into_iter().collect(),
        (old, _) => old.into_iter().collect(),
    }
}

fn not_a_directory(lookup: &Lookup<'_>) -> bool {
    lookup.base.starts_with("slot") && lookup.host == errno::BADF && lookup.ours == errno::NOTDIR
}

fn absolute_link(lookup: &Lookup<'_>) -> bool {
    lookup.path.contains("abs-") && lookup.host == errno::PERM
}

fn climbing(lookup: &Lookup<'_>) -> bool {
    lookup.base.starts_with("slot") && !lookup.path.is_empty() && lookup.host == errno::PERM
}

fn path_first(lookup: &Lookup<'_>) -> bool {
    is_too_long(lookup.path) && lookup.ours == errno::NAMETOOLONG
        || lookup.path.contains("%00") && lookup.ours == errno::INVAL
}

fn ends_in_slash(path: &str) -> bool {
    path.ends_with('/') || path.ends_with("/.")
}

fn trailing_slash(lookup: &Lookup<'_>) -> bool {
    // A link with a slash behind it is followed, perhaps to nothing or around.
    let errors = [errno::NOTDIR, errno::NOENT, errno::LOOP, errno::PERM];
    ends_in_slash(lookup.path) && lookup.host == 0 && errors.contains(&lookup.ours)
}

/// The guest prints a long path as `start...(length,digest)`.
fn is_too_long(path: &str) -> bool {
    let len = path
        .split_once("...(")
        .and_then(|(_, rest)| rest.split_once(',')?.0.parse().ok());
    len.unwrap_or(0) >= 4096
}

fn sync_flags(host: &Line<'_>, ours: &Line<'_>) -> bool {
    const DSYNC_RSYNC_SYNC: u64 = 0b1_1010;
    // Of WASI 0.2.
    const ALL_SYNC: u64 = 0b1_1100;
    let asks = match ours.call() {
        "path_open_any" => ours.number("fdflags") & DSYNC_RSYNC_SYNC != 0,
        "open-at" => ours.number("flags") & ALL_SYNC != 0,
        _ => false,
    };
    asks && host.errno() == errno::NOTSUP
}

fn sync_directory(host: &Line<'_>, ours: &Line<'_>) -> bool {
    matches!(ours.call(), "fd_sync" | "fd_datasync")
        && ours.argument("type") == DIRECTORY
        && (host.errno(), ours.errno()) == (errno::BADF, 0)
}

fn poll_errors(host: &Line<'_>, ours: &Line<'_>) -> bool {
    ours.call() == "poll_oneoff"
        && (host.errno(), ours.errno()) == (errno::BADF, 0)
        && ours.result("errors").is_some_and(|count| count != "0")
}

fn end_of_offsets(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let is_far = |name| is_far(ours, name);
    if STREAM_CALLS.contains(&ours.call()) {
        // A stream reports the error at the first call that reads.
        let state = host.errno_result("state");
        return is_far("offset")
            && state == Some(errno::INVAL)
            && ours.result("state") == Some("closed");
    }
    let accepted = match ours.call() {
        "fd_pread" => is_far("offset") && ours.result("len") == Some("0"),
        "read" => is_far("offset") && ours.result("count") == Some("0"),
        // The future of a stream, which WASI 0.3 reads by itself.
        "future.read" => is_far("offset"),
        "advise" => is_far("len"),
        _ => false,
    };
    accepted && (host.errno(), ours.errno()) == (errno::INVAL, 0)
}

/// A call for no bytes. The two sides know at different times that a file has ended.
fn empty_reads(host: &Line<'_>, ours: &Line<'_>) -> bool {
    let says_whether_ended = match ours.call() {
        "read" => ours.result("end") == Some("false"),
        call if STREAM_CALLS.contains(&call) => {
            ["open", "closed"].map(Some).contains(&ours.result("state"))
        }
        _ => false,
    };
    says_whether_ended
        && ours.argument("len") == "0"
        && [host, ours].map(|line| (line.errno(), line.result("count"))) == [(0, Some("0")); 2]
}
