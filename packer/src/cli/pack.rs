//! `wasi-vfs pack`: directories into a module.

use super::mappings::Mappings;
use super::pack_error::Explained;
use super::progress::Bar;
use super::{exit_codes, input, output, report, say, text, warn};
use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use wasi_vfs::{Form, MemoryKind, Packed, PackedImage, Packer, Warning};
use wasi_vfs::{parse_paths, parse_patterns};
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
/// All directories form one tree. If guest directories are nested, the inner one
/// wins. A module that is packed already keeps its other directories and, unless
/// options name others, its compression level, block size and kind of memory.
///
/// `pack` warns of input that it drops and of files that the program cannot use.
///
/// With --image, writes the tree by itself, as an image that any number of
/// modules can be packed --from.
///
/// Patterns are guest paths with `*`, `?`, `[a-z]`, `{a,b}` and `**`. A pattern of
/// --exclude without a leading slash matches at any depth.
///
/// --only and --order-by take guest paths and patterns; `run --trace` writes the
/// paths that a program uses. Links are followed and kept. A directory stands for
/// everything below it, unless its path ends with `/.`.
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
        value_parser = parse_level
    )]
    compress: Option<i32>,

    /// Store files uncompressed, also those of a compressed module or image
    /// [default for modules that are not packed]
    #[arg(long, conflicts_with = "compress")]
    no_compress: bool,

    /// Unit of compression, a power of two from 4K to 1M: larger is smaller in
    /// total and slower at the first read [default: as packed before, else 128K]
    #[arg(long, value_name = "SIZE", value_parser = parse_block_len)]
    block_size: Option<u32>,

    /// Where the runtime's memory is: a `separate` one, which needs an engine
    /// with multi-memory, or in the program's, the `single` one, for any engine with
    /// bulk memory [separate if not given, or as the module was packed before]
    #[arg(long, value_name = "KIND", value_parser = memory_kinds(), conflicts_with = "image")]
    memory: Option<MemoryKind>,

    /// Exclude matching guest paths of mapped directories; repeatable. `!` in front
    /// takes a path back, and the last matching pattern decides
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,

    /// Exclude by the patterns in FILE, one a line, before those of --exclude; repeatable
    #[arg(long, value_name = "FILE")]
    exclude_from: Vec<PathBuf>,

    /// Exclude by the .gitignore files in mapped directories, and exclude .git. Patterns
    /// of --exclude come first
    #[arg(long)]
    gitignore: bool,

    /// Pack the files of this image or packed module; repeatable. A directory that is
    /// mapped at the same guest path replaces that of an image, and a later image that of
    /// an earlier one. A single image without anything else to pack is copied unchanged,
    /// unless --compress, --no-compress, --block-size, --only or --order-by is given
    #[arg(long, value_name = "PACKED")]
    from: Vec<PathBuf>,

    /// Keep the paths and patterns in FILE, one a line, and drop all others
    #[arg(long, value_name = "FILE")]
    only: Option<PathBuf>,

    /// Store the paths and patterns in FILE, one a line, first and in that order. A
    /// program that reads them when it starts then reads few blocks
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

    /// Print warnings and errors only
    #[arg(short, long)]
    quiet: bool,

    /// Fail if there is any warning, and write nothing
    #[arg(long)]
    strict: bool,

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

/// As clap exits when it rejects arguments.
const WRONG_USAGE: u8 = 2;

impl Pack {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let start = Instant::now();
        output::check(self.target())?;
        let done = match self.pack() {
            Err(error) if is_usage(&error) => {
                report(&error);
                return Ok(ExitCode::from(WRONG_USAGE));
            }
            done => done?,
        };
        self.warn_of(&done.warnings)?;
        output::write(self.target(), &done.bytes)?;
        if !self.quiet {
            self.sum_up(&done, start.elapsed());
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
            let image = image.map_err(|error| Explained::new(error, &self.from));
            return Ok(image.context("cannot write an image")?.into());
        };
        let packer = self.packer(Packer::new(input::read(module)?))?;
        let packed = packer.pack_with_progress(&bar);
        let packed = packed.map_err(|error| Explained::new(error, &self.from));
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
        for list in &self.exclude_from {
            packer = patterns(list)?.into_iter().fold(packer, Packer::exclude);
        }
        packer = self.exclude.iter().fold(packer, Packer::exclude);
        packer = packer.gitignore(self.gitignore);
        if let Some(list) = &self.only {
            packer = packer.only(paths(list)?);
        }
        if let Some(list) = &self.order_by {
            packer = packer.order_by(paths(list)?);
        }
        if let Some(level) = self.compress {
            packer = packer.compress(level);
        }
        if self.no_compress {
            packer = packer.no_compression();
        }
        if let Some(len) = self.block_size {
            packer = packer.block_len(len);
        }
        if let Some(memory) = self.memory {
            packer = packer.memory(memory);
        }
        Ok(self.own_files().fold(packer, Packer::own_file))
    }

    /// The files of this pack that would make each later one longer if they were packed.
    fn own_files(&self) -> impl Iterator<Item = &Path> {
        let files = self.module.iter().chain(&self.from).map(PathBuf::as_path);
        let files = files.chain([self.target()]);
        files.filter(|&path| path != Path::new("-"))
    }

    /// Prints the warnings.
    ///
    /// # Errors
    ///
    /// There are any, with `--strict`.
    fn warn_of(&self, warnings: &[Warning]) -> Result<()> {
        for warning in warnings {
            let line = self.text_of(warning);
            warn(&text::escape(line.as_bytes()));
        }
        if self.strict && !warnings.is_empty() {
            let count = text::count(warnings.len() as u64, "warning");
            bail!("nothing was written, because --strict rejects {count}");
        }
        Ok(())
    }

    fn text_of(&self, warning: &Warning) -> String {
        let Warning::EmptyImages(numbers) = warning else {
            return warning.to_string();
        };
        let images = numbers
            .iter()
            .filter_map(|number| self.from.get(number.checked_sub(1)?));
        let images: Vec<_> = images
            .map(|image| format!("`{}`", image.display()))
            .collect();
        format!(
            "no file or link in {}, so check the image",
            images.join(", ")
        )
    }

    fn sum_up(&self, packed: &Done, elapsed: Duration) {
        if self.verbose {
            say(details(packed).trim_end());
        }
        let line = summary(packed, elapsed);
        say(&format!("{}: {line}", text::path(self.target())));
    }
}

fn is_usage(error: &anyhow::Error) -> bool {
    let explained = error.downcast_ref::<Explained>();
    explained.is_some_and(Explained::is_usage)
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

/// The text of a list.
fn text_in(list: &Path) -> Result<String> {
    let text = String::from_utf8(input::read(list)?);
    text.with_context(|| format!("`{}` is not UTF-8", list.display()))
}

fn patterns(list: &Path) -> Result<Vec<String>> {
    Ok(parse_patterns(&text_in(list)?))
}

fn paths(list: &Path) -> Result<Vec<String>> {
    let paths = parse_paths(&text_in(list)?);
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

fn parse_level(text: &str) -> Result<i32, String> {
    let level = text.parse().ok().filter(|level| (1..=22).contains(level));
    level.ok_or_else(|| "expected a level from 1 to 22".to_owned())
}

/// Reads `64K`, `128KiB`, `1M` or a number of bytes.
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
    let len = len.ok_or_else(|| "expected a size such as 65536, 64K or 64KiB".to_owned())?;
    let possible = 1 << MIN_BLOCK_SHIFT..=1 << MAX_BLOCK_SHIFT;
    match len.is_power_of_two() && possible.contains(&len) {
        true => Ok(len),
        false => Err("expected a power of two from 4K to 1M".to_owned()),
    }
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
    fn impossible_block_sizes_name_the_possible_ones() {
        assert_eq!((MIN_BLOCK_SHIFT, MAX_BLOCK_SHIFT), (12, 20));
        for text in ["0", "2K", "100K", "2M"] {
            let error = parse_block_len(text).unwrap_err();
            assert!(error.ends_with("from 4K to 1M"), "{text}");
        }
    }

    #[test]
    fn shares_of_nothing_are_not_numbers() {
        assert_eq!(share(1, 4), "25.0 %");
        assert_eq!(share(0, 0), "nothing to store");
    }
}
