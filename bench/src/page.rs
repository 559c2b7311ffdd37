//! The page and the charts, rendered from the results.

use crate::chart;
use crate::command::root;
use crate::number::is_time;
use crate::record::{Record, Results};
use crate::table::{Row, Table, tables};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;

/// One heading of the page.
struct Section {
    title: &'static str,
    /// The names of the questions in records, and of the commands that answer them.
    questions: &'static [&'static str],
    method: &'static str,
    /// Whether the columns of a table are rivals.
    marks_best: bool,
}

const SECTIONS: [Section; 8] = [
    Section {
        title: "How large is a packed module?",
        questions: &["size", "formats"],
        method: "Bytes that packing adds to the module, runtime included; each other format was \
                 extracted again and compared.",
        marks_best: true,
    },
    Section {
        title: "How much does packing cost?",
        questions: &["packing"],
        method: "Each run is a process of its own, rivals take turns, and values are medians; \
                 hashing is the least that any packer must do.",
        marks_best: true,
    },
    Section {
        title: "How fast does it start, and in how much memory?",
        questions: &["start"],
        method: "Node runs each start in a process of its own, and KiB are linear memory beyond \
                 the memory of *host*.",
        marks_best: true,
    },
    Section {
        title: "How fast are reads?",
        questions: &["reading", "decoder"],
        method: "The C program reads every file in a fresh instance, so every block is cold; the \
                 decoder runs alone on the same blocks as libzstd.",
        marks_best: true,
    },
    Section {
        title: "How fast are single calls?",
        questions: &["calls"],
        method: "The C program repeats a call 10,000 times a round on files from all over Ruby's \
                 library; instructions are exact and include its own.",
        marks_best: true,
    },
    Section {
        title: "How fast are changes?",
        questions: &["writing"],
        method: "A C program repeats a call 10,000 times a round: in a directory packed with \
                 `--writable`, in a host directory in memory, and in the files of \
                 `@bjorn3/browser_wasi_shim` (*shim*). The reads are those of unchanged files.",
        marks_best: true,
    },
    Section {
        title: "How much do components cost?",
        questions: &["component"],
        method: "A Rust program for WASI 0.2 runs under the command of wasmtime. It reads every \
                 file, 64 KiB at a time, in a fresh instance (*first*) and again (*later*). Times \
                 exclude the start and the listing of the tree.",
        marks_best: true,
    },
    Section {
        title: "How does it scale?",
        questions: &["scaling"],
        method: "Files of 110 to 210 bytes lie in directories of 100; every file was read back \
                 and compared.",
        marks_best: false,
    },
];

const INTRODUCTION: &str = "\
`make bench` measures everything on this page and fails if a result is wrong. It
renders the page from [results.json](../bench/results.json), which has the exact
command and the date of each number. Bold is the best of a row. *stored* and
*compressed* are packed without and with `--compress`. *host* is the unpacked
program, for which the engine preopens the directory. *earlier* is the wasi-vfs
runtime 0.3.0 with Wizer. *single* has one memory, and *linked* is linked with
`libwasi_vfs.a`.";

const README: &str = "README.md";
const README_BEGIN: &str = "<!-- measured: `make bench` writes this table -->";
const README_END: &str = "<!-- end of measured -->";

/// Question, case and label of each row. The first row has all subjects of the table.
const README_ROWS: [[&str; 3]; 6] = [
    [
        "start",
        "Ruby requires 40 libraries",
        "Ruby starts and requires 40 libraries, Node",
    ],
    [
        "start",
        "instance of `ruby.wasm`, merged",
        "instance of the compiled module, Node",
    ],
    [
        "reading",
        "reading Ruby's library, Node",
        "read every file once, Node",
    ],
    [
        "size",
        "Ruby's library in `ruby.wasm`, merged",
        "added to the module",
    ],
    ["start", "memory for Ruby's library", "linear memory added"],
    ["packing", "Ruby's library into `ruby.wasm`", "packing"],
];

/// The files that a rendering consists of, by their paths in the repository.
fn files(results: &Results) -> Vec<(&'static str, String)> {
    vec![
        ("docs/BENCHMARKS.md", page(results)),
        ("docs/sizes.svg", sizes(results)),
        ("docs/start.svg", start(results)),
        (README, readme(results)),
    ]
}

/// Writes the page and the charts.
pub(crate) fn write(results: &Results) -> Result<()> {
    for (path, text) in files(results) {
        fs::write(root().join(path), text).context(path)?;
    }
    Ok(())
}

fn page(results: &Results) -> String {
    let machine = &results.machine;
    let mut page = format!("# Benchmarks\n\n{INTRODUCTION} The machine has {machine}.\n");
    for section in &SECTIONS {
        page += &section.render(results);
    }
    page
}

impl Section {
    fn render(&self, results: &Results) -> String {
        let records = records(results, self.questions);
        let (title, method) = (self.title, self.method);
        let mut text = format!("\n## {title}\n\n{method} {}\n", self.measured(&records));
        for table in tables(records) {
            text += &markdown(&table, self.marks_best);
        }
        text
    }

    /// By which commands, when, and in which state of the machine.
    fn measured(&self, records: &[&Record]) -> String {
        let command = |name: &&str| {
            let records = records.iter().filter(|one| one.question == **name);
            let when = when(&records.copied().collect::<Vec<_>>());
            format!("`target/release/wasi-vfs-bench {name}` ({when})")
        };
        let commands: Vec<_> = self.questions.iter().map(command).collect();
        let timed = records.iter().filter(|one| is_time(&one.unit));
        let load = timed.filter_map(|one| one.load).fold(0.0, f64::max);
        let note = if load < 1.0 {
            String::new()
        } else {
            format!(" The machine was busy (load {load:.0}): compare the times of a row only.")
        };
        format!("Measured by {}.{note}", commands.join(" and "))
    }
}

/// The days of some records. Times may be from other days than values that are exact.
fn when(records: &[&Record]) -> String {
    let days = |times: bool| {
        let records = records.iter().filter(|one| is_time(&one.unit) == times);
        let days: BTreeSet<_> = records.map(|one| &*one.measured).collect();
        days.into_iter().collect::<Vec<_>>().join(" and ")
    };
    match (days(true), days(false)) {
        (days, other) | (other, days) if other.is_empty() || days == other => days,
        (times, others) => format!("times {times}, the rest {others}"),
    }
}

fn markdown(table: &Table<'_>, marks_best: bool) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let subjects = table.subjects.iter().map(|subject| (*subject).to_owned());
    let mut text = String::from("\n");
    text += &line([String::new()].into_iter().chain(subjects).collect());
    text += &line(vec!["---".into(); table.subjects.len() + 1]);
    for row in &table.rows {
        let cell = |subject: &&str| row.cell(subject, marks_best);
        let cells = table.subjects.iter().map(cell);
        text += &line([row.case.to_owned()].into_iter().chain(cells).collect());
    }
    text
}

fn records<'a>(results: &'a Results, questions: &[&str]) -> Vec<&'a Record> {
    let of = |name: &&str| {
        let name = (*name).to_owned();
        results
            .records
            .iter()
            .filter(move |record| record.question == name)
    };
    questions.iter().flat_map(of).collect()
}

/// The README with the table and its dates between two marks. Without marks it stays as it is.
fn readme(results: &Results) -> String {
    let text = fs::read_to_string(root().join(README)).unwrap_or_default();
    let parts = text
        .split_once(README_BEGIN)
        .zip(text.rsplit_once(README_END));
    let Some(((before, _), (_, after))) = parts else {
        return text;
    };
    let row = |[question, case, label]: [&'static str; 3]| {
        let records = results.records.iter();
        let of_row = records.filter(move |one| one.question == question && one.case == case);
        of_row.map(move |one| Record {
            case: label.into(),
            ..one.clone()
        })
    };
    let rows: Vec<_> = README_ROWS.into_iter().flat_map(row).collect();
    let table: String = tables(&rows)
        .iter()
        .map(|table| markdown(table, true))
        .collect();
    let when = when(&rows.iter().collect::<Vec<_>>());
    let dates = format!(
        "Measured: {when}. [BENCHMARKS](docs/BENCHMARKS.md) has each command, and the rows that others win."
    );
    format!("{before}{README_BEGIN}{table}\n{dates}\n{README_END}{after}")
}

fn sizes(results: &Results) -> String {
    let cases = ["Ruby's library", "`node_modules`", "three TypeScripts"];
    let title = "Size of a tree, runtime of wasi-vfs included";
    chart(results, &["size", "formats"], title, &cases, "bytes")
}

fn start(results: &Results) -> String {
    let cases = [
        "Ruby requires 40 libraries",
        "instance of `ruby.wasm`, merged",
        "instance of C program, merged",
    ];
    let title = "Time to start under Node, with Ruby's library";
    chart(results, &["start"], title, &cases, "ms")
}

/// The chart of some cases of the first table of some questions.
fn chart(results: &Results, questions: &[&str], title: &str, cases: &[&str], unit: &str) -> String {
    let tables = tables(records(results, questions));
    let Some(table) = tables.first() else {
        return chart::bars(title, &[], &[], unit);
    };
    let is_shown = |row: &&Row<'_>| cases.contains(&row.case);
    let rows: Vec<_> = table.rows.iter().filter(is_shown).collect();
    // The files as they are would dwarf every format.
    let mut subjects = table.subjects.clone();
    subjects.retain(|subject| *subject != "files");
    chart::bars(title, &rows, &subjects, unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::record;

    #[test]
    fn page_and_charts_are_those_of_the_results() {
        for (path, text) in files(&Results::read().unwrap()) {
            let found = fs::read_to_string(root().join(path)).unwrap();
            assert!(
                found == text,
                "{path} is stale: run `wasi-vfs-bench render`"
            );
        }
    }

    #[test]
    fn page_is_short_and_answers_every_question() {
        let results = Results::read().unwrap();
        assert!(page(&results).lines().count() <= 205);
        for section in &SECTIONS {
            assert!(
                !records(&results, section.questions).is_empty(),
                "{}",
                section.title
            );
        }
    }

    #[test]
    fn days_of_times_and_of_bytes_are_told_apart() {
        let bytes = record("one", "a", 1.0, "bytes");
        let mut time = record("one", "a", 1.0, "ms");
        assert_eq!(when(&[&bytes]), "2026-11-29");
        assert_eq!(when(&[&time]), "2026-11-29");
        assert_eq!(when(&[&bytes, &time]), "2026-11-29");
        time.measured = "2026-11-25".into();
        let both = "times 2026-11-25, the rest 2026-11-29";
        assert_eq!(when(&[&bytes, &time]), both);
    }

    #[test]
    fn times_of_a_busy_machine_are_marked() {
        let mut one = record("Ruby's library", "stored", 1.0, "ms");
        one.load = Some(13.2);
        assert!(SECTIONS[0].measured(&[&one]).contains("busy (load 13)"));
        one.unit = "bytes".into();
        assert!(!SECTIONS[0].measured(&[&one]).contains("busy"));
    }
}
