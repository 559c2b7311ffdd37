//! `wasi-vfs dump`: all bytes of an image with their meaning.
//!
//! [`Dumper`] lists the byte ranges of a part with their records, in any order. Printing
//! sorts the ranges, reads each record, and prints the bytes between ranges as unknown. So
//! the dump accounts for every byte, also in an image with tables of a newer version:
//!
//! ```text
//!     offset   length  record       values
//!          0      160  superblock   version 1, blocks of 4096 bytes, ...
//!        160       16  mount 0      "/usr/lib" is inode 2
//! index: 160 of 160 bytes accounted for
//! ```

use super::exit_codes::exit_codes;
use super::opened::{self, Opened};
use super::{text, time};
use anyhow::{Context, Result};
use clap::Args;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use wasi_vfs::ImageReader;
use wasi_vfs_format::changes::Mark;
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::limits::MAX_PATH_LEN;
use wasi_vfs_format::metadata::METADATA_HEADER_LEN;
use wasi_vfs_format::superblock::SUPERBLOCK_LEN;
use wasi_vfs_format::{Block, Codec, Content, Corrupt, Extent, Index, Inode, InodeNumber, Payload};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs dump tree.wvfs
  wasi-vfs dump packed.wasm | grep '^ .* block'
  diff <(wasi-vfs dump old.wasm) <(wasi-vfs dump new.wasm)",
    exit_codes!()
);

/// Show every record of an image.
///
/// For each part of the image (index, payload, metadata section), prints the records in the
/// order of their bytes, with offset, length, name and values. For a damaged record,
/// prints the error. The last line of each part counts the explained bytes. For a
/// component, the first lines tell the place of the packed core module in the file.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dump {
    /// Packed module, component or image; `-` is standard input
    #[arg(value_name = "PACKED")]
    packed: PathBuf,
}

impl Dump {
    pub(super) fn execute(self) -> Result<ExitCode> {
        opened::with(&self.packed, |opened| {
            let mut out = BufWriter::new(io::stdout().lock());
            dump(opened, &mut out)?;
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn dump(opened: &Opened<'_>, out: &mut dyn Write) -> Result<()> {
    let dumper = Dumper { opened };
    dumper.print_place(out)?;
    let parts = [dumper.index(), dumper.payload()].into_iter();
    for part in parts.chain(dumper.metadata()) {
        dumper.print(part, out)?;
    }
    Ok(())
}

/// One part of an image.
struct ImagePart<'a> {
    name: &'static str,
    /// The stored blocks stay in the file.
    bytes: Payload<'a>,
    len: u64,
    ranges: Vec<Range>,
}

/// The bytes of one record.
struct Range {
    offset: u64,
    len: u64,
    record: Record,
}

/// The record in a range. Its values are read when it is printed, because thousands of
/// records may contain the same long name.
#[derive(Clone, Copy)]
enum Record {
    Superblock,
    Mount(u32),
    Inode(InodeNumber),
    Extent(u32, InodeNumber, Result<Extent, Corrupt>),
    Block(u32),
    /// A number in the table of bases.
    Base(u32),
    Names,
    StoredBlock(u32),
    MetadataHeader,
    ChunkLens,
    Manifest,
}

impl ImagePart<'_> {
    fn add(&mut self, offset: u64, len: u64, record: Record) {
        self.ranges.push(Range {
            offset,
            len,
            record,
        });
    }

    /// Prints bytes without a record, 16 in each line.
    fn print_gap(&self, start: u64, end: u64, out: &mut dyn Write) -> Result<()> {
        // A gap may be as long as the part, so it is read in pieces.
        const PIECE_LEN: usize = 64 << 10;
        for offset in (start..end.min(self.len)).step_by(PIECE_LEN) {
            let len = (end.min(self.len) - offset).min(PIECE_LEN as u64);
            let bytes = self.bytes.read(offset, len as usize);
            let bytes = bytes.with_context(|| format!("cannot read the {}", self.name))?;
            for (line, bytes) in bytes.chunks(16).enumerate() {
                let offset = offset + line as u64 * 16;
                print_line(offset, bytes.len() as u64, "unknown", &hex(bytes), out)?;
            }
        }
        Ok(())
    }
}

fn print_line(
    offset: u64,
    len: u64,
    name: &str,
    values: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let line = format!("{offset:>10} {len:>8}  {name:<12} {values}");
    writeln!(out, "{}", line.trim_end())
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

struct Dumper<'o, 'a> {
    opened: &'o Opened<'a>,
}

impl<'o> Dumper<'o, '_> {
    fn image(&self) -> &'o ImageReader<'o> {
        &self.opened.image
    }

    /// Prints which part of a component is the packed module.
    fn print_place(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(place) = &self.opened.contents.core_module else {
            return Ok(());
        };
        let (number, range) = (place.number, &place.range);
        let (start, len) = (range.start, range.end.saturating_sub(range.start));
        writeln!(out, "component: core module {number} holds the image")?;
        print_line(start, len, "core module", &format!("number {number}"), out)?;
        writeln!(out)
    }

    fn print(&self, mut part: ImagePart<'o>, out: &mut dyn Write) -> Result<()> {
        part.ranges.sort_by_key(|range| range.offset);
        let total = part.len;
        writeln!(out, "{}: {total} bytes", part.name)?;
        let (mut end, mut known) = (0, 0);
        for range in &part.ranges {
            part.print_gap(end, range.offset, out)?;
            let range_end = range.offset.saturating_add(range.len);
            let (name, values) = self.describe(range);
            print_line(range.offset, range.len, &name, &values, out)?;
            known += range_end.min(total).saturating_sub(end.max(range.offset));
            end = end.max(range_end);
        }
        part.print_gap(end, total, out)?;
        writeln!(out, "{known} of {total} bytes accounted for\n")?;
        Ok(())
    }

    /// The name and the values of a record.
    fn describe(&self, range: &Range) -> (String, String) {
        let index = self.image().index();
        match range.record {
            Record::Superblock => ("superblock".to_owned(), superblock(index)),
            Record::Mount(number) => (
                format!("mount {number}"),
                values_or_damage(mount(index, number)),
            ),
            Record::Inode(number) => (
                format!("inode {}", number.0),
                values_or_damage(inode(index, number)),
            ),
            Record::Extent(number, file, extent) => {
                let values = extent.map(|extent| extent_values(file, &extent));
                (format!("extent {number}"), values_or_damage(values))
            }
            Record::Block(number) => {
                let values = index.block(number).map(|block| block_values(&block));
                (format!("block {number}"), values_or_damage(values))
            }
            Record::Base(number) => (format!("base {number}"), base_values(index, number)),
            Record::Names => ("names".to_owned(), quoted(index_bytes(index, range))),
            Record::StoredBlock(number) => (format!("block {number}"), self.state_of(number)),
            Record::MetadataHeader => ("header".to_owned(), String::new()),
            Record::ChunkLens => {
                let count = self
                    .image()
                    .metadata()
                    .map_or(0, |metadata| metadata.chunk_count());
                ("lengths".to_owned(), format!("of {count} chunks"))
            }
            Record::Manifest => {
                let manifest = self.image().metadata().map(|metadata| metadata.manifest());
                let values =
                    manifest.map(|manifest| values_or_damage(manifest.map(|it| format!("{it:?}"))));
                ("manifest".to_owned(), values.unwrap_or_default())
            }
        }
    }

    fn state_of(&self, number: u32) -> String {
        let block = self.image().index().block(number);
        let bytes = block.and_then(|block| self.image().block_bytes(&block));
        match bytes {
            Ok(_) => "whole".to_owned(),
            Err(corrupt) => corrupt.to_string(),
        }
    }

    fn index(&self) -> ImagePart<'o> {
        let index = self.image().index();
        let mut part = ImagePart {
            name: "index",
            bytes: index.bytes().into(),
            len: index.bytes().len() as u64,
            ranges: Vec::new(),
        };
        part.add(0, SUPERBLOCK_LEN as u64, Record::Superblock);
        for (name, table, record_len) in index.superblock().tables() {
            let start = u64::from(table.offset.get());
            let count = table.count.get();
            match name {
                "extents" => self.extents(&mut part, start, record_len as u64, count),
                "names" => names(&mut part, start, count),
                _ => self.records(&mut part, name, start, record_len as u64, count),
            }
        }
        part
    }

    fn records(&self, part: &mut ImagePart<'o>, table: &str, start: u64, len: u64, count: u32) {
        for number in 0..count {
            let offset = start.saturating_add(u64::from(number).saturating_mul(len));
            let record = match table {
                "mounts" => Record::Mount(number),
                "inodes" => Record::Inode(InodeNumber(number)),
                "blocks" => Record::Block(number),
                "bases" => Record::Base(number),
                // Unknown tables are printed as bytes.
                _ => return,
            };
            part.add(offset, len, record);
        }
    }

    /// Extents are sorted by file. Only files with several extents have extent records.
    fn extents(&self, part: &mut ImagePart<'o>, start: u64, len: u64, count: u32) {
        let index = self.image().index();
        let mut number = 0;
        for file in (0..index.inode_count()).map(InodeNumber) {
            for extent in several_extents(index, file) {
                if number >= count {
                    return;
                }
                let offset = start.saturating_add(u64::from(number).saturating_mul(len));
                part.add(offset, len, Record::Extent(number, file, extent));
                number += 1;
            }
        }
    }

    fn payload(&self) -> ImagePart<'o> {
        let index = self.image().index();
        let mut part = ImagePart {
            name: "payload",
            bytes: self.image().payload().clone(),
            len: self.image().payload_len(),
            ranges: Vec::new(),
        };
        for number in 0..index.block_count() {
            if let Ok(block) = index.block(number) {
                let (offset, len) = (block.stored_offset.into(), block.stored_len.into());
                part.add(offset, len, Record::StoredBlock(number));
            }
        }
        part
    }

    fn metadata(&self) -> Option<ImagePart<'o>> {
        let bytes = self.opened.contents.metadata.as_deref()?;
        let metadata = self.image().metadata()?;
        let manifest = metadata.manifest();
        let mut part = ImagePart {
            name: "metadata section",
            bytes: bytes.into(),
            len: bytes.len() as u64,
            ranges: Vec::new(),
        };
        let total = bytes.len() as u64;
        let header_len = METADATA_HEADER_LEN as u64;
        part.add(0, header_len.min(total), Record::MetadataHeader);
        let encoded = manifest
            .as_ref()
            .ok()
            .and_then(|manifest| manifest.encode());
        let manifest_len = encoded.map_or(0, |bytes| bytes.len() as u64);
        let manifest_offset = total.saturating_sub(manifest_len);
        let lens_len = manifest_offset.saturating_sub(header_len);
        if lens_len > 0 {
            part.add(header_len, lens_len, Record::ChunkLens);
        }
        part.add(manifest_offset, manifest_len, Record::Manifest);
        Some(part)
    }
}

/// The values of a record, or the damage.
fn values_or_damage(values: Result<String, Corrupt>) -> String {
    values.unwrap_or_else(|corrupt| format!("damaged: {corrupt}"))
}

fn superblock(index: &Index<'_>) -> String {
    let superblock = index.superblock();
    format!(
        "version {}, blocks of {} bytes, features {:#x} {:#x}, payload {}, metadata section {}, \
         content {}, digest {}",
        superblock.version.get(),
        superblock.block_len(),
        superblock.compatible_features.get(),
        superblock.incompatible_features.get(),
        superblock.payload_len.get(),
        superblock.metadata_len.get(),
        superblock.raw_len.get(),
        Digest(superblock.digest),
    )
}

fn mount(index: &Index<'_>, number: u32) -> Result<String, Corrupt> {
    let mount = index.mount(number)?;
    Ok(format!("{} is inode {}", quoted(mount.path), mount.inode.0))
}

fn inode(index: &Index<'_>, number: InodeNumber) -> Result<String, Corrupt> {
    let inode = index.inode(number)?;
    Ok(format!(
        "{} in {}, {}, {}",
        quoted(index.name(number)?),
        inode.parent.0,
        content(index, &inode)?,
        time::to_the_nanosecond(inode.mtime_ns),
    ))
}

fn content(index: &Index<'_>, inode: &Inode) -> Result<String, Corrupt> {
    match index.mark(inode.number)? {
        Some(Mark::Removed) => return Ok("removed".to_owned()),
        Some(Mark::Link(number)) => return Ok(format!("the same as inode {}", number.0)),
        None => {}
    }
    Ok(match &inode.content {
        Content::Directory(directory) => match directory.child(0) {
            Some(first) => format!(
                "directory of {} from inode {}",
                directory.child_count(),
                first.0
            ),
            None => "directory of none".to_owned(),
        },
        Content::Symlink(link) => format!("link to {}", quoted(index.target(link)?)),
        Content::File(file) => {
            let kind = if file.executable { "program" } else { "file" };
            let runs = match index.run(inode.number, file, 0)? {
                None => String::new(),
                Some(run) if run.len == file.len => {
                    format!(" at {} of the content", run.raw_offset)
                }
                Some(_) => " in extents".to_owned(),
            };
            format!("{kind} of {} bytes{runs}", file.len)
        }
    })
}

/// The extents of a file that has extent records. A single extent is part of the inode.
fn several_extents(
    index: &Index<'_>,
    number: InodeNumber,
) -> Box<dyn Iterator<Item = Result<Extent, Corrupt>>> {
    let Ok(inode) = index.inode(number) else {
        return Box::new(std::iter::empty());
    };
    let Content::File(file) = inode.content else {
        return Box::new(std::iter::empty());
    };
    match index.extents(number, &file) {
        Ok(extents) if extents.len() > 1 => Box::new(extents.collect::<Vec<_>>().into_iter()),
        _ => Box::new(std::iter::empty()),
    }
}

fn extent_values(file: InodeNumber, extent: &Extent) -> String {
    format!(
        "inode {} at {}: {} bytes at {} of the content",
        file.0, extent.file_offset, extent.len, extent.raw_offset
    )
}

fn block_values(block: &Block) -> String {
    let codec = match (block.codec, block.base) {
        (Codec::Stored, _) => "Stored".to_owned(),
        (Codec::Based(_), Some(base)) if base.0 != 0 => format!("Based on block {}", base.0),
        (Codec::Based(_), _) => "Based".to_owned(),
        (Codec::Zstd, _) => "Zstd".to_owned(),
    };
    format!(
        "{codec}, {} bytes at {} of the payload, {} at {} of the content",
        block.stored_len, block.stored_offset, block.raw_len, block.raw_offset
    )
}

/// The block that a base is.
fn base_values(index: &Index<'_>, position: u32) -> String {
    let position = u8::try_from(position).ok();
    match position.and_then(|position| index.base(position)) {
        Some(block) => format!("block {}", block.0),
        None => "damaged: no block, or a block with a base".to_owned(),
    }
}

/// Adds the names, which have no separators, 48 bytes in each line.
fn names(part: &mut ImagePart<'_>, start: u64, len: u32) {
    const LINE_LEN: usize = 48;
    let end = start.saturating_add(len.into());
    // A table that does not lie in the index is printed as bytes.
    if end > part.len {
        return;
    }
    for offset in (start..end).step_by(LINE_LEN) {
        let len = (end - offset).min(LINE_LEN as u64);
        part.add(offset, len, Record::Names);
    }
}

/// The bytes of a range of the index.
fn index_bytes<'i>(index: &'i Index<'_>, range: &Range) -> &'i [u8] {
    let start = usize::try_from(range.offset).ok();
    let len = usize::try_from(range.len).ok();
    let bytes = start
        .zip(len)
        .and_then(|(start, len)| index.bytes().get(start..)?.get(..len));
    bytes.unwrap_or_default()
}

/// A name, path or target in quotes. Shortens texts that exceed the limit of paths.
fn quoted(bytes: &[u8]) -> String {
    match bytes.get(..MAX_PATH_LEN + 1) {
        None => format!("\"{}\"", text::escape(bytes)),
        Some(first) => {
            let first = text::escape(first.get(..64).unwrap_or_default());
            format!("\"{first}\"... of {} bytes", bytes.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use wasi_vfs::{Contents, Packer, ReadAt};

    /// A file that counts the bytes that were read.
    #[derive(Debug)]
    struct Counted {
        bytes: Vec<u8>,
        read_len: AtomicU64,
    }

    impl ReadAt for Counted {
        fn len(&self) -> u64 {
            self.bytes.len() as u64
        }

        fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            let len = buffer.len() as u64;
            self.read_len.fetch_add(len, Ordering::Relaxed);
            self.bytes.read_exact_at(buffer, offset)
        }
    }

    #[test]
    fn a_dump_reads_each_block_once() {
        let image = Packer::without_module().map_dir("src", "/src").image();
        let file = Arc::new(Counted {
            bytes: image.unwrap().bytes,
            read_len: AtomicU64::new(0),
        });
        let source: Arc<dyn ReadAt> = file.clone();
        let contents = Contents::read(&source).unwrap();
        let image = contents.reader().unwrap();
        let opened = Opened {
            source: &source,
            contents: &contents,
            image,
        };
        dump(&opened, &mut io::sink()).unwrap();
        let (read, len) = (file.read_len.load(Ordering::Relaxed), source.len());
        // The superblock is read to find the index.
        assert!(read <= len + SUPERBLOCK_LEN as u64, "{read} of {len} bytes");
    }
}
