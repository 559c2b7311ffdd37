//! `wasi-vfs pack`: directories into a module.

use super::mappings::Mappings;
use super::progress::Bar;
use super::{exit_codes, input, output, say, text, warn};
use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use wasi_vfs::{
    Exclude, ExcludeError, Form, MemoryKind, PackError, Packed, PackedImage, Packer, Warning,
    parse_paths,
};
use wasi_vfs_format::limits::{MAX_BLOCK_SHIFT, MIN_BLOCK_SHIFT};
use wasi_vfs_format::manifest::{LeftOut, Statistics};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs pack app.wasm --dir ./lib::/usr/lib -o packed.wasm
  wasi-vfs pack app.wasm --dir root::/ --exclude '*.pyc' --compress -o out.wasm
  wasi-vfs pack packed.wasm --dir ./new-lib::/usr/lib -o packed.wasm
  wasi-vfs pack --dir ./lib::/usr/lib --compress --image lib.wvfs
  wasi-vfs pack app.wasm --from lib.wvfs -o packed.wasm
  wasi-vfs pack packed.wasm --only trace.txt --compress -o small.wasm",
    exit_codes!()
);

/// Pack directories into a module.
///
/// Writes a module that holds the directories and serves them to the program
/// in it as preopened directories. Any finished WASI preview 1 module will do.
///
/// All directories form one tree. Of two nested ones the deeper hides what the
/// shallower brings at the same place; a guest directory mapped again is
/// replaced. A module that is packed already keeps what it holds, stored anew
/// as the options say.
///
/// With --image, writes the tree by itself, as an image that any number of
/// modules can be packed --from.
///
/// The paths for --only and --order-by are guest paths; `run --trace` writes
/// those that a program uses. Links are followed and kept. A path with a slash
/// at its end stands for all that is below it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Pack {
    /// Module to pack into; `-` is standard input
    #[arg(value_name = "APP.wasm", required_unless_present = "image")]
    module: Option<PathBuf>,

    #[command(flatten)]
    mappings: Mappings,

    /// Compress with zstd, at LEVEL from 1 to 22 [19 if not given]
    #[arg(
        long,
        value_name = "LEVEL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "19",
        value_parser = clap::value_parser!(i32).range(1..=22)
    )]
    compress: Option<i32>,

    /// Unit of compression, a power of two from 4K to 1M: larger is smaller in
    /// total and slower at the first read [128K if not given]
    #[arg(long, value_name = "SIZE", value_parser = parse_block_len)]
    block_size: Option<u32>,

    /// Where the runtime's memory is: a `separate` one, which needs an engine
    /// with multi-memory, or in the program's, the `single` one, for any engine with
    /// bulk memory [separate if not given, or as the module was packed before]
    #[arg(long, value_name = "KIND", value_parser = memory_kinds())]
    memory: Option<MemoryKind>,

    /// Leave out what matches in the directories that are mapped, as a line of
    /// .gitignore would; repeatable
    #[arg(long, value_name = "GLOB", value_parser = parse_pattern)]
    exclude: Vec<String>,

    /// Pack all that is in this image or packed module; repeatable. Images come
    /// before directories, and of one guest directory the last counts. An image that
    /// is all there is to pack is taken as it is; with --compress, --block-size,
    /// --only, --order-by or anything else to pack it is stored anew
    #[arg(long, value_name = "PACKED")]
    from: Vec<PathBuf>,

    /// Keep what is at the paths in FILE, one a line, and nothing else
    #[arg(long, value_name = "FILE")]
    only: Option<PathBuf>,

    /// Store what is at the paths in FILE, one a line, first and in that order:
    /// what a program reads when it starts then lies in few blocks
    #[arg(long, value_name = "FILE")]
    order_by: Option<PathBuf>,

    /// Module to write, may be the one that is read; `-` is standard output
    #[arg(
        short,
        long,
        value_name = "OUT.wasm",
        required_unless_present = "image"
    )]
    output: Option<PathBuf>,

    /// Write the tree by itself, as an image, and no module; `-` is standard
    /// output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["module", "output"])]
    image: Option<PathBuf>,

    /// Take images with files of any size. Otherwise those with more than 1 GiB and
    /// more than 1000 times their own length are refused, since a few bytes of an
    /// image can make terabytes
    #[arg(long)]
    any_size: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,

    /// Print what is packed in more detail
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
}

/// What was packed, and into what.
struct Done {
    bytes: Vec<u8>,
    statistics: Statistics,
    left_out: Option<LeftOut>,
    warnings: Vec<Warning>,
    /// `None` for an image by itself.
    form: Option<Form>,
}

impl From<Packed> for Done {
    fn from(packed: Packed) -> Self {
        Self {
            bytes: packed.module,
            statistics: packed.statistics,
            left_out: packed.left_out,
            warnings: packed.warnings,
            form: Some(packed.form),
        }
    }
}

impl From<PackedImage> for Done {
    fn from(packed: PackedImage) -> Self {
        Self {
            bytes: packed.bytes,
            statistics: packed.statistics,
            left_out: packed.left_out,
            warnings: packed.warnings,
            form: None,
        }
    }
}

impl Pack {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let start = Instant::now();
        output::check(self.target())?;
        if !self.quiet {
            self.warn_of_packed_output();
        }
        let done = self.pack()?;
        output::write(self.target(), &done.bytes)?;
        if !self.quiet {
            self.report(&done, start.elapsed());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The file to write. The arguments are not accepted without one.
    fn target(&self) -> &Path {
        let target = self.image.as_deref().or(self.output.as_deref());
        target.unwrap_or(Path::new("-"))
    }

    fn pack(&self) -> Result<Done> {
        let bar = Bar::on_terminal_unless(self.quiet, "reading");
        let Some(module) = &self.module else {
            let packer = self.packer(Packer::without_module())?;
            let image = packer.image_with_progress(&bar);
            return Ok(image.context("cannot write an image")?.into());
        };
        let packer = self.packer(Packer::new(input::read(module)?))?;
        let packed = packer.pack_with_progress(&bar);
        let packed = packed.with_context(|| format!("cannot pack `{}`", module.display()))?;
        Ok(packed.into())
    }

    fn packer(&self, packer: Packer) -> Result<Packer> {
        let mut packer = packer.any_len(self.any_size);
        for image in &self.from {
            packer = packer.add_image(input::read(image)?);
        }
        for mapping in &self.mappings.0 {
            packer = packer.map_dir(&mapping.host, mapping.guest.spelling());
        }
        for pattern in &self.exclude {
            packer = packer.exclude(pattern);
        }
        if let Some(list) = &self.only {
            packer = packer.only(paths(list)?);
        }
        if let Some(list) = &self.order_by {
            packer = packer.order_by(paths(list)?);
        }
        if let Some(level) = self.compress {
            packer = packer.compress(level);
        }
        if let Some(len) = self.block_size {
            packer = packer.block_len(len);
        }
        if let Some(memory) = self.memory {
            packer = packer.memory(memory);
        }
        Ok(packer)
    }

    /// An output of an earlier run within a mapped directory is a file like
    /// any other, and would double the module with every run.
    fn warn_of_packed_output(&self) {
        if let Some(host) = self.directory_of_output() {
            warn(&format!(
                "`{}` lies in `{}` and is packed with it; leave it out with --exclude",
                text::path(self.target()),
                text::path(host)
            ));
        }
    }

    fn directory_of_output(&self) -> Option<&Path> {
        let output = fs::canonicalize(self.target()).ok()?;
        let exclude = Exclude::new(&self.exclude).ok()?;
        let mut hosts = self.mappings.0.iter().map(|mapping| &*mapping.host);
        hosts.find(|host| {
            let host = fs::canonicalize(host);
            let relative = host.as_ref().ok().map(|host| output.strip_prefix(host));
            matches!(relative, Some(Ok(path)) if !exclude.leaves_out(path))
        })
    }

    fn report(&self, packed: &Done, elapsed: Duration) {
        for warning in &packed.warnings {
            warn(&text::escape(warning.to_string().as_bytes()));
        }
        if self.verbose {
            say(details(packed).trim_end());
        }
        let line = summary(packed, elapsed);
        say(&format!("{}: {line}", text::path(self.target())));
    }
}

/// `1918 files, 14.5 MB stored in 3.7 MB (25.6 %), ...`
fn summary(packed: &Done, elapsed: Duration) -> String {
    let statistics = &packed.statistics;
    let saved = statistics.file_len.saturating_sub(statistics.raw_len);
    let left_out = packed.left_out.map_or(String::new(), |left_out| {
        let files = text::count(left_out.file_count.into(), "file");
        format!("{files} ({}) left out, ", text::len(left_out.file_len))
    });
    format!(
        "{}, {} stored in {} ({}), {} saved by deduplication, {left_out}{}, {:.1} s",
        text::count(statistics.file_count.into(), "file"),
        text::len(statistics.file_len),
        text::len(statistics.stored_len),
        share(statistics.stored_len, statistics.file_len),
        text::len(saved),
        packed.form.map_or("an image by itself", form_name),
        elapsed.as_secs_f64(),
    )
}

fn details(packed: &Done) -> String {
    let statistics = &packed.statistics;
    let rows = [
        ("files", u64::from(statistics.file_count)),
        ("  same as another", statistics.duplicate_file_count.into()),
        ("directories", statistics.directory_count.into()),
        ("symbolic links", statistics.symlink_count.into()),
        ("chunks", statistics.chunk_reference_count),
        ("  different", statistics.chunk_count.into()),
        ("blocks", statistics.block_count.into()),
        ("  uncompressed", statistics.stored_block_count.into()),
        ("bytes of files", statistics.file_len),
        ("  deduplicated", statistics.raw_len),
        ("  stored", statistics.stored_len),
        ("bytes written", packed.bytes.len() as u64),
    ];
    rows.map(|(name, value)| format!("{name:<20}{value:>14}\n"))
        .concat()
}

fn paths(list: &Path) -> Result<Vec<String>> {
    let text = String::from_utf8(input::read(list)?);
    let text = text.with_context(|| format!("`{}` is not UTF-8", list.display()))?;
    let paths = parse_paths(&text);
    if paths.is_empty() {
        bail!(
            "`{}` lists no paths; expected guest paths, one a line",
            list.display()
        );
    }
    Ok(paths)
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "nothing to store".to_owned(),
        _ => text::percentage(part, whole),
    }
}

fn form_name(form: Form) -> &'static str {
    match form {
        Form::Linked => "linked",
        Form::Merged(MemoryKind::Separate) => "merged, separate memory",
        Form::Merged(MemoryKind::Single) => "merged, single memory",
    }
}

/// The kinds by their names, which completions offer.
fn memory_kinds() -> impl TypedValueParser<Value = MemoryKind> {
    PossibleValuesParser::new(["separate", "single"]).map(|name| match name.as_str() {
        "single" => MemoryKind::Single,
        _ => MemoryKind::Separate,
    })
}

/// Rejects a pattern that the library would reject.
fn parse_pattern(text: &str) -> Result<String, ExcludeError> {
    Exclude::new(&[text])?;
    Ok(text.to_owned())
}

/// Reads `64K`, `128KiB`, `1M` or a number of bytes that a block can have.
fn parse_block_len(text: &str) -> Result<u32, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(digits.len());
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kib" => Some(1 << 10),
        "m" | "mib" => Some(1 << 20),
        _ => None,
    };
    let len = number.parse::<u32>().ok().zip(factor);
    let len = len.and_then(|(number, factor)| number.checked_mul(factor));
    let len = len.ok_or("expected a size such as 65536, 64K or 64KiB")?;
    let possible = 1 << MIN_BLOCK_SHIFT..=1 << MAX_BLOCK_SHIFT;
    if !len.is_power_of_two() || !possible.contains(&len) {
        return Err(PackError::BlockLen { len }.to_string());
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_units() {
        for text in ["65536", "65536B", "64K", "64k", "64KiB", "64kib"] {
            assert_eq!(parse_block_len(text), Ok(65536), "{text}");
        }
        assert_eq!(parse_block_len("1M"), Ok(1 << 20));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "K", "64KB", "6 4K", "-1", "4096M", "99999999999", "é"] {
            assert!(parse_block_len(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_of_nothing_are_not_numbers() {
        assert_eq!(share(1, 4), "25.0 %");
        assert_eq!(share(0, 0), "nothing to store");
    }
}
