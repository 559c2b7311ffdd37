//! The options that `pack` and `image` share: inputs, selection, storage and messages.

use super::mappings::Mappings;
use super::message::{hide_notes, note, say, warn};
use super::size::parse_len;
use super::summary::{Done, details, summary};
use super::usage::WrongUsage;
use super::{input, mtime, output, text};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;
use wasi_vfs::{
    DEFAULT_LEVEL, Exclude, Mtime, Packer, PatternError, Warning, parse_paths, parse_patterns,
};
use wasi_vfs_format::limits::{MAX_BLOCK_SHIFT, MIN_BLOCK_SHIFT};

#[derive(Debug, Args)]
pub(super) struct PackOptions {
    #[command(flatten)]
    mappings: Mappings,

    /// Embed the files of an image, packed module or component; repeatable
    ///
    /// If guest paths are equal, a mapped directory replaces that of an image, and a
    /// later image replaces that of an earlier one.
    ///
    /// If there is nothing else to pack, a single image is copied unchanged. Then
    /// --compress, --no-compress, --block-size, --only and --order-by store it again.
    #[arg(long, value_name = "PACKED")]
    pub(super) from: Vec<PathBuf>,

    /// Merge inputs with the same or nested guest paths
    ///
    /// At one path, the file of the later input wins.
    #[arg(long)]
    union: bool,

    /// Replace symbolic links that leave their mapped directory by their targets
    ///
    /// Absolute links leave it.
    #[arg(long)]
    dereference: bool,

    /// Exclude matching guest paths of mapped inputs; repeatable
    ///
    /// A pattern with `!` in front includes paths again. The last matching pattern
    /// decides.
    #[arg(long, value_name = "PATTERN", value_parser = parse_pattern)]
    exclude: Vec<String>,

    /// Exclude by the patterns in FILE, one a line; repeatable
    ///
    /// They come before the patterns of --exclude.
    #[arg(long, value_name = "FILE")]
    exclude_from: Vec<PathBuf>,

    /// Exclude .git, and files by the .gitignore files in mapped directories
    ///
    /// Patterns of --exclude come first.
    #[arg(long)]
    gitignore: bool,

    /// Keep only the paths and patterns in FILE, one a line
    #[arg(long, value_name = "FILE")]
    only: Option<PathBuf>,

    /// Store the paths and patterns in FILE, one a line, first and in that order
    ///
    /// If FILE has the files that a program reads when it starts, the start reads few
    /// blocks. Packing again does not keep this order.
    #[arg(long, value_name = "FILE")]
    order_by: Option<PathBuf>,

    /// Set the modification times of mapped inputs [default: their own]
    ///
    /// TIME is a date such as 2000-02-29, or @951782400 for seconds since 1970, or
    /// `source` for their own times. Without --mtime, SOURCE_DATE_EPOCH is the latest
    /// possible time.
    #[arg(long, value_name = "TIME", value_parser = mtime::parse, allow_hyphen_values = true)]
    mtime: Option<Mtime>,

    /// Compress with zstd; LEVEL is 1 to 22 [default: 19]
    #[arg(long, value_name = "LEVEL", require_equals = true, value_parser = parse_level)]
    compress: Option<Option<i32>>,

    /// Compress with zstd at LEVEL, as --compress=LEVEL does
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    level: Option<i32>,

    /// Store all files uncompressed [default for a module that is not packed]
    ///
    /// Files of a compressed module or image are decompressed.
    #[arg(long, conflicts_with_all = ["compress", "level"])]
    no_compress: bool,

    /// Size of a block, a power of two from 4K to 1M [default: as before, else 128K]
    ///
    /// Blocks are compressed one by one. Larger blocks make a smaller file and a slower
    /// first read.
    #[arg(long, value_name = "SIZE", value_parser = parse_block_len)]
    block_size: Option<u32>,

    /// Fail and write nothing if the output is larger than SIZE, such as 20MB
    #[arg(long, value_name = "SIZE", value_parser = parse_len)]
    max_size: Option<u64>,

    /// Disable the decompression-bomb limit
    ///
    /// By default an image may expand to 1 GiB or 1000 times its size, whichever is
    /// larger.
    #[arg(long)]
    no_size_limit: bool,

    /// Print warnings and errors only
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Fail and write nothing if there is any warning
    #[arg(long)]
    strict: bool,

    /// Print statistics of the pack
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
}

impl PackOptions {
    /// Prepares the output of the command: hides notes if they are unwanted, and rejects
    /// an `output` that cannot be written or is an input that it would replace. The output
    /// may replace a module or image.
    pub(super) fn start(&self, output: &Path) -> Result<()> {
        if self.quiet {
            hide_notes();
        }
        output::check(output)?;
        let lists = self.exclude_from.iter().chain(&self.only);
        let lists = lists.chain(&self.order_by).map(PathBuf::as_path);
        let mut inputs = lists.chain(self.mappings.hosts());
        inputs.try_for_each(|input| output::require_other_file(output, input))
    }

    /// Adds these options to `packer`. `own` are the other files that the command reads or
    /// writes.
    pub(super) fn packer(&self, packer: Packer, own: &[&Path]) -> Result<Packer> {
        let mut packer = self
            .mappings
            .add_to(packer.no_size_limit(self.no_size_limit));
        for image in &self.from {
            packer = packer.add_image(input::read(image)?);
        }
        let own = own.iter().copied();
        let own = own.chain(self.from.iter().map(PathBuf::as_path));
        let own = own.filter(|&path| path != Path::new("-"));
        packer = own.fold(packer, Packer::own_file);
        packer = packer.union(self.union).dereference(self.dereference);
        packer = packer.mtime(self.mtime()?);
        self.with_storage(self.with_selection(packer)?)
    }

    fn with_selection(&self, mut packer: Packer) -> Result<Packer> {
        for list in &self.exclude_from {
            packer = patterns(list)?.into_iter().fold(packer, Packer::exclude);
        }
        packer = self.exclude.iter().fold(packer, Packer::exclude);
        packer = packer.gitignore(self.gitignore);
        if let Some(list) = &self.only {
            packer = packer.only(paths(list, "--only")?);
        }
        if let Some(list) = &self.order_by {
            packer = packer.order_by(paths(list, "--order-by")?);
        }
        Ok(packer)
    }

    fn with_storage(&self, mut packer: Packer) -> Result<Packer> {
        if let Some(level) = self.level()? {
            packer = packer.compress(level);
        }
        if self.no_compress {
            packer = packer.no_compression();
        }
        if let Some(len) = self.block_size {
            packer = packer.block_len(len);
        }
        Ok(packer)
    }

    /// Whether `--compress` is given without a level.
    pub(super) fn has_bare_compress(&self) -> bool {
        self.compress == Some(None)
    }

    fn level(&self) -> Result<Option<i32>> {
        match (self.compress, self.level) {
            (Some(Some(_)), Some(_)) => {
                bail!(WrongUsage(
                    "give the level once, with --compress or with --level".to_owned()
                ))
            }
            (_, Some(level)) | (Some(Some(level)), None) => Ok(Some(level)),
            (Some(None), None) => Ok(Some(DEFAULT_LEVEL)),
            (None, None) => Ok(None),
        }
    }

    fn mtime(&self) -> Result<Mtime> {
        match self.mtime {
            Some(mtime) => Ok(mtime),
            None => Ok(mtime::from_environment().map_err(WrongUsage)?),
        }
    }

    /// Prints the warnings, writes the output to `target`, and prints the summary.
    pub(super) fn finish(&self, done: &Done, target: &Path, start: Instant) -> Result<()> {
        self.print_warnings(&done.warnings)?;
        self.check_len(done.bytes.len() as u64, target)?;
        output::write(target, &done.bytes)?;
        if self.verbose {
            say(details(done).trim_end());
        }
        if !self.quiet {
            let line = summary(done, start.elapsed());
            say(&format!("{}: {line}", text::path(target)));
        }
        Ok(())
    }

    fn check_len(&self, len: u64, target: &Path) -> Result<()> {
        match self.max_size {
            Some(max) if len > max => bail!(
                "nothing was written: `{}` would have {} ({len} bytes), and --max-size allows {} \
                 ({max} bytes); exclude files, compress, or raise the limit",
                target.display(),
                text::len(len),
                text::len(max),
            ),
            _ => Ok(()),
        }
    }

    /// Prints the warnings. With `--strict`, any warning except a note is an error.
    fn print_warnings(&self, warnings: &[Warning]) -> Result<()> {
        for warning in warnings {
            let line = text::escape(self.text_of(warning).as_bytes());
            match warning.is_note() {
                true => note(&line),
                false => warn(&line),
            }
        }
        let count = warnings.iter().filter(|warning| !warning.is_note()).count();
        if self.strict && count > 0 {
            let count = text::count(count as u64, "warning");
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
}

/// Reads the list of `option` as text.
fn text_in(list: &Path, option: &str) -> Result<String> {
    let bytes = input::read(list).with_context(|| format!("cannot read the list of {option}"))?;
    let text = String::from_utf8(bytes);
    text.with_context(|| format!("`{}` is not UTF-8, which {option} expects", list.display()))
}

fn patterns(list: &Path) -> Result<Vec<String>> {
    Ok(parse_patterns(&text_in(list, "--exclude-from")?))
}

/// The paths in a list. The trace of a program that uses no file is an empty list.
fn paths(list: &Path, option: &str) -> Result<Vec<String>> {
    Ok(parse_paths(&text_in(list, option)?))
}

/// Checks a pattern before the files are read.
fn parse_pattern(text: &str) -> Result<String, PatternError> {
    Exclude::new(&[text])?;
    Ok(text.to_owned())
}

fn parse_level(text: &str) -> Result<i32, String> {
    let level = text.parse().ok().filter(|level| (1..=22).contains(level));
    level.ok_or_else(|| "expected a level from 1 to 22".to_owned())
}

fn parse_block_len(text: &str) -> Result<u32, String> {
    let len = parse_len(text)?;
    let possible = 1 << MIN_BLOCK_SHIFT..=1 << MAX_BLOCK_SHIFT;
    match u32::try_from(len) {
        Ok(len) if len.is_power_of_two() && possible.contains(&len) => Ok(len),
        _ => Err("expected a power of two from 4K to 1M, such as 64K or 64KiB".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_sizes_are_powers_of_two_in_a_range() {
        assert_eq!((MIN_BLOCK_SHIFT, MAX_BLOCK_SHIFT), (12, 20));
        assert_eq!(parse_block_len("64K"), Ok(65536));
        assert_eq!(parse_block_len("1M"), Ok(1 << 20));
        for text in ["0", "2K", "100K", "2M", "64KB", "99999999999"] {
            let error = parse_block_len(text).unwrap_err();
            assert!(error.contains("from 4K to 1M"), "{text}");
        }
        assert!(parse_block_len("64X").is_err());
    }
}
