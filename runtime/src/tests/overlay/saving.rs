//! Saving the changes as an image, and applying such an image.

use crate::fuzz::changes::{Driver, Step, layer, list, save};
use crate::open::OpenOptions;
use crate::overlay::{ApplyError, SaveError};
use crate::tests::no_memory::refuse;
use wasi_vfs_format::changes::Mark;
use wasi_vfs_format::limits::MAX_FILE_LEN;
use wasi_vfs_format::testing::{Change, Random, changed, changes, seal_all};
use wasi_vfs_format::{Content, ImageReader, Index, InodeNumber, Kind};

/// More than all changes of these tests.
const LIMIT_LEN: u64 = 1 << 24;

const CREATE: OpenOptions = OpenOptions {
    follow: true,
    read: true,
    write: true,
    create: true,
    exclusive: false,
    truncate: false,
    directory: false,
    flags: 0,
};

fn rename(old: &str, new: &str) -> Step {
    Step::Rename(old.to_owned(), new.to_owned())
}

fn mkdir(path: &str) -> Step {
    Step::CreateDirectory(path.to_owned())
}

fn unlink(path: &str) -> Step {
    Step::Unlink(path.to_owned())
}

fn rmdir(path: &str) -> Step {
    Step::RemoveDirectory(path.to_owned())
}

/// The steps that write a file. No other file is open before.
fn write(path: &str, bytes: &[u8]) -> [Step; 3] {
    [
        Step::Open(path.to_owned(), CREATE),
        Step::Write(0, 0, bytes.to_vec()),
        Step::Close(0),
    ]
}

/// The save of a program that performed these steps.
fn save_of(steps: &[Step]) -> Vec<u8> {
    let mut layer = layer(LIMIT_LEN);
    let mut driver = Driver::new(&layer);
    for step in steps {
        driver.step(&mut layer, step).unwrap();
    }
    driver.close(&mut layer);
    save(&mut layer)
}

/// The paths in an image of changes, in the order of the inodes, without the root.
/// `-` marks removed names, and `=` links. A slash ends the path of a directory.
fn paths(bytes: &[u8]) -> Vec<String> {
    let image = ImageReader::from_bytes(bytes).unwrap();
    let index = image.index();
    let numbers = (1..index.inode_count()).map(InodeNumber);
    let path = |number| {
        let path = image.path(number).unwrap();
        match (index.mark(number).unwrap(), index.inode(number).unwrap()) {
            (Some(Mark::Removed), _) => format!("-{path}"),
            (Some(Mark::Link(to)), _) => format!("{path}={}", image.path(to).unwrap()),
            (None, inode) if inode.kind() == Kind::Directory => path + "/",
            (None, _) => path,
        }
    };
    numbers.map(path).collect()
}

#[test]
fn a_save_of_no_change_is_the_root_alone() {
    assert_eq!(paths(&save_of(&[])), [""; 0]);
}

#[test]
fn a_save_has_only_the_changed_nodes() {
    let mut steps = write("many/7", b"changed").to_vec();
    steps.extend(write("d/new", b"new"));
    steps.push(unlink("empty"));
    let bytes = save_of(&steps);
    assert_eq!(
        paths(&bytes),
        ["/d/", "-/empty", "/many/", "/d/new", "/many/7"]
    );
}

#[test]
fn a_moved_packed_directory_is_a_copy() {
    let paths = paths(&save_of(&[mkdir("a"), rename("d", "a/b")]));
    assert_eq!(paths, ["/a/", "-/d", "/a/b/", "/a/b/f"]);
}

#[test]
fn a_directory_made_again_removes_the_packed_names() {
    let made = [unlink("d/f"), rmdir("d"), mkdir("d")];
    assert_eq!(paths(&save_of(&made)), ["/d/", "-/d/f"]);
    let steps = [
        mkdir("a"),
        rename("d", "a/d"),
        mkdir("d"),
        rename("a/d/f", "d/g"),
    ];
    let paths = paths(&save_of(&steps));
    assert_eq!(paths, ["/a/", "/d/", "/a/d/", "-/d/f", "/d/g"]);
}

#[test]
fn a_node_moved_away_and_back_is_no_change() {
    let steps = [rename("d", "e"), rename("e", "d"), rename("l", "m")];
    assert_eq!(paths(&save_of(&steps)), ["-/l", "/m"]);
}

#[test]
fn names_of_one_file_are_links() {
    let link = |old: &str, new: &str| Step::Link(old.to_owned(), new.to_owned());
    let steps = [link("d/f", "a"), link("a", "d/g"), link("l", "z")];
    let paths = paths(&save_of(&steps));
    assert_eq!(paths, ["/a", "/d/", "/l", "/z=/l", "/d/f=/a", "/d/g=/a"]);
}

#[test]
fn an_executable_file_stays_executable() {
    let bytes = changes([("a", Change::Program(b"text".to_vec()))]);
    let mut layer = layer(LIMIT_LEN);
    layer.apply(&bytes).unwrap();
    let bytes = save(&mut layer);
    let index = Index::parse(&bytes).unwrap();
    let content = index.inode(InodeNumber(1)).unwrap().content;
    assert!(matches!(content, Content::File(file) if file.executable));
}

#[test]
fn a_change_during_a_save_ends_it() {
    let mut layer = layer(LIMIT_LEN);
    let mut driver = Driver::new(&layer);
    let save = layer.save().unwrap();
    driver
        .step(&mut layer, &Step::Stat("d".to_owned()))
        .unwrap();
    assert!(save.read(&mut layer, 0, &mut [0; 10]).is_ok());
    driver.step(&mut layer, &mkdir("a")).unwrap();
    let read = save.read(&mut layer, 0, &mut [0; 10]);
    assert_eq!(read, Err(SaveError::Changed));
}

#[test]
fn files_beyond_the_length_of_an_image_are_rejected() {
    for len in [1 << 31, MAX_FILE_LEN] {
        let mut layer = layer(LIMIT_LEN);
        let mut driver = Driver::new(&layer);
        let open = Step::Open("a".to_owned(), CREATE);
        driver.step(&mut layer, &open).unwrap();
        driver.step(&mut layer, &Step::SetLen(0, len)).unwrap();
        assert_eq!(layer.save().map(|_| ()), Err(SaveError::Limit));
        driver.close(&mut layer);
    }
}

#[test]
fn a_refused_allocation_fails_the_save_and_changes_nothing() {
    let mut steps = write("d/new", &[7; 100_000]).to_vec();
    steps.extend([rename("many", "d/many"), unlink("big")]);
    steps.push(Step::Link("d/new".to_owned(), "again".to_owned()));
    let mut layer = layer(LIMIT_LEN);
    let mut driver = Driver::new(&layer);
    for step in &steps {
        driver.step(&mut layer, step).unwrap();
    }
    let whole = save(&mut layer);
    let mut refused_count = 0;
    for count in 0.. {
        let (saved, is_refused) = refuse(count, || layer.save().map(|_| ()));
        if !is_refused {
            assert_eq!(saved, Ok(()));
            break;
        }
        assert_eq!(saved, Err(SaveError::NoMemory));
        refused_count += 1;
    }
    assert!(refused_count > 20, "{refused_count}");
    assert_eq!(save(&mut layer), whole);
}

/// Changes of each kind.
fn sample() -> Vec<u8> {
    changes([
        ("d", changed([("f", Change::Removed)])),
        ("empty", Change::File(vec![5; 70_000])),
        ("l", Change::Removed),
        ("many", changed([("x", Change::Link("/empty".to_owned()))])),
        ("new", changed([("deep", changed([]))])),
        ("up", Change::Symlink("many/x".to_owned())),
    ])
}

#[test]
fn applied_changes_are_visible() {
    let mut layer = layer(LIMIT_LEN);
    layer.apply(&sample()).unwrap();
    let listed = list(&mut layer);
    let has = |path: &str| listed.iter().any(|(listed, _)| listed.name == path);
    assert!(!has("/d/f") && !has("/l") && has("/d") && has("/many/7") && has("/new/deep"));
    let x = listed.iter().find(|(listed, _)| listed.name == "/many/x");
    assert_eq!(x.unwrap().1, [5; 70_000]);
}

#[test]
fn changes_apply_only_before_others() {
    let mut layer = layer(LIMIT_LEN);
    let mut driver = Driver::new(&layer);
    driver.step(&mut layer, &mkdir("a")).unwrap();
    let before = list(&mut layer);
    assert_eq!(layer.apply(&sample()), Err(ApplyError::Changed));
    assert_eq!(list(&mut layer), before);
}

#[test]
fn changes_beyond_the_limit_change_nothing() {
    for limit_len in (0..80_000).step_by(997) {
        let mut layer = layer(limit_len);
        let before = list(&mut layer);
        assert_eq!(layer.apply(&sample()), Err(ApplyError::NoSpace));
        assert_eq!(list(&mut layer), before);
        assert_eq!(layer.used_len(), 0);
    }
}

#[test]
fn refused_memory_applies_nothing() {
    let bytes = sample();
    let mut refused_count = 0;
    for count in 0.. {
        let mut layer = layer(LIMIT_LEN);
        let (applied, is_refused) = refuse(count, || layer.apply(&bytes));
        if !is_refused {
            assert_eq!(applied, Ok(()));
            break;
        }
        let Err(error) = applied else { continue };
        assert!([ApplyError::NoMemory, ApplyError::NoSpace].contains(&error));
        assert_eq!(layer.used_len(), 0);
        refused_count += 1;
    }
    assert!(refused_count > 20, "{refused_count}");
}

#[test]
fn each_damaged_byte_is_found() {
    let bytes = sample();
    let mut layer = layer(LIMIT_LEN);
    let before = list(&mut layer);
    for at in (0..bytes.len()).filter(|at| at % 131 == 0 || *at < 600) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert_eq!(layer.apply(&damaged), Err(ApplyError::Damaged), "byte {at}");
        let cut = &bytes[..at];
        assert_eq!(layer.apply(cut), Err(ApplyError::Damaged), "{at} bytes");
    }
    let longer = [&*bytes, b"x"].concat();
    assert_eq!(layer.apply(&longer), Err(ApplyError::Damaged));
    assert_eq!(list(&mut layer), before);
}

#[test]
fn forged_changes_never_trap() {
    let bytes = sample();
    let index_len = Index::parse(&bytes).unwrap().bytes().len();
    let mut random = Random::new(1);
    let mut applied_count = 0;
    for _ in 0..20_000 {
        let mut forged = bytes.clone();
        for _ in 0..=random.below(3) {
            // Behind the version, before the payload.
            let at = 16 + random.below(index_len - 16);
            forged[at] = random.byte();
        }
        let (index, payload) = forged.split_at_mut(index_len);
        seal_all(index, payload, None);
        let mut layer = layer(1 << 20);
        match layer.apply(&forged) {
            Ok(()) => {
                applied_count += 1;
                list(&mut layer);
            }
            Err(_) => assert_eq!(layer.used_len(), 0),
        }
    }
    assert!(applied_count > 1000, "{applied_count}");
}
