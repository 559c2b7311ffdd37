//! `wasi-vfs man`: manual pages, generated from the declarations of the help.

use super::exit_codes::exit_codes;
use super::usage::WrongUsage;
use super::{output, time};
use anyhow::{Context, Result, bail};
use clap::{Arg, ArgAction, Args, Command};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs man pack | man -l -
  wasi-vfs man -o ~/.local/share/man/man1",
    exit_codes!()
);

/// The date of the manual, the release date of this version in CHANGELOG.md.
const RELEASE_DATE: &str = "2026-11-29";

/// Print a page of the manual, or write all of them.
///
/// Without COMMAND, prints the page of `wasi-vfs` itself. Pages have the date of the
/// release, or that in SOURCE_DATE_EPOCH.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Man {
    /// Command whose page is printed
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    command: Option<String>,

    /// Write all pages into DIR, which is created
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Man {
    pub(super) fn execute(self, whole: Command) -> Result<ExitCode> {
        match &self.output {
            Some(directory) => write_all(directory, whole)?,
            None => self.print(whole)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self, whole: Command) -> Result<()> {
        let wanted = match &self.command {
            Some(name) => format!("wasi-vfs-{name}"),
            None => "wasi-vfs".to_owned(),
        };
        let mut commands = commands(whole).into_iter();
        let Some(command) = commands.find(|command| name(command) == wanted) else {
            let name = self.command.as_deref().unwrap_or_default();
            let message = format!("there is no command `{name}`; `wasi-vfs help` lists them");
            bail!(WrongUsage(message));
        };
        let mut stdout = io::stdout().lock();
        stdout.write_all(&page(command)?)?;
        stdout.flush()?;
        Ok(())
    }
}

fn write_all(directory: &Path, whole: Command) -> Result<()> {
    let cannot = || format!("cannot make the directory `{}`", directory.display());
    fs::create_dir_all(directory).with_context(cannot)?;
    for command in commands(whole) {
        let path = directory.join(format!("{}.1", name(&command)));
        output::write(&path, &page(command)?)?;
    }
    Ok(())
}

/// The whole command and its subcommands.
fn commands(whole: Command) -> Vec<Command> {
    let mut whole = whole.disable_help_subcommand(true);
    // Sets the names `wasi-vfs pack` and `wasi-vfs-pack`.
    whole.build();
    let parts: Vec<_> = whole.get_subcommands().cloned().collect();
    std::iter::once(whole).chain(parts).collect()
}

/// The name of a page, such as `wasi-vfs-pack`.
fn name(command: &Command) -> &str {
    let name = command.get_display_name();
    name.unwrap_or_else(|| command.get_name())
}

/// The page of `command`: the sections of clap_mangen, and the paragraphs below the
/// options in the help as EXAMPLES, EXIT STATUS and NOTES.
fn page(mut command: Command) -> Result<Vec<u8>> {
    let notes = command.get_after_help().map(ToString::to_string);
    command = command.after_help(None::<&str>);
    let has_commands = command.has_subcommands();
    let synopsis = synopsis(&command);
    let page = Page::new(command)
        .date(date()?)
        .source(concat!("wasi-vfs ", env!("CARGO_PKG_VERSION")))
        .manual("wasi-vfs manual");
    let mut bytes = Vec::new();
    page.render_title(&mut bytes)?;
    page.render_name_section(&mut bytes)?;
    synopsis.to_writer(&mut bytes)?;
    page.render_description_section(&mut bytes)?;
    page.render_options_section(&mut bytes)?;
    if has_commands {
        page.render_subcommands_section(&mut bytes)?;
    }
    for paragraph in notes.unwrap_or_default().split("\n\n") {
        section(paragraph).to_writer(&mut bytes)?;
    }
    Ok(bytes)
}

/// The date of a page: the release date, or SOURCE_DATE_EPOCH. Never the current time, so
/// the same command writes the same pages.
fn date() -> Result<String> {
    let Some(seconds) = std::env::var_os("SOURCE_DATE_EPOCH") else {
        return Ok(RELEASE_DATE.to_owned());
    };
    let number = seconds.to_str().and_then(|text| text.parse::<u32>().ok());
    let Some(number) = number else {
        bail!(
            "SOURCE_DATE_EPOCH is `{}`, expected the seconds since 1970; unset or correct it",
            seconds.display()
        );
    };
    let time = time::to_the_second(i64::from(number) * 1_000_000_000);
    let (date, _) = time.split_once('T').unwrap_or((&time, ""));
    Ok(date.to_owned())
}

/// The synopsis with the values of options, which clap_mangen omits.
fn synopsis(command: &Command) -> Roff {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut line = vec![bold(name)];
    let (positionals, options): (Vec<_>, Vec<_>) = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && arg.get_id() != "help")
        .partition(|arg| arg.is_positional());
    for arg in options.into_iter().chain(positionals) {
        line.push(roman(" "));
        line.extend(usage(arg));
    }
    if command.has_subcommands() {
        line.extend([roman(" "), italic("COMMAND"), roman(" ...")]);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text(line);
    roff
}

/// `[--dir HOST::GUEST]...`, `-o FILE`, `[--compress[=LEVEL]]`, `PACKED`.
fn usage(arg: &Arg) -> Vec<Inline> {
    let mut usage = Vec::new();
    let (open, close) = match arg.is_required_set() {
        true => ("", ""),
        false => ("[", "]"),
    };
    usage.push(roman(open));
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    if let Some(name) = short.or(long) {
        usage.push(bold(name));
    }
    if arg.get_action().takes_values() {
        let value = arg.get_value_names().unwrap_or_default().join(" ");
        let (before, after) = match (arg.is_positional(), arg.is_require_equals_set()) {
            (true, _) => ("", ""),
            (_, true) => ("[=", "]"),
            _ => (" ", ""),
        };
        usage.extend([roman(before), italic(value), roman(after)]);
    }
    usage.push(roman(close));
    if is_repeatable(arg) {
        usage.push(roman("..."));
    }
    usage
}

fn is_repeatable(arg: &Arg) -> bool {
    let values = arg.get_num_args().map_or(1, |range| range.max_values());
    matches!(arg.get_action(), ArgAction::Append) || (arg.is_positional() && values > 1)
}

fn section(paragraph: &str) -> Roff {
    let mut roff = Roff::new();
    if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for line in examples.lines() {
            roff.text([roman(line.trim_start())]);
        }
        roff.control("fi", []);
    } else if let Some(codes) = paragraph.strip_prefix("Exit codes: ") {
        roff.control("SH", ["EXIT STATUS"]);
        roff.text([roman(codes)]);
    } else if !paragraph.is_empty() {
        roff.control("SH", ["NOTES"]);
        roff.text([roman(paragraph.replace('\n', " "))]);
    }
    roff
}
