//! The report as text.

use super::ballast::Ballast;
use super::look::Look;
use super::report::{Group, Report};
use super::runtime_parts::RuntimePart;
use crate::cli::text::{count, escape, percentage};
use anyhow::Result;
use std::io::{self, Write};

/// Rows of a table without `--all`.
const MAX_ROWS: usize = 10;

/// Letters of the first column of a table, unless a name is longer.
const NAME_WIDTH: usize = 24;

/// Groups of equal files, and files of each group, without `--all`.
const MAX_GROUPS: usize = 3;

pub(super) fn print(
    title: &str,
    report: &Report<'_>,
    look: Look,
    out: &mut dyn Write,
) -> Result<()> {
    print_identity(title, report, out)?;
    print_file(report, look, out)?;
    print_tree(report, look, out)?;
    print_groups("extension", &report.extensions, report, look, out)?;
    print_groups("directory", &report.directories, report, look, out)?;
    print_ballast(&report.ballast, report.tree.stored, look, out)?;
    print_duplicates(report, look, out)
}

fn print_identity(title: &str, report: &Report<'_>, out: &mut dyn Write) -> Result<()> {
    let form = report.form_in_words();
    writeln!(out, "{}: {form}", escape(title.as_bytes()))?;
    if let Some(component) = &report.component {
        writeln!(out, "  component  {}", component.in_words())?;
        let wasi = component.wasi.join(", ");
        writeln!(out, "  imports    {}", escape(wasi.as_bytes()))?;
    }
    writeln!(out, "  digest     {}", report.digest)?;
    let unknown = "unknown, the manifest was stripped";
    let tool = report.tool_version.as_deref().unwrap_or(unknown);
    let tool = escape(tool.as_bytes());
    writeln!(out, "  packed by  wasi-vfs {tool}")?;
    if let Some(runtime) = &report.runtime_version {
        writeln!(out, "  runtime    {}", escape(runtime.as_bytes()))?;
    }
    if let Some(parts) = &report.runtime_parts {
        let names: Vec<_> = parts.iter().map(in_words).collect();
        let none = names.is_empty().then_some("none");
        writeln!(
            out,
            "  parts      {}{}",
            names.join(", "),
            none.unwrap_or_default()
        )?;
    }
    let level = match &report.options {
        Some(options) => match options.level {
            Some(level) => format!("zstd level {level}"),
            None => "not compressed".to_owned(),
        },
        None => unknown.to_owned(),
    };
    let block_len = report.blocks.len / 1024;
    writeln!(out, "  options    {level}, blocks of {block_len} KiB")?;
    for mount in &report.mounts {
        writeln!(out, "  mounted    {}", escape(mount.as_bytes()))?;
    }
    if let Some(writable) = &report.writable {
        for directory in &writable.directories {
            let path = directory.path()?;
            writeln!(out, "  writable   {}", escape(path.as_bytes()))?;
        }
        let limit = writable.limit_in_words();
        // A module exports functions to save them.
        let end = match &report.component {
            Some(_) => ", until the instance ends",
            None => "",
        };
        writeln!(out, "  changes    up to {limit} in memory{end}")?;
    }
    if let Some(done) = &report.started {
        writeln!(out, "  state      holds the state of a start")?;
        for export in done {
            writeln!(out, "  has run    {}", escape(export.as_bytes()))?;
        }
    }
    Ok(())
}

/// A part of the runtime, with the bytes of its code.
fn in_words(part: &RuntimePart) -> String {
    match part.code {
        Some(len) => format!("{} ({len} B)", part.name),
        None => part.name.to_owned(),
    }
}

fn print_file(report: &Report<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let file = &report.file;
    writeln!(out, "\nsizes in the file")?;
    let runtime = match file.application {
        Some(_) => "runtime",
        None => "application and runtime",
    };
    let rows = [
        ("application", file.application.unwrap_or(0)),
        (runtime, file.runtime),
        ("index", file.index),
        ("payload", file.payload),
        ("metadata section", file.metadata),
        ("total", file.total),
    ];
    for (name, bytes) in rows {
        if bytes > 0 {
            let part = percentage(bytes, file.total);
            let len = look.len(bytes);
            writeln!(out, "  {name:<24}{len:>14}  {part:>8}")?;
        }
    }
    Ok(())
}

fn print_tree(report: &Report<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let tree = &report.tree;
    let blocks = &report.blocks;
    writeln!(
        out,
        "\ntree: {}, {}, {}",
        count(tree.files, "file"),
        count(tree.directories, "directory"),
        count(tree.symlinks, "symbolic link")
    )?;
    if let Some(left_out) = &report.left_out {
        let files = count(left_out.files, "file");
        let raw = look.len(left_out.raw);
        writeln!(out, "  left out by --only: {files}, {raw}")?;
    }
    let deduplication = &report.deduplication;
    let duplicates = count(deduplication.duplicate_files, "file");
    let rows = [
        ("raw", tree.raw, String::new()),
        (
            "saved by deduplication",
            deduplication.saved,
            format!("{duplicates} the same as another"),
        ),
        ("unique", tree.unique, String::new()),
        ("stored", blocks.stored, String::new()),
        ("other payload", blocks.other, String::new()),
    ];
    for (name, bytes, note) in rows {
        if bytes > 0 || !note.is_empty() {
            let part = percentage(bytes, tree.raw);
            let len = look.len(bytes);
            let line = format!("  {name:<24}{len:>14}  {part:>8}  {note}");
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    let (uncompressed, full) = (blocks.uncompressed, blocks.fill * 100.0);
    // One base is the usual number.
    let bases = match blocks.bases {
        0 | 1 => String::new(),
        bases => format!(", {}", count(bases, "base")),
    };
    let blocks = count(blocks.count, "block");
    writeln!(
        out,
        "  {blocks}, {uncompressed} uncompressed{bases}, {full:.1} % full"
    )
}

fn print_groups(
    title: &str,
    groups: &[Group<'_>],
    report: &Report<'_>,
    look: Look,
    out: &mut dyn Write,
) -> Result<()> {
    let rows = look.rows(MAX_ROWS);
    if groups.is_empty() {
        return Ok(());
    }
    let shown = groups.iter().take(rows);
    let names = shown.clone().map(name_of).collect::<Result<Vec<_>>>()?;
    let width = names.iter().map(|name| name.chars().count() + 2);
    let width = width.max().unwrap_or(0).max(NAME_WIDTH);
    writeln!(
        out,
        "\n{:<width$}{:>14}  {:>8}  {:>14}  {:>7}",
        format!("by {title}"),
        "stored",
        "",
        "raw",
        "files"
    )?;
    for (group, name) in shown.zip(names) {
        let name = format!("  {name}");
        let part = percentage(group.stored, report.blocks.stored);
        let (stored, raw, files) = (look.len(group.stored), look.len(group.raw), group.files);
        writeln!(
            out,
            "{name:<width$}{stored:>14}  {part:>8}  {raw:>14}  {files:>7}"
        )?;
    }
    print_rest(groups.len(), rows, out)
}

fn name_of(group: &Group<'_>) -> Result<String> {
    Ok(match group.name.text()?.as_str() {
        "" => "(none)".to_owned(),
        name => escape(name.as_bytes()),
    })
}

fn print_ballast(
    ballast: &[Ballast],
    stored: u64,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    if ballast.is_empty() {
        return Ok(());
    }
    let (kind, part) = ("probable ballast", "");
    let heading = ("stored", "raw", "files");
    writeln!(
        out,
        "\n{kind:<24}{:>14}  {part:>8}  {:>14}  {:>7}",
        heading.0, heading.1, heading.2
    )?;
    for row in ballast {
        let part = percentage(row.stored, stored);
        let kind = format!("  {}", escape(row.kind.as_bytes()));
        let exclude = escape(row.exclude.as_bytes());
        let (stored, raw, files) = (look.len(row.stored), look.len(row.raw), row.files);
        writeln!(
            out,
            "{kind:<24}{stored:>14}  {part:>8}  {raw:>14}  {files:>7}"
        )?;
        writeln!(out, "    drop with --exclude '{exclude}'")?;
    }
    Ok(())
}

fn print_duplicates(report: &Report<'_>, look: Look, out: &mut dyn Write) -> Result<()> {
    let rows = look.rows(MAX_GROUPS);
    let groups = &report.deduplication.groups;
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nsame files")?;
    for group in groups.iter().take(rows) {
        let (saved, len) = (look.len(group.saved), look.len(group.len));
        let copies = count(group.paths.len() as u64, "file");
        writeln!(out, "  {saved} saved, {copies} of {len}")?;
        for place in group.paths.iter().take(rows) {
            writeln!(out, "    {}", escape(place.path()?.as_bytes()))?;
        }
        if group.paths.len() > rows {
            writeln!(out, "    and {} more", group.paths.len() - rows)?;
        }
    }
    print_rest(groups.len(), rows, out)
}

fn print_rest(total: usize, rows: usize, out: &mut dyn Write) -> Result<()> {
    if let Some(rest @ 1..) = total.checked_sub(rows) {
        writeln!(out, "  and {rest} more, with --all")?;
    }
    Ok(())
}
