//! Hostile images. Each command reports the error within limits of time and memory, and
//! writes nothing.

use crate::scratch::*;
use std::mem::offset_of;
use std::process::{Command, Output};
use wasi_vfs_format::metadata::{METADATA_HEADER_LEN, MetadataHeader};
use wasi_vfs_format::superblock::Superblock;
use wasi_vfs_format::testing::{Random, file, link, mount, seal, seal_all};
use wasi_vfs_format::tree::{DirectoryNode, Node, Tree};
use wasi_vfs_format::writer::{Options, write};
use wasi_vfs_format::{Index, Parts};
use zerocopy::{FromBytes, IntoBytes};

/// The limits for reading a hostile file of some kilobytes: seconds of CPU time, and
/// kilobytes of writable memory, most of which are stacks of threads. Reserved addresses do
/// not count, because glibc reserves 64 MB for each thread.
const CPU_SECONDS: u32 = 30;
const DATA_KB: u32 = 100_000;

/// Commands that read `hostile`, with `whole` beside it.
pub(crate) const READERS: [&str; 11] = [
    "ls -lR hostile",
    "ls --tree hostile",
    "cat hostile /usr/lib/hello.txt",
    "info hostile",
    "info --json hostile",
    "dump hostile",
    "verify hostile",
    "diff whole hostile",
    "extract hostile -o out",
    "run hostile",
    "pack app.wasm --from hostile -o out.wasm",
];

/// Commands that must reject any damage, also damage that they do not read.
const REFUSE: [&str; 5] = ["info", "verify", "diff", "extract", "pack"];

/// The offsets of the tables of an image.
struct Places {
    mounts: usize,
    inodes: usize,
    extents: usize,
    blocks: usize,
    names: usize,
}

impl Places {
    fn of(index: &[u8]) -> Self {
        let tables = Index::parse(index).unwrap().superblock().tables();
        let [mounts, inodes, extents, blocks, _, names] =
            tables.map(|(_, table, _)| table.offset.get() as usize);
        Self {
            mounts,
            inodes,
            extents,
            blocks,
            names,
        }
    }

    fn inode(&self, number: usize) -> usize {
        self.inodes + 28 * number
    }
}

/// Forged indexes, and the errors of `verify`. Inodes: 0 root, 1 usr,
/// 2 usr/lib, 3 hello.txt, 4 link, 5 long.txt, 6 run.sh, 7 sub, 8 sublink,
/// 9 twice, 10 sub/copy.txt, 11 sub/empty.
type Forgery = (&'static str, fn(&mut [u8], &Places), &'static str);

pub(crate) fn put(index: &mut [u8], at: usize, bytes: &[u8]) {
    index[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Renames an inode by overwriting bytes of the names.
fn rename(index: &mut [u8], places: &Places, inode: usize, name: &str) {
    let at = u32::from_le_bytes(
        index[places.inode(inode) + 12..][..4]
            .try_into()
            .expect("four bytes"),
    );
    put(index, places.names + at as usize, name.as_bytes());
    index[places.inode(inode) + 24] = name.len() as u8;
}

const FORGERIES: [Forgery; 24] = [
    (
        "a name that is the parent",
        |i, p| rename(i, p, 3, ".."),
        "inode 3 has an impossible name",
    ),
    (
        "a name that is the directory",
        |i, p| rename(i, p, 3, "."),
        "inode 3 has an impossible name",
    ),
    (
        "a name with a slash",
        |i, p| rename(i, p, 3, "../x"),
        "inode 3 has an impossible name",
    ),
    (
        "an absolute name",
        |i, p| rename(i, p, 3, "/etc"),
        "inode 3 has an impossible name",
    ),
    (
        "a name with a NUL",
        |i, p| rename(i, p, 3, "h\0"),
        "inode 3 has an impossible name",
    ),
    (
        "a name that is no text",
        |i, p| put(i, p.names + name_at(i, p, 3), b"\xff"),
        "impossible name",
    ),
    (
        "a name twice",
        |i, p| {
            let name = i[p.inode(3) + 12..p.inode(3) + 16].to_vec();
            put(i, p.inode(4) + 12, &name);
            i[p.inode(4) + 24] = 9
        },
        "the name of inode 4 does not come after",
    ),
    (
        "a name beyond the names",
        |i, p| put(i, p.inode(3) + 12, &[0xff; 4]),
        "does not lie within the names",
    ),
    (
        "a directory within itself",
        |i, p| put(i, p.inode(2) + 16, &[2]),
        "the children of directory 2 are out of range",
    ),
    (
        "a directory that holds the root",
        |i, p| put(i, p.inode(2) + 16, &[0]),
        "the children of directory 2 are out of range",
    ),
    (
        "children of two directories",
        |i, p| put(i, p.inode(7) + 16, &[9]),
        "directory 7",
    ),
    (
        "more children than there are",
        |i, p| put(i, p.inode(2), &[0xff; 4]),
        "directory 2",
    ),
    (
        "a parent that comes later",
        |i, p| put(i, p.inode(2) + 20, &[9]),
        "inode 2 has parent 9",
    ),
    (
        "a file as long as can be",
        |i, p| {
            put(i, p.inode(3), &[0xff; 4]);
            i[p.inode(3) + 25] = 0xff
        },
        "the run of inode 3",
    ),
    (
        "extents that overlap",
        |i, p| put(i, p.extents + 16, &[0; 8]),
        "the run of inode 9 at 0 is empty",
    ),
    (
        "extents without end",
        |i, p| put(i, p.extents + 13, &[0xff; 3]),
        "no extent of inode 9",
    ),
    (
        "an extent beyond the content",
        |i, p| put(i, p.extents + 12, &[0xff]),
        "the run of inode 9 at 0",
    ),
    (
        "inodes without number",
        |i, _| put(i, 100, &[0xff; 4]),
        "table `inodes` does not lie within",
    ),
    (
        "names that begin at the end",
        |i, _| put(i, 120, &[0xff; 4]),
        "table `names`",
    ),
    (
        "a content of a terabyte",
        |i, _| put(i, 80, &(1_u64 << 40).to_le_bytes()),
        "268435456 blocks are needed",
    ),
    (
        "blocks that overlap",
        |i, p| put(i, p.blocks + 24, &[0; 4]),
        "block 1 starts at 0",
    ),
    (
        "a block longer than the payload",
        |i, p| put(i, p.blocks + 12, &[0xff; 3]),
        "block 0",
    ),
    (
        "a thousand mounts too many",
        |i, _| put(i, 92, &2024_u32.to_le_bytes()),
        "there are 2024 mounts, at most 1024 are possible",
    ),
    (
        "a mount of a file",
        |i, p| put(i, p.mounts + 8, &[3]),
        "mount 0 does not exist or is not a directory",
    ),
];

fn name_at(index: &[u8], places: &Places, inode: usize) -> usize {
    let at = &index[places.inode(inode) + 12..][..4];
    u32::from_le_bytes(at.try_into().expect("four bytes")) as usize
}

/// Runs the command within the limits. It must end without a signal or panic. The exit code
/// of a failed `diff` is 2.
pub(crate) fn bounded(scratch: &Scratch, arguments: &str, what: &str) -> Output {
    bounded_in(DATA_KB, scratch, arguments, what)
}

fn bounded_in(data_kb: u32, scratch: &Scratch, arguments: &str, what: &str) -> Output {
    let script =
        format!("ulimit -t {CPU_SECONDS} -d {data_kb}; exec \"$0\" {arguments} </dev/null");
    let mut command = scratch.shell(&script);
    // A thread has 2 MB of stack, whatever it does with them.
    command.env("RAYON_NUM_THREADS", "2");
    let output = command.output().unwrap();
    let said = stderr(&output);
    let code = output.status.code();
    // A program that cannot read its files may exit with any code.
    let most = if arguments.starts_with("run") { 125 } else { 2 };
    assert!(
        code.is_some_and(|code| (0..=most).contains(&code)),
        "{what}: {arguments}: {code:?} {said}"
    );
    assert!(!said.contains("panicked"), "{what}: {arguments}: {said}");
    output
}

/// Runs each command on `hostile`. Returns the output of `verify`.
fn read_all(scratch: &Scratch, what: &str) -> String {
    let before = scratch.names();
    let mut said = String::new();
    for reader in READERS {
        let output = bounded(scratch, reader, what);
        let name = reader.split(' ').next().unwrap();
        if name == "cat" && output.status.success() {
            assert_eq!(stdout(&output), "hello\n", "{what}");
        }
        if REFUSE.contains(&name) {
            assert!(
                !output.status.success(),
                "{what}: {reader}: {}",
                stdout(&output)
            );
            assert_eq!(scratch.names(), before, "{what}: {reader} wrote");
        }
        if name == "verify" {
            said = stdout(&output) + &stderr(&output);
        }
        if scratch.path("out").exists() {
            std::fs::remove_dir_all(scratch.path("out")).unwrap();
        }
    }
    said
}

/// An image with a file of two extents beside the tree.
fn image() -> (Scratch, Vec<u8>) {
    let scratch = Scratch::image();
    scratch.write("lib/twice", &Random::new(1).bytes(160_000).repeat(2));
    scratch.fix_times("lib");
    let options = "--compress=1 --block-size 4K -o whole -q";
    assert_success(&scratch.run(&format!("image --dir lib::/usr/lib {options}")));
    let bytes = scratch.read("whole");
    (scratch, bytes)
}

#[test]
fn forged_indexes_are_rejected_by_their_error() {
    let (scratch, whole) = image();
    let index_len = Parts::split(&whole).unwrap().index.len();
    let mut others = Vec::new();
    for (what, forge, words) in FORGERIES {
        let mut bytes = whole.clone();
        let index = &mut bytes[..index_len];
        let places = Places::of(index);
        forge(index, &places);
        seal(index);
        scratch.write("hostile", &bytes);
        let said = read_all(&scratch, what);
        if !said.contains(words) {
            others.push(format!("{what}: {said}"));
        }
    }
    assert!(others.is_empty(), "{}", others.concat());
}

#[test]
fn newer_features_are_rejected_by_number() {
    let (scratch, whole) = image();
    let index_len = Parts::split(&whole).unwrap().index.len();
    for (at, value, words) in [
        (8, 2, "its format version is 2, this reader knows 1"),
        (24, 4, "it needs unknown features 0x4"),
        (31, 0x80, "it needs unknown features 0x8000000000000000"),
    ] {
        let mut bytes = whole.clone();
        bytes[at] = value;
        seal(&mut bytes[..index_len]);
        scratch.write("hostile", &bytes);
        let said = read_all(&scratch, words);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn forged_metadata_sections_are_rejected() {
    let (scratch, whole) = image();
    let parts = Parts::split(&whole).unwrap();
    let metadata = parts.index.len() + parts.payload.len();
    for (what, at) in [("chunks", 12), ("a manifest", 16), ("lengths", 20)] {
        let mut bytes = whole.clone();
        put(&mut bytes, metadata + at, &[0xff; 4]);
        scratch.write("hostile", &bytes);
        let said = read_all(&scratch, what);
        assert!(said.contains("metadata section"), "{what}: {said}");
    }
}

/// A bomb for `verify`, which hashes a digest for each chunk of each file: a billion
/// chunks.
#[test]
fn small_images_with_a_million_chunks_are_rejected() {
    let (scratch, bytes) = bomb();
    let metadata = Parts::split(&bytes).unwrap().metadata.unwrap();
    let (header, rest) = metadata.split_at(METADATA_HEADER_LEN);
    let mut header = MetadataHeader::read_from_bytes(header).unwrap();
    let (_, manifest) = rest.split_at(header.lens_len.get() as usize);
    let raw_len = Index::parse(&bytes).unwrap().superblock().raw_len.get();
    let lens = vec![1; raw_len as usize];
    header.chunk_count = (lens.len() as u32).into();
    header.lens_len = header.chunk_count;
    let mut forged = [header.as_bytes(), &lens, manifest].concat();
    let mut index = Parts::split(&bytes).unwrap().index.to_vec();
    let metadata_len = (forged.len() as u32).to_le_bytes();
    put(
        &mut index,
        offset_of!(Superblock, metadata_len),
        &metadata_len,
    );
    let payload = Parts::split(&bytes).unwrap().payload;
    seal_all(&mut index, payload, Some(&mut forged));
    scratch.write("hostile", &[&index, payload, &forged].concat());
    let output = bounded(&scratch, "verify hostile", "chunks");
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output) + &stderr(&output);
    assert!(said.contains("more chunks, each time they occur"), "{said}");
}

/// The offset of the index length in the anchor of a packed module.
fn index_len_at(module: &[u8]) -> usize {
    let magic = wasi_vfs_embedding::ANCHOR_MAGIC;
    let mut places = (0..module.len()).filter(|at| module[*at..].starts_with(&magic));
    places.next_back().unwrap() + 48
}

#[test]
fn index_bombs_are_rejected_before_decompression() {
    let (scratch, _) = image();
    let options = "--dir lib::/usr/lib --compress=1 -q -o packed.wasm";
    assert_success(&scratch.run(&format!("pack app.wasm {options}")));
    let mut module = scratch.read("packed.wasm");
    let at = index_len_at(&module);
    for (len, words) in [
        (1_u32 << 30, "more than 256 times as long as its frame"),
        (u32::MAX, "no index is longer than 1073741824"),
    ] {
        put(&mut module, at, &len.to_le_bytes());
        scratch.write("hostile", &module);
        let said = read_all(&scratch, words);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn an_image_of_terabytes_is_read_a_block_at_a_time() {
    let scratch = Scratch::with_tree();
    let huge = std::fs::File::create(scratch.path("lib/huge")).unwrap();
    huge.set_len(64 << 20).unwrap();
    let options = "--compress=1 --block-size 1M -o whole -q";
    assert_success(&scratch.run(&format!("image --dir lib::/usr/lib {options}")));
    assert!(scratch.read("whole").len() < 200_000);
    for reader in ["verify whole", "ls -lR whole", "info whole", "dump whole"] {
        assert_success(&bounded(&scratch, reader, "zeros"));
    }
}

/// `bottom` at the greatest possible depth.
fn deeply(bottom: DirectoryNode) -> DirectoryNode {
    let mut root = bottom;
    for _ in 0..2040 {
        let inner = Node::Directory(std::mem::take(&mut root));
        root.children.insert("d".to_owned(), inner);
    }
    root
}

/// A tree of the greatest possible depth with `count` inodes at its bottom. Work or memory
/// for each name of each path would be a thousand times its size.
fn deep_and_wide(count: usize, object: impl Fn() -> Node) -> Vec<u8> {
    let mut root = DirectoryNode::default();
    for number in 0..count {
        root.children.insert(format!("{number}"), object());
    }
    let tree = Tree {
        root: deeply(root),
        mounts: vec![mount("/", &[])],
    };
    write(&tree, &Options::default(), &()).unwrap().to_bytes()
}

#[test]
fn deep_and_wide_trees_are_read_within_limits() {
    let image = deep_and_wide(8000, || Node::Directory(DirectoryNode::default()));
    assert!(image.len() < 400_000);
    let (scratch, _) = self::image();
    scratch.write("hostile", &image);
    for reader in READERS {
        let output = bounded(&scratch, reader, "deep and wide");
        if reader.starts_with("extract") {
            assert_success(&output);
            remove_deep(&scratch, "out");
        }
    }
}

/// All its paths together have 65 MB.
#[test]
fn listings_need_no_memory_for_all_paths() {
    let image = deep_and_wide(16_000, || file("noise"));
    assert!(image.len() < 600_000);
    let (scratch, _) = self::image();
    scratch.write("hostile", &image);
    for reader in [
        "ls -lR hostile",
        "ls --tree hostile",
        "ls --json -R hostile",
        "ls hostile '**/1??'",
        "cat hostile '**/1??'",
        "info --all hostile",
        "info --json hostile",
        "info --html page hostile",
        "dump hostile",
        "verify hostile",
        "diff whole hostile",
        "diff hostile whole",
        "extract hostile '**/1??' -o out",
    ] {
        bounded_in(60_000, &scratch, reader, "deep and wide");
    }
    let page = scratch.read("page");
    assert!(page.len() < 1_000_000, "{}", page.len());
    remove_deep(&scratch, "out");
}

/// Each link claims a target as long as all targets together.
#[test]
fn dump_keeps_no_values_of_records() {
    let scratch = Scratch::with_tree();
    let mut root = DirectoryNode::default();
    for number in 0..300 {
        let target = format!("{number}-{}", "x".repeat(4000));
        root.children.insert(format!("{number}"), link(&target));
    }
    let tree = Tree {
        root,
        ..Tree::default()
    };
    let image = write(&tree, &Options::default(), &()).unwrap();
    let mut index = image.index.clone();
    let places = Places::of(&index);
    let len = (index.len() - places.names) as u32;
    for number in 1..=300 {
        put(&mut index, places.inode(number), &len.to_le_bytes());
        put(&mut index, places.inode(number) + 16, &[0; 4]);
    }
    seal(&mut index);
    scratch.write("hostile", &[index, image.payload, image.metadata].concat());
    let output = bounded_in(60_000, &scratch, "dump hostile", "long links");
    assert_success(&output);
    assert!(stdout(&output).contains(&format!("\"... of {len} bytes")));
}

/// Files of a hundred blocks, all of them damaged.
fn damaged(files: DirectoryNode) -> Vec<u8> {
    let options = Options {
        compression: None,
        block_shift: 12,
        ..Options::default()
    };
    let tree = Tree {
        root: files,
        ..Tree::default()
    };
    let mut image = write(&tree, &options, &()).unwrap();
    for block in image.payload.chunks_mut(4096) {
        block[9] ^= 1;
    }
    image.to_bytes()
}

#[test]
fn files_that_a_damage_touches_are_named_and_not_kept() {
    let mut root = DirectoryNode::default();
    let noise = noise();
    for number in 0..300 {
        root.children.insert(format!("{number}"), noise.clone());
    }
    let (scratch, _) = image();
    scratch.write("hostile", &damaged(deeply(root)));
    let output = bounded_in(60_000, &scratch, "verify hostile", "damage everywhere");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stdout(&output);
    assert_eq!(said.matches("damaged: block ").count(), 100);
    assert!(said.contains("/d/299\n"));
}

/// The standard library would need a descriptor for each level.
#[test]
fn failed_extractions_of_deep_trees_leave_nothing() {
    let mut root = DirectoryNode::default();
    root.children.insert("file".to_owned(), noise());
    let (scratch, _) = image();
    scratch.write("hostile", &damaged(deeply(root)));
    let before = scratch.names();
    let script = "ulimit -n 256; exec \"$0\" extract hostile -o out";
    let output = scratch.shell(script).output().unwrap();
    assert_error(&output, &["file", "from the image"]);
    assert_eq!(scratch.names(), before);
}

#[test]
fn selected_directories_are_not_listed() {
    let image = deep_and_wide(16_000, || file("noise"));
    let (scratch, _) = self::image();
    scratch.write("hostile", &image);
    scratch.write("list", b"/d/\n");
    for choose in ["--only list", "--order-by list"] {
        let pack = format!("image --from hostile {choose} -o out -q");
        assert_success(&bounded(&scratch, &pack, choose));
        assert_eq!(scratch.run("diff hostile out").status.code(), Some(0));
    }
}

/// `rm` needs few descriptors at such a depth, unlike the standard library.
fn remove_deep(scratch: &Scratch, name: &str) {
    let mut remove = Command::new("rm");
    remove.arg("-rf").arg(scratch.path(name));
    assert!(remove.status().unwrap().success());
}

/// A file of more than a hundred blocks of 4 KiB, of which no two are equal.
fn noise() -> Node {
    file(Random::new(1).bytes(450_000))
}

/// An image of a megabyte in which 1200 files claim the same MiB of ascending numbers.
fn bomb() -> (Scratch, Vec<u8>) {
    const EMPTY: [u8; 4] = [0; 4];
    let scratch = Scratch::with_tree();
    let numbers: Vec<u8> = (0..1_u32 << 18).flat_map(u32::to_le_bytes).collect();
    scratch.write("lib/a", &numbers);
    for number in 0..1200 {
        scratch.write(&format!("lib/b{number}"), b"");
    }
    let pack = "image --dir lib::/usr/lib -o whole -q";
    assert_success(&scratch.run(pack));
    let mut bytes = scratch.read("whole");
    let index_len = Parts::split(&bytes).unwrap().index.len();
    let index = &mut bytes[..index_len];
    let places = Places::of(index);
    // After root, usr and usr/lib.
    let numbers = index[places.inode(3)..][..28].to_vec();
    for number in 4..Index::parse(index).unwrap().inode_count() as usize {
        let at = places.inode(number);
        let is_file = index[at + 27] & 15 == 2;
        if is_file && index[at..at + 4] == EMPTY {
            // Length, offset in the content, and a single extent.
            put(index, at, &numbers[..4]);
            put(index, at + 16, &numbers[16..20]);
            put(index, at + 25, &numbers[25..]);
        }
    }
    seal(index);
    (scratch, bytes)
}

#[test]
fn size_limit_rejects_gigabytes_in_a_small_image() {
    let (scratch, bytes) = bomb();
    assert!(bytes.len() < 1_200_000, "{}", bytes.len());
    scratch.write("hostile", &bytes);
    let before = scratch.names();
    let pack = "pack app.wasm --from hostile --dir lib::/lib -o out.wasm";
    for (writer, code, len) in [
        ("extract hostile -o out", 1, 1_259_339_798_u64),
        (pack, 1, 1_259_339_798),
        ("diff hostile hostile", 2, 1_259_339_798),
        // Reads files up to the limit.
        ("info --json --digests hostile", 1, 1_088_421_888),
        ("ls -R --json --digests hostile", 1, 1_088_421_888),
    ] {
        let output = bounded(&scratch, writer, "a bomb");
        let len = format!("the files have {len} bytes");
        assert_failure(&output, code, &[&len, "--no-size-limit"]);
        assert_eq!(scratch.names(), before);
    }
    for writer in [
        &format!("{pack} --no-size-limit"),
        "diff hostile hostile --no-size-limit",
    ] {
        assert_success(&bounded(&scratch, writer, "a bomb"));
    }
    // Files of different lengths are not read.
    assert_eq!(scratch.run("diff whole hostile -q").status.code(), Some(1));
    for reader in [
        "extract hostile -o some /usr/lib/a /usr/lib/hello.txt",
        "extract hostile -o any /usr/lib/a /usr/lib/b7 --no-size-limit",
        "ls -lR hostile",
        "info hostile",
        "dump hostile",
        "pack app.wasm --from hostile -o out.wasm",
    ] {
        assert_success(&bounded(&scratch, reader, "a bomb"));
    }
    let output = bounded(&scratch, "verify hostile", "a bomb");
    let said = stdout(&output) + &stderr(&output);
    assert!(said.contains("the root digest"), "{said}");
}

/// Most of its strings are samples for similarity.
#[test]
fn long_files_of_zeros_need_little_memory() {
    let (scratch, _) = image();
    let zeros = std::fs::File::create(scratch.path("lib/zeros")).unwrap();
    zeros.set_len(400 << 20).unwrap();
    let pack = "image --dir lib::/lib --compress=1 -o out -q";
    assert_success(&bounded(&scratch, pack, "zeros"));
}
