//! Compares `docs/FORMAT.md` with the code: tables, limits and example.

#![cfg(feature = "std")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use wasi_vfs_format::testing::{Bytes, mount};
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node, SymlinkNode, Tree};
use wasi_vfs_format::writer::{self, Options};
use wasi_vfs_format::{Image, block, digest, extent, inode, limits, metadata};
use wasi_vfs_format::{ImageReader, check, manifest, mount as mounts, superblock};
use zerocopy::FromZeros;

const FORMAT_MD: &str = include_str!("../../docs/FORMAT.md");

/// The cells of the table rows of the section under `heading`, without the
/// head of the table and back-quotes.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, section) = FORMAT_MD.split_once(&format!("# {heading}\n")).unwrap();
    section
        .lines()
        .take_while(|line| !line.starts_with('#'))
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().replace('`', "")).collect()
        })
        .collect()
}

/// Compares the table of a record with its fields.
macro_rules! assert_record {
    ($record:ty, $len:expr, $($field:ident)*) => {{
        let name = stringify!($record).rsplit(':').next().unwrap().trim();
        let record = <$record>::new_zeroed();
        let mut expected = Vec::new();
        $(expected.push((
            std::mem::offset_of!($record, $field),
            size_of_val(&record.$field),
            stringify!($field).to_string(),
        ));)*
        let found: Vec<_> = rows(&format!("{name} ({} bytes)", $len))
            .into_iter()
            .map(|row| (row[1].parse().unwrap(), row[2].parse().unwrap(), row[3].clone()))
            .collect();
        assert_eq!(found, expected, "{name}");
        let end = expected.iter().map(|(offset, size, _)| offset + size).max();
        assert_eq!(end, Some(size_of::<$record>()), "{name} has another field");
        assert_eq!($len, size_of::<$record>());
    }};
}

#[test]
fn tables_of_records_equal_the_code() {
    assert_record!(superblock::Superblock, superblock::SUPERBLOCK_LEN,
        magic version block_shift compatible_features incompatible_features digest
        index_len payload_len metadata_len base_count raw_len
        mounts inodes extents blocks names index_checksum);
    assert_record!(superblock::Table, 8, offset count);
    assert_record!(mounts::MountRecord, mounts::MOUNT_LEN, path_offset path_len inode reserved);
    assert_record!(inode::InodeRecord, inode::INODE_LEN,
        size mtime_ns name_offset content parent name_len size_high content_high kind_and_flags);
    assert_record!(extent::ExtentRecord, extent::EXTENT_LEN,
        file_offset raw_offset_and_following_count);
    assert_record!(block::BlockRecord, block::BLOCK_RECORD_LEN,
        checksum stored_offset stored_len_and_codec);
    assert_record!(metadata::MetadataHeader, metadata::METADATA_HEADER_LEN,
        magic version chunk_count manifest_len lens_len checksum);
}

#[test]
fn limits_equal_the_code() {
    let expected: BTreeMap<_, u64> = [
        ("MAX_NAME_LEN", limits::MAX_NAME_LEN as u64),
        ("MAX_PATH_LEN", limits::MAX_PATH_LEN as u64),
        ("MAX_SYMLINK_LEN", limits::MAX_SYMLINK_LEN as u64),
        ("MAX_SYMLINK_HOPS", limits::MAX_SYMLINK_HOPS.into()),
        ("MAX_FILE_LEN", limits::MAX_FILE_LEN),
        ("MAX_MOUNT_COUNT", limits::MAX_MOUNT_COUNT.into()),
        ("MAX_INDEX_LEN", limits::MAX_INDEX_LEN),
        ("MAX_INDEX_RATIO", limits::MAX_INDEX_RATIO),
        ("MAX_RAW_LEN", limits::MAX_RAW_LEN),
        ("MAX_EXTENT_COUNT", limits::MAX_EXTENT_COUNT),
        ("MAX_METADATA_LEN", limits::MAX_METADATA_LEN),
        ("MAX_PAYLOAD_LEN", limits::MAX_PAYLOAD_LEN),
        ("MAX_BASE_COUNT", limits::MAX_BASE_COUNT.into()),
        ("MIN_BLOCK_SHIFT", limits::MIN_BLOCK_SHIFT.into()),
        ("MAX_BLOCK_SHIFT", limits::MAX_BLOCK_SHIFT.into()),
        ("DEFAULT_BLOCK_SHIFT", limits::DEFAULT_BLOCK_SHIFT.into()),
        ("MAX_MANIFEST_LEN", manifest::MAX_MANIFEST_LEN as u64),
        ("MIN_CHUNK_LEN", writer::MIN_CHUNK_LEN.into()),
        ("AVERAGE_CHUNK_LEN", writer::AVERAGE_CHUNK_LEN.into()),
        ("MAX_CHUNK_LEN", writer::MAX_CHUNK_LEN.into()),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .into();
    let found = rows("8. Limits")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].parse().unwrap()))
        .collect();
    assert_eq!(expected, found);
}

#[test]
fn constants_equal_the_code() {
    let meaning = |heading: &str, row: usize| rows(heading)[row - 1].last().unwrap().clone();
    let hex = |bytes: &[u8]| {
        let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(" ")
    };
    assert!(meaning("Superblock (136 bytes)", 1).starts_with(&hex(&superblock::MAGIC)));
    assert!(meaning("Superblock (136 bytes)", 2).starts_with(&format!("{};", superblock::VERSION)));
    assert!(meaning("MetadataHeader (32 bytes)", 1).starts_with(&hex(&metadata::MAGIC)));
    assert!(
        meaning("MetadataHeader (32 bytes)", 2).starts_with(&format!("{};", metadata::VERSION))
    );
    assert!(FORMAT_MD.contains(&format!("```\n{}\n```", digest::ROOT_CONTEXT)));
}

fn example() -> Image {
    let file = FileNode {
        mtime_ns: 1_700_000_000_000_000_000,
        executable: false,
        len: 13,
        content: Arc::new(Bytes(b"hello, world\n".to_vec())),
    };
    let link = SymlinkNode {
        mtime_ns: 0,
        target: "a.txt".to_string(),
    };
    let children = [
        ("a.txt".to_string(), Node::File(file)),
        ("b".to_string(), Node::Symlink(link)),
    ];
    let root = DirectoryNode {
        mtime_ns: 0,
        children: children.into(),
    };
    let tree = Tree {
        root,
        mounts: vec![mount("/", &[])],
    };
    let options = Options {
        compression: None,
        block_shift: 12,
        tool_version: "example".to_string(),
        ..Options::default()
    };
    writer::write(&tree, &options, &()).unwrap()
}

/// The bytes of the example, with one paragraph for each record.
fn dump(image: &Image) -> String {
    let bytes = image.to_bytes();
    let reader = ImageReader::from_bytes(&bytes).unwrap();
    let mut text = String::new();
    let mut parts = vec![("superblock", superblock::SUPERBLOCK_LEN)];
    for (name, table, len) in reader.index().superblock().tables() {
        let count = table.count.get() as usize;
        match name {
            "names" => parts.push((name, count)),
            _ => parts.extend((0..count).map(|_| (&name[..name.len() - 1], len))),
        }
    }
    parts.push(("payload", image.payload.len()));
    parts.push(("metadata header", metadata::METADATA_HEADER_LEN));
    parts.push(("lengths", 1));
    let rest = bytes.len() - parts.iter().map(|(_, len)| len).sum::<usize>();
    parts.push(("manifest", rest));
    let mut offset = 0;
    for (name, len) in parts {
        writeln!(text, "{name}").unwrap();
        for line in bytes[offset..offset + len].chunks(16) {
            dump_line(&mut text, offset, line);
            offset += line.len();
        }
    }
    text
}

fn dump_line(text: &mut String, offset: usize, bytes: &[u8]) {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let ascii = bytes.iter().map(|&byte| match byte {
        0x20..0x7f => char::from(byte),
        _ => '.',
    });
    let ascii: String = ascii.collect();
    writeln!(text, "{offset:04x}  {:47}  {ascii}", hex.join(" ")).unwrap();
}

#[test]
fn the_writer_writes_the_example() {
    let dump = dump(&example());
    assert!(
        FORMAT_MD.contains(&dump),
        "put this into docs/FORMAT.md:\n{dump}"
    );
}

#[test]
fn the_example_is_valid() {
    let bytes = example().to_bytes();
    let reader = ImageReader::from_bytes(&bytes).unwrap();
    assert_eq!(check::check(reader.index()), []);
    assert_eq!(check::verify(&reader), Some(vec![]));
}
