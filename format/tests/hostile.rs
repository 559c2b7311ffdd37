//! No input makes the reader panic, loop or return wrong bytes.

#![cfg(feature = "std")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

mod common;

use common::{options, text, write};
use std::io;
use wasi_vfs_format::limits::{MAX_BLOCK_SHIFT, MIN_BLOCK_SHIFT};
use wasi_vfs_format::metadata::{METADATA_HEADER_LEN, MetadataSection};
use wasi_vfs_format::testing::{Random, directory, file, link, mount, seal, seal_all, tree};
use wasi_vfs_format::{
    Content, Corrupt, Error, Image, ImageReader, Incompatible, Index, InodeNumber, Parts, Run,
    check, writer,
};

/// An image with a record of every kind, and as few of them as that takes.
fn small() -> Image {
    let repeated = [Random::new(1).bytes(40_000), Random::new(1).bytes(40_000)].concat();
    let mut tree = tree([
        (
            "d",
            directory([("f", file("text ".repeat(900))), ("g", file("g"))]),
        ),
        ("empty", file("")),
        ("large", file(repeated)),
        ("link", link("d/f")),
    ]);
    tree.mounts.push(mount("/d", &["d"]));
    writer::write(&tree, &options(Some(3), 12), &()).unwrap()
}

/// Calls every method of the reader.
fn walk(index: &[u8], payload: &[u8]) {
    let Ok(reader) = ImageReader::new_unverified(index, payload) else {
        return;
    };
    let index = reader.index();
    let _ = check::check(index);
    let _ = check::check_blocks(&reader);
    let _ = reader.to_tree();
    for mount in 0..index.mount_count() {
        let _ = index.mount(mount);
    }
    for number in (0..index.inode_count()).map(InodeNumber) {
        let _ = reader.path(number);
        let Ok(inode) = index.inode(number) else {
            continue;
        };
        match inode.content {
            Content::Directory(directory) => {
                let _ = index.lookup(&directory, b"f");
                let _ = directory.children().count();
            }
            Content::Symlink(link) => {
                let _ = index.target(&link);
            }
            Content::File(_) => {
                let _ = reader.copy_to(&inode, &mut io::sink());
            }
        }
    }
}

fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let masks = [0x01, 0x80, 0xff];
    (0..bytes.len()).flat_map(move |at| {
        masks.map(|mask| {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= mask;
            flipped
        })
    })
}

#[test]
fn flipped_bytes_of_an_index_are_detected() {
    let image = small();
    for flipped in flips(&image.index) {
        let result = ImageReader::new(&flipped, &image.payload, None);
        assert!(result.is_err());
    }
}

#[test]
fn flipped_bytes_of_an_index_never_panic() {
    let image = small();
    for mut flipped in flips(&image.index) {
        walk(&flipped, &image.payload);
        seal(&mut flipped);
        walk(&flipped, &image.payload);
    }
}

#[test]
fn random_changes_never_panic() {
    let image = small();
    let mut random = Random::new(5);
    for _ in 0..2000 {
        let mut index = image.index.clone();
        for _ in 0..=random.below(8) {
            let at = random.below(index.len());
            index[at] = [0, 1, 0x7f, 0xff, random.byte()][random.below(5)];
        }
        walk(&index, &image.payload);
    }
}

#[test]
fn truncated_images_are_rejected() {
    let bytes = small().to_bytes();
    let image = small();
    let whole_without_cold = image.index.len() + image.payload.len();
    for len in 0..bytes.len() {
        let result = ImageReader::from_bytes(&bytes[..len]);
        assert_eq!(result.is_ok(), len == whole_without_cold, "{len} bytes");
    }
}

#[test]
fn flipped_bytes_of_the_metadata_are_detected() {
    for flipped in flips(&small().metadata) {
        assert!(MetadataSection::parse(&flipped).is_err());
    }
}

#[test]
fn flipped_bytes_of_the_payload_are_detected() {
    let image = small();
    // Every byte is some block's, so some bytes stand for all.
    for at in (0..image.payload.len()).step_by(97) {
        let mut payload = image.payload.clone();
        payload[at] ^= 1;
        let reader = ImageReader::new(&image.index, &payload, Some(&image.metadata)).unwrap();
        let broken = check::check_blocks(&reader);
        assert!(
            matches!(broken[..], [Corrupt::BlockChecksum { .. }]),
            "{broken:?}"
        );
        assert_ne!(check::verify(&reader), Some(vec![]));
    }
}

#[test]
fn damage_to_the_base_is_reported_once() {
    let image = write(&tree([("f", file(text(&mut Random::new(3), 100_000)))]));
    let mut payload = image.payload.clone();
    payload[0] ^= 1;
    let reader = ImageReader::new(&image.index, &payload, Some(&image.metadata)).unwrap();
    assert!(reader.index().block_count() > 2);
    let broken = check::check_blocks(&reader);
    assert_eq!(broken, [Corrupt::BlockChecksum { block: 0 }]);
}

#[test]
fn a_base_with_a_base_is_rejected() {
    let image = write(&tree([("f", file(text(&mut Random::new(3), 100_000)))]));
    let mut index = image.index.clone();
    let blocks = Index::parse(&image.index).unwrap().superblock().blocks;
    // The codec is the last byte of a block record.
    index[blocks.offset.get() as usize + 15] = 2;
    let found = Index::parse(&index).unwrap().block(0);
    assert_eq!(found, Err(Corrupt::Block { block: 0 }));
}

#[test]
fn verify_finds_other_bytes_under_right_checksums() {
    let other = tree([("f", file("other"))]);
    let [one, other] = [tree([("f", file("bytes"))]), other]
        .map(|tree| writer::write(&tree, &options(None, 12), &()).unwrap());
    let mut index = one.index.clone();
    // The block record, which ends before the names, has the checksum.
    let names_len = "/f".len();
    let block = index.len() - names_len - 16..index.len() - names_len;
    index[block.clone()].copy_from_slice(&other.index[block]);
    seal(&mut index);
    let reader = ImageReader::new(&index, &other.payload, Some(&one.metadata)).unwrap();
    assert_eq!(check::check_blocks(&reader), []);
    assert_eq!(check::verify(&reader), Some(vec![Corrupt::RootDigest]));
}

#[test]
fn verify_finds_another_mtime() {
    let image = small();
    let mut index = image.index.clone();
    let inodes = Parts::split(&image.to_bytes()).map(|parts| {
        let index = Index::parse(parts.index).unwrap();
        index.superblock().inodes.offset.get() as usize
    });
    index[inodes.unwrap() + 4] ^= 1;
    seal(&mut index);
    let reader = ImageReader::new(&index, &image.payload, Some(&image.metadata)).unwrap();
    assert_eq!(check::check(reader.index()), []);
    assert_eq!(check::verify(&reader), Some(vec![Corrupt::RootDigest]));
}

#[test]
fn unknown_versions_and_features_are_named() {
    let image = small();
    let with = |at: usize| {
        let mut index = image.index.clone();
        index[at] ^= 0x40;
        seal(&mut index);
        Index::parse(&index).map(|_| ())
    };
    let (found, known) = (0x41, 1);
    let version = Incompatible::Version { found, known };
    assert_eq!(with(8), Err(Error::Incompatible(version)));
    let features = Incompatible::Features { bits: 0x40 };
    assert_eq!(with(24), Err(Error::Incompatible(features)));
    assert_eq!(with(16), Ok(()), "a compatible feature may be ignored");
}

/// Parses an index with `bytes` at `at`, under a right checksum.
fn parse_with(at: usize, bytes: &[u8]) -> Result<(), Error> {
    let mut index = small().index;
    index[at..at + bytes.len()].copy_from_slice(bytes);
    seal(&mut index);
    Index::parse(&index).map(|_| ())
}

#[test]
fn errors_name_the_field_of_a_superblock() {
    let index = small().index;
    let len = index.len();
    let cut_off = Index::parse(&index[..135]).map(|_| ());
    assert_eq!(cut_off, Err(Corrupt::Truncated { len: 135 }.into()));
    let expected = len as u32 + 1;
    assert_eq!(
        parse_with(64, &expected.to_le_bytes()),
        Err(Corrupt::IndexLen {
            expected,
            found: len
        }
        .into())
    );
    for shift in [MIN_BLOCK_SHIFT - 1, MAX_BLOCK_SHIFT + 1] {
        let refused = parse_with(12, &shift.to_le_bytes());
        assert_eq!(refused, Err(Corrupt::BlockShift { shift }.into()));
    }
    let tables = ["inodes", "extents", "blocks", "names"];
    for (table, at) in tables.into_iter().zip((96..).step_by(8)) {
        let refused = parse_with(at, &u32::MAX.to_le_bytes());
        assert_eq!(refused, Err(Corrupt::TableBounds { table }.into()));
    }
    let (max, found) = (1024, 1025_u32);
    let refused = parse_with(92, &found.to_le_bytes());
    assert_eq!(refused, Err(Corrupt::MountCount { max, found }.into()));
    let places = Places::of(&Index::parse(&index).unwrap());
    assert_eq!(
        parse_with(places.inode(0) + 27, &[2]),
        Err(Corrupt::Root.into())
    );
}

#[test]
fn parts_beyond_their_limits_are_rejected() {
    for (part, at) in [("payload", 68), ("metadata section", 72)] {
        let found = |len: u32| {
            let mut index = small().index;
            index[at..at + 4].copy_from_slice(&len.to_le_bytes());
            seal(&mut index);
            check::check(&Index::parse(&index).unwrap())
        };
        let max = (1 << 31) - 1;
        let too_long = |len| Corrupt::PartLen { part, len, max };
        assert!(!found(max as u32).contains(&too_long(max as u32)));
        let len = max as u32 + 1;
        assert!(found(len).contains(&too_long(len)), "{:?}", found(len));
    }
}

#[test]
fn errors_name_the_fault_of_a_metadata_section() {
    let metadata = small().metadata;
    let with = |at: usize, byte: u8| {
        let mut metadata = metadata.clone();
        metadata[at] ^= byte;
        MetadataSection::parse(&metadata).map(|_| ())
    };
    assert_eq!(with(0, 1), Err(Corrupt::MetadataMagic.into()));
    let (found, known) = (3, 1);
    let version = Incompatible::MetadataVersion { found, known };
    assert_eq!(with(8, 2), Err(version.into()));
    let len = metadata.len();
    assert_eq!(with(16, 1), Err(Corrupt::MetadataLen { len }.into()));
    let checksum = with(len - 1, 1);
    assert!(matches!(
        checksum,
        Err(Error::Corrupt(Corrupt::MetadataChecksum { .. }))
    ));
    let cut_off = MetadataSection::parse(&metadata[..20]).map(|_| ());
    assert_eq!(cut_off, Err(Corrupt::MetadataLen { len: 20 }.into()));
}

/// Under a checksum that is right.
#[test]
fn errors_name_a_block_with_a_false_record() {
    let tree = tree([("f", file("text ".repeat(700)))]);
    let mut image = writer::write(&tree, &options(Some(3), 12), &()).unwrap();
    // Its content is said to be one byte shorter than its frame says.
    let block = Index::parse(&image.index).unwrap().block(0).unwrap();
    let at = block.stored_offset as usize + 5;
    image.payload[at] ^= 1;
    seal_all(&mut image.index, &image.payload, None);
    let reader = ImageReader::new(&image.index, &image.payload, None).unwrap();
    let raw_len = block.raw_len;
    let expected = Corrupt::BlockData { block: 0, raw_len };
    assert_eq!(check::check_blocks(&reader), [expected]);
}

#[test]
fn content_beyond_its_limit_is_rejected() {
    let mut index = small().index;
    let raw_len: u64 = (1 << 40) + 1;
    index[80..88].copy_from_slice(&raw_len.to_le_bytes());
    let error = Index::parse(&index).map(|_| ());
    assert_eq!(error, Err(Corrupt::RawLen { raw_len }.into()));
}

#[test]
fn verify_finds_a_run_that_ends_within_a_chunk() {
    let image = small();
    let mut index = image.index.clone();
    let inodes = Index::parse(&image.index).unwrap().superblock().inodes;
    // The file `d/g` becomes one byte longer: a byte of what follows it.
    index[inodes.offset.get() as usize + 28 * 6] += 1;
    seal(&mut index);
    let reader = ImageReader::new(&index, &image.payload, Some(&image.metadata)).unwrap();
    assert_eq!(check::check(reader.index()), []);
    let (inode, offset) = (6, 0);
    let broken = vec![Corrupt::RunChunks { inode, offset }];
    assert_eq!(check::verify(&reader), Some(broken));
}

#[test]
fn chunks_of_another_content_are_rejected() {
    let lines = "text ".repeat(900);
    let image = write(&tree([("f", file(lines))]));
    let with = |len: [u8; 2]| {
        let mut metadata = image.metadata.clone();
        metadata[METADATA_HEADER_LEN..METADATA_HEADER_LEN + 2].copy_from_slice(&len);
        let mut index = image.index.clone();
        seal_all(&mut index, &image.payload, Some(&mut metadata));
        ImageReader::new(&index, &image.payload, Some(&metadata)).map(|_| ())
    };
    let expected = 4500;
    assert_eq!(with([0x94, 0x23]), Ok(()), "LEB128 of 4500");
    let found = expected + 1;
    let other = Corrupt::ChunkLens { expected, found };
    assert_eq!(with([0x95, 0x23]), Err(other.into()));
    let padded = Corrupt::ChunkLen { chunk: 0 };
    assert_eq!(with([0x94, 0]), Err(padded.into()));
    let empty = Corrupt::EmptyChunk { chunk: 0 };
    assert_eq!(with([0, 0x23]), Err(empty.into()));
}

/// The only run of a file.
fn run_of(index: &Index<'_>, inode: u32) -> Run {
    let inode = index.inode(InodeNumber(inode)).unwrap();
    let Content::File(file) = inode.content else {
        panic!("not a file");
    };
    index.run(inode.number, &file, 0).unwrap().unwrap()
}

/// Where the tables of an index begin.
struct Places {
    mounts: usize,
    inodes: usize,
    extents: usize,
    blocks: usize,
}

impl Places {
    fn of(index: &Index<'_>) -> Self {
        let tables = index.superblock().tables();
        let [mounts, inodes, extents, blocks, ..] =
            tables.map(|(_, table, _)| table.offset.get() as usize);
        Self {
            mounts,
            inodes,
            extents,
            blocks,
        }
    }

    fn inode(&self, number: usize) -> usize {
        self.inodes + 28 * number
    }
}

/// Changes `small` at `at`, and gives the rule that this breaks first.
fn broken_by(at: usize, bytes: &[u8]) -> Corrupt {
    let mut index = small().index;
    index[at..at + bytes.len()].copy_from_slice(bytes);
    seal(&mut index);
    check::check(&Index::parse(&index).unwrap())[0]
}

/// A run of `large`, the file that has several.
const RUN_OF_LARGE: Corrupt = Corrupt::Run {
    inode: 3,
    offset: 0,
};

/// Where bytes are put, which, and the rule that this breaks first. Inodes:
/// 0 root, 1 d, 2 empty, 3 large, 4 link, 5 d/f, 6 d/g.
type Breach = (fn(&Places) -> usize, &'static [u8], Corrupt);

const BREACHES: [Breach; 24] = [
    (
        |_| 76,
        &[1],
        Corrupt::BaseCount {
            min: 2,
            max: 64,
            found: 1,
        },
    ),
    (
        |p| p.mounts + 12,
        &[1],
        Corrupt::Reserved { record: "mount" },
    ),
    (|p| p.mounts + 8, &[4], Corrupt::Mount { mount: 0 }),
    (|p| p.mounts + 4, &[0], Corrupt::MountPath { mount: 0 }),
    (|p| p.inode(0) + 24, &[1], Corrupt::NameRule { inode: 0 }),
    (|p| p.inode(2) + 24, &[0], Corrupt::NameOrder { inode: 2 }),
    (
        |p| p.inode(5) + 20,
        &[0],
        Corrupt::ChildParent {
            inode: 5,
            expected: 1,
            found: 0,
        },
    ),
    (|p| p.inode(0) + 16, &[2], Corrupt::Children { inode: 0 }),
    (
        |p| p.inode(1),
        &[1],
        Corrupt::InodeCount {
            expected: 6,
            found: 7,
        },
    ),
    (
        |p| p.inode(2) + 16,
        &[1],
        Corrupt::FileContent { inode: 2, len: 0 },
    ),
    (|p| p.inode(4), &[0], Corrupt::Target { inode: 4 }),
    (
        |p| p.inode(6),
        &[0],
        Corrupt::FileContent { inode: 6, len: 0 },
    ),
    (
        |p| p.inode(6) + 26,
        &[1],
        Corrupt::Run {
            inode: 6,
            offset: 0,
        },
    ),
    (|p| p.inode(1) + 26, &[1], Corrupt::Children { inode: 1 }),
    (|p| p.inode(4) + 26, &[1], Corrupt::Target { inode: 4 }),
    (
        |p| p.inode(3) + 26,
        &[1],
        Corrupt::Extent {
            inode: 3,
            offset: 0,
        },
    ),
    (|p| p.extents, &[1], Corrupt::ExtentOrder { inode: 3 }),
    (|p| p.extents + 13, &[0], Corrupt::ExtentOrder { inode: 3 }),
    (|p| p.extents + 12, &[1], RUN_OF_LARGE),
    (|p| p.extents + 16, &[0; 8], RUN_OF_LARGE),
    (
        |p| p.blocks + 8,
        &[1],
        Corrupt::BlockOrder {
            block: 0,
            expected: 0,
            found: 1,
        },
    ),
    (|p| p.blocks + 15, &[9], Corrupt::Block { block: 0 }),
    (
        |p| p.inode(2) + 27,
        &[0x0f],
        Corrupt::InodeKind {
            inode: 2,
            kind: 0x0f,
            flags: 0,
        },
    ),
    (
        // One inode less.
        |_| 100,
        &[6],
        Corrupt::TableOrder {
            table: "extents",
            expected: 336,
            found: 364,
        },
    ),
];

#[test]
fn each_broken_rule_is_named() {
    let image = small();
    let places = Places::of(&Index::parse(&image.index).unwrap());
    for (number, (at, bytes, expected)) in BREACHES.iter().enumerate() {
        assert_eq!(broken_by(at(&places), bytes), *expected, "breach {number}");
    }
}

#[test]
fn errors_name_unused_content() {
    let image = small();
    let index = Index::parse(&image.index).unwrap();
    // `d/g`, of one byte, becomes another part of the content.
    let start = run_of(&index, 6).raw_offset;
    let end = start + 1;
    let found = broken_by(Places::of(&index).inode(6) + 16, &[0; 4]);
    assert_eq!(found, Corrupt::UnusedContent { start, end });
}
