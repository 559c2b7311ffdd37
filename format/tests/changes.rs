//! Images of changes: reading, rules, and applying them to a tree.

#![cfg(feature = "std")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

mod common;

use common::{lookup, read, write};
use wasi_vfs_format::changes::Mark;
use wasi_vfs_format::inode::{INODE_LEN, LINK, REMOVED};
use wasi_vfs_format::superblock::SUPERBLOCK_LEN;
use wasi_vfs_format::testing::{
    Change, changed, changes, directory, file, link, mount, program, seal, seal_all, tree,
};
use wasi_vfs_format::tree::Tree;
use wasi_vfs_format::{
    Content, Corrupt, Error, ImageReader, Incompatible, Index, InodeNumber, check, writer,
};

/// One change of each kind. Inodes: 1 `gone`, 2 `lib`, 3 `one`, 4 `two`, 5 `lib/three`.
fn sample() -> Vec<u8> {
    changes([
        ("gone", Change::Removed),
        ("lib", changed([("three", Change::Link("/one".to_owned()))])),
        ("one", Change::Program(b"text".to_vec())),
        ("two", Change::Symlink("one".to_owned())),
    ])
}

#[test]
fn an_image_of_changes_follows_the_rules() {
    let bytes = sample();
    let image = ImageReader::from_bytes(&bytes).unwrap();
    assert_eq!(check::check(image.index()), []);
    assert_eq!(check::check_blocks(&image), []);
    assert!(check::verify(&image).is_none());
}

#[test]
fn marks_tell_removed_names_and_links() {
    let bytes = sample();
    let image = ImageReader::from_bytes(&bytes).unwrap();
    let marks: Vec<_> = (0..image.index().inode_count())
        .filter_map(|number| Some((number, image.index().mark(InodeNumber(number)).unwrap()?)))
        .collect();
    let link = Mark::Link(InodeNumber(3));
    assert_eq!(marks, [(1, Mark::Removed), (5, link)]);
}

#[test]
fn a_link_reads_as_the_other_name() {
    let bytes = sample();
    let image = ImageReader::from_bytes(&bytes).unwrap();
    let (one, three) = (lookup(&image, "/one"), lookup(&image, "/lib/three"));
    assert_eq!(read(&image, "/lib/three"), b"text");
    assert_eq!(three.content, one.content);
    assert_eq!(three.mtime_ns, one.mtime_ns);
}

#[test]
fn a_removed_name_leads_nowhere() {
    let bytes = sample();
    let image = ImageReader::from_bytes(&bytes).unwrap();
    let Content::Symlink(link) = lookup(&image, "/gone").content else {
        panic!("no link");
    };
    assert_eq!(image.index().target(&link), Ok(&b""[..]));
}

/// The broken rules if `change` is made to the record of an inode.
fn broken_with(number: usize, change: impl FnOnce(&mut [u8])) -> Vec<Corrupt> {
    let mut bytes = sample();
    let len = Index::parse(&bytes).unwrap().bytes().len();
    let (index, payload) = bytes.split_at_mut(len);
    let start = SUPERBLOCK_LEN + number * INODE_LEN;
    change(&mut index[start..start + INODE_LEN]);
    seal_all(index, payload, None);
    check::check(ImageReader::from_bytes(&bytes).unwrap().index())
}

#[test]
fn links_must_name_earlier_files_or_links() {
    for target in [0, 1, 2, 5, 6, u32::MAX] {
        let broken = broken_with(5, |record| {
            record[16..20].copy_from_slice(&target.to_le_bytes());
        });
        assert!(broken.contains(&Corrupt::Link { inode: 5 }), "{target}");
    }
    assert_eq!(broken_with(5, |record| record[16] = 4), []);
}

#[test]
fn marks_must_have_no_other_fields() {
    for number in [1, 5] {
        for at in [0, 4, 25, 26] {
            let broken = broken_with(number, |record| record[at] = 9);
            let inode = number as u32;
            assert!(!broken.is_empty(), "byte {at} of inode {inode}");
        }
    }
}

#[test]
fn parts_that_changes_lack_are_rejected() {
    for (at, part) in [
        (32, "a root digest"),
        (72, "a metadata section"),
        (92, "mounts"),
    ] {
        let mut bytes = sample();
        let len = Index::parse(&bytes).unwrap().bytes().len();
        bytes[at] = 1;
        seal(&mut bytes[..len]);
        let broken = check::check(&Index::parse(&bytes).unwrap());
        assert!(broken.contains(&Corrupt::ChangesPart { part }), "{part}");
    }
}

#[test]
fn other_images_have_no_marks() {
    for kind in [REMOVED, LINK] {
        let mut image = write(&tree([("a", file("a")), ("b", file("b"))]));
        image.index[SUPERBLOCK_LEN + 16 + 2 * INODE_LEN + 27] = kind;
        seal(&mut image.index);
        let index = Index::parse(&image.index).unwrap();
        assert_eq!(index.mark(InodeNumber(2)), Ok(None));
        let corrupt = Corrupt::InodeKind {
            inode: 2,
            kind,
            flags: 0,
        };
        assert_eq!(index.inode(InodeNumber(2)), Err(corrupt));
    }
}

/// The tree of the program before and after.
fn before() -> Tree {
    tree([
        ("gone", directory([("deep", file("deep"))])),
        ("lib", directory([("kept", file("kept"))])),
        ("two", directory([("hidden", file("hidden"))])),
    ])
}

fn apply(tree: &mut Tree, bytes: &[u8]) -> Result<Vec<String>, Error> {
    ImageReader::from_bytes(bytes).unwrap().apply_to(tree)
}

#[test]
fn applied_changes_make_the_tree_of_the_program() {
    let mut tree = before();
    assert_eq!(apply(&mut tree, &sample()), Ok(Vec::new()));
    let after = self::tree([
        (
            "lib",
            directory([("kept", file("kept")), ("three", program("text"))]),
        ),
        ("one", program("text")),
        ("two", link("one")),
    ]);
    let written = |tree| writer::write(tree, &common::options(None, 12), &()).unwrap();
    assert_eq!(written(&tree).to_bytes(), written(&after).to_bytes());
}

#[test]
fn removed_names_that_were_missing_are_reported() {
    let mut tree = tree([]);
    assert_eq!(apply(&mut tree, &sample()), Ok(vec!["/gone".to_owned()]));
}

#[test]
fn mounted_directories_stay() {
    for change in [Change::Removed, Change::File(Vec::new())] {
        let mut tree = before();
        tree.mounts.push(mount("/lib", &["lib"]));
        let applied = apply(&mut tree, &changes([("lib", change)]));
        assert_eq!(applied, Err(Incompatible::RemovedMount.into()));
    }
}

#[test]
fn changes_are_no_tree_of_their_own() {
    let bytes = sample();
    let image = ImageReader::from_bytes(&bytes).unwrap();
    let error = image.to_tree().map(|_| ()).unwrap_err();
    assert_eq!(error, Incompatible::Changes.into());
    let bytes = write(&before()).to_bytes();
    let applied = apply(&mut before(), &bytes);
    assert_eq!(applied, Err(Incompatible::NoChanges.into()));
}

#[test]
fn a_name_twice_is_rejected() {
    // `two` gets the name of `one`.
    let mut bytes = sample();
    let len = Index::parse(&bytes).unwrap().bytes().len();
    let name = |number| SUPERBLOCK_LEN + number * INODE_LEN + 12;
    bytes.copy_within(name(3)..name(3) + 4, name(4));
    seal(&mut bytes[..len]);
    let applied = apply(&mut before(), &bytes);
    assert_eq!(applied, Err(Corrupt::NameOrder { inode: 4 }.into()));
}
