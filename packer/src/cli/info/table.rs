//! Facts as text.

use super::ballast;
use super::facts::{Facts, Group};
use crate::cli::text::{count, escape, len, percentage};
use anyhow::Result;
use std::io::{self, Write};

/// Rows of a table, unless all are asked for.
const MAX_ROWS: usize = 10;

/// Letters of the first column of a table, unless a name is longer.
const NAME_WIDTH: usize = 24;

/// Groups of equal files, and files of each, unless all are asked for.
const MAX_GROUPS: usize = 3;

/// How the facts are shown.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// Every row, and not the largest.
    pub(super) all: bool,
    /// Exact sizes.
    pub(super) bytes: bool,
}

impl Look {
    fn rows(self, max: usize) -> usize {
        if self.all { usize::MAX } else { max }
    }

    pub(super) fn len(self, bytes: u64) -> String {
        match self.bytes {
            true => bytes.to_string(),
            false => len(bytes),
        }
    }
}

pub(super) fn print(title: &str, facts: &Facts<'_>, look: Look, out: &mut dyn Write) -> Result<()> {
    print_identity(title, facts, out)?;
    print_file(facts, look, out)?;
    print_tree(facts, look, out)?;
    print_groups("extension", &facts.extensions, facts, look, out)?;
    print_groups("directory", &facts.directories, facts, look, out)?;
    ballast::print(&facts.ballast, facts.tree.stored, look, out)?;
    print_duplicates(facts, look, out)
}

fn print_identity(title: &str, facts: &Facts<'_>, out: &mut dyn Write) -> io::Result<()> {
    let form = facts.form_in_words();
    writeln!(out, "{}: {form}", escape(title.as_bytes()))?;
    writeln!(out, "  digest     {}", facts.digest)?;
    let unknown = "unknown, the manifest was stripped";
    let tool = facts.tool_version.as_deref().unwrap_or(unknown);
    let tool = escape(tool.as_bytes());
    writeln!(out, "  packed by  wasi-vfs {tool}")?;
    if let Some(runtime) = &facts.runtime_version {
        writeln!(out, "  runtime    {}", escape(runtime.as_bytes()))?;
    }
    let level = match &facts.options {
        Some(options) => match options.level {
            Some(level) => format!("zstd level {level}"),
            None => "not compressed".to_owned(),
        },
        None => unknown.to_owned(),
    };
    let block_len = facts.blocks.len / 1024;
    writeln!(out, "  options    {level}, blocks of {block_len} KiB")?;
    for mount in &facts.mounts {
        writeln!(out, "  mounted    {}", escape(mount.as_bytes()))?;
    }
    Ok(())
}

fn print_file(facts: &Facts<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let file = &facts.file;
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
        ("cold part", file.cold),
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

fn print_tree(facts: &Facts<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let tree = &facts.tree;
    let blocks = &facts.blocks;
    writeln!(
        out,
        "\ntree: {}, {}, {}",
        count(tree.files, "file"),
        count(tree.directories, "directory"),
        count(tree.symlinks, "symbolic link")
    )?;
    if let Some(left_out) = &facts.left_out {
        let files = count(left_out.files, "file");
        let raw = look.len(left_out.raw);
        writeln!(out, "  left out by --only: {files}, {raw}")?;
    }
    let deduplication = &facts.deduplication;
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
    let blocks = count(blocks.count, "block");
    writeln!(
        out,
        "  {blocks}, {uncompressed} uncompressed, {full:.1} % full"
    )
}

fn print_groups(
    title: &str,
    groups: &[Group<'_>],
    facts: &Facts<'_>,
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
        let part = percentage(group.stored, facts.blocks.stored);
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

fn print_duplicates(facts: &Facts<'_>, look: Look, out: &mut dyn Write) -> Result<()> {
    let rows = look.rows(MAX_GROUPS);
    let groups = &facts.deduplication.groups;
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
