//! Hostile trees and targets. The tests of the command cover ordinary ones.

use super::plan::{Folder, Leaf, LeafKind, Plan, is_name_on_windows, safe_name};
use super::target::Target;
use super::*;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use tempfile::TempDir;

/// A directory `target` in another one that must not change.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        fs::create_dir(scratch.target()).unwrap();
        fs::create_dir(scratch.0.path().join("outside")).unwrap();
        scratch
    }

    fn target(&self) -> PathBuf {
        self.0.path().join("target")
    }

    fn extract(&self, folders: Vec<Folder>, force: bool) -> Result<(), ExtractError> {
        let root = Dir::open_ambient_dir(self.target(), ambient_authority()).unwrap();
        let copy = |_, out: &mut dyn Write| out.write_all(b"new").map(|()| 3);
        Target::new(root, force, &copy).write(&Plan {
            folders,
            removed_count: 0,
        })
    }

    /// All paths below the scratch directory, sorted, with the content of files.
    fn listing(&self) -> Vec<String> {
        let mut pending = vec![self.0.path().to_owned()];
        let mut lines = Vec::new();
        while let Some(directory) = pending.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let kind = fs::symlink_metadata(&path).unwrap().file_type();
                let relative = path.strip_prefix(self.0.path()).unwrap().display();
                if kind.is_dir() {
                    lines.push(format!("{relative}/"));
                    pending.push(path);
                } else if kind.is_symlink() {
                    let target = fs::read_link(&path).unwrap();
                    lines.push(format!("{relative} -> {}", target.display()));
                } else if kind.is_file() {
                    let content = fs::read_to_string(&path).unwrap();
                    lines.push(format!("{relative}: {content}"));
                } else {
                    lines.push(format!("{relative}: special"));
                }
            }
        }
        lines.sort();
        lines
    }
}

fn root(leaves: Vec<Leaf>) -> Folder {
    Folder {
        leaves,
        ..Folder::default()
    }
}

/// A directory below the root.
fn folder(name: &str, leaves: Vec<Leaf>) -> Folder {
    Folder {
        parent: Some(0),
        name: name.to_owned(),
        ..root(leaves)
    }
}

fn file(name: &str) -> Leaf {
    leaf(
        name,
        LeafKind::File {
            number: InodeNumber(1),
            executable: false,
            len: 3,
        },
    )
}

fn link(name: &str, target: &str) -> Leaf {
    let target = target.to_owned();
    leaf(name, LeafKind::Symlink { target })
}

fn leaf(name: &str, kind: LeafKind) -> Leaf {
    Leaf {
        name: name.to_owned(),
        mtime_ns: -1,
        kind,
    }
}

#[test]
fn names_that_lead_elsewhere_are_rejected() {
    let long = [b'a'; 256];
    for name in [
        &b"."[..],
        b"..",
        b"",
        b"/etc",
        b"a/b",
        b"../a",
        b"a\0b",
        b"\xff",
        &long,
    ] {
        assert!(safe_name(name).is_err(), "{name:?}");
    }
    for name in ["...", ".a", "a..", "ü", "con"] {
        assert_eq!(safe_name(name.as_bytes()), Ok(name));
    }
}

#[test]
fn windows_has_devices_in_every_directory() {
    for name in [
        "NUL",
        "con.txt",
        "aux .tar.gz",
        "COM1",
        "lpt9.x",
        "a:b",
        "a.",
        "a ",
    ] {
        assert!(!is_name_on_windows(name), "{name}");
    }
    for name in ["null", "com", "com10", "acon", ".con", "lpt"] {
        assert!(is_name_on_windows(name), "{name}");
    }
}

#[test]
fn planted_links_are_not_followed() {
    let scratch = Scratch::new();
    // The image has two entries `d`: a link to the outside, and a directory with a file.
    let plan = || {
        vec![
            root(vec![link("d", "../outside")]),
            folder("d", vec![file("f")]),
        ]
    };
    let error = scratch.extract(plan(), false).unwrap_err();
    assert!(matches!(error, ExtractError::Collision { .. }), "{error}");
    let before = scratch.listing();
    let error = scratch.extract(plan(), true).unwrap_err();
    assert!(
        !scratch
            .listing()
            .iter()
            .any(|line| line.starts_with("outside/f"))
    );
    assert!(matches!(error, ExtractError::InTheWay { .. }), "{error}");
    assert_eq!(scratch.listing(), before);
}

#[test]
fn force_replaces_links_and_never_follows_them() {
    let scratch = Scratch::new();
    symlink("../outside", scratch.target().join("d")).unwrap();
    symlink("../outside/f", scratch.target().join("f")).unwrap();
    let plan = || vec![root(vec![file("f")]), folder("d", vec![file("f")])];
    let before = scratch.listing();
    let error = scratch.extract(plan(), false).unwrap_err();
    assert!(matches!(error, ExtractError::Exists { .. }), "{error}");
    assert_eq!(scratch.listing(), before);
    scratch.extract(plan(), true).unwrap();
    let expected = [
        "outside/",
        "target/",
        "target/d/",
        "target/d/f: new",
        "target/f: new",
    ];
    assert_eq!(scratch.listing(), expected);
}

#[test]
fn nothing_is_written_if_something_is_in_the_way() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.target().join("d/f")).unwrap();
    let before = scratch.listing();
    let plan = vec![root(vec![file("first")]), folder("d", vec![file("f")])];
    let error = scratch.extract(plan, true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`d/f` is a directory in the target and is not replaced; remove it first"
    );
    assert_eq!(scratch.listing(), before);
}

#[test]
fn force_never_replaces_pipes_and_devices() {
    let scratch = Scratch::new();
    let pipe = scratch.target().join("f");
    let status = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(status.unwrap().success());
    let plan = vec![root(vec![file("f")])];
    let error = scratch.extract(plan, true).unwrap_err();
    assert!(
        error.to_string().starts_with("`f` is a device, pipe"),
        "{error}"
    );
}

#[test]
fn equal_names_in_the_target_are_rejected() {
    // The same as `A` and `a` on a file system that ignores case.
    for force in [false, true] {
        let scratch = Scratch::new();
        fs::write(scratch.target().join("other"), "old").unwrap();
        let plan = vec![root(vec![file("a"), file("a")])];
        let error = scratch.extract(plan, force).unwrap_err();
        assert!(matches!(error, ExtractError::Collision { .. }), "{error}");
        let plan = vec![root(vec![]), folder("d", vec![]), folder("d", vec![])];
        let error = scratch.extract(plan, force).unwrap_err();
        assert!(matches!(error, ExtractError::Collision { .. }), "{error}");
    }
}

#[test]
fn names_in_other_letters_are_found_in_each_directory() {
    let collision = |folders: Vec<Folder>| {
        case::collision(&Plan {
            folders,
            removed_count: 0,
        })
    };
    let all = [
        vec![root(vec![file("a"), link("A", "x")])],
        vec![root(vec![file("b")]), folder("B", vec![])],
        vec![root(vec![]), folder("ü", vec![]), folder("Ü", vec![])],
        vec![root(vec![]), folder("d", vec![file("Maß"), file("MASS")])],
    ];
    let paths = all.map(|folders| collision(folders).unwrap_or_default());
    assert_eq!(paths, ["A", "B", "Ü", "d/MASS"]);
    let others = vec![
        root(vec![file("a"), file("b")]),
        folder("d", vec![file("A"), file("D")]),
    ];
    assert_eq!(collision(others), None);
}

#[test]
fn names_in_other_case_differ_if_case_matters() {
    let plan = || vec![root(vec![file("a"), file("A")]), folder("d", vec![])];
    let scratch = Scratch::new();
    scratch.extract(plan(), false).unwrap();
    scratch.extract(plan(), true).unwrap();
    let expected = ["outside/", "target/", "target/A: new", "target/a: new"];
    assert_eq!(scratch.listing()[..4], expected);
}

#[test]
fn links_may_say_anything() {
    let scratch = Scratch::new();
    let links = vec![
        link("a", "/etc/passwd"),
        link("b", "../../x"),
        link("c", "none"),
    ];
    scratch.extract(vec![root(links)], false).unwrap();
    let expected = [
        "outside/",
        "target/",
        "target/a -> /etc/passwd",
        "target/b -> ../../x",
        "target/c -> none",
    ];
    assert_eq!(scratch.listing(), expected);
}

#[test]
fn a_file_that_cannot_be_read_leaves_nothing_behind() {
    let scratch = Scratch::new();
    fs::write(scratch.target().join("f"), "old").unwrap();
    let before = scratch.listing();
    let directory = Dir::open_ambient_dir(scratch.target(), ambient_authority()).unwrap();
    let copy = |_, out: &mut dyn Write| {
        out.write_all(b"half")?;
        Err(io::Error::other("damaged"))
    };
    let folders = vec![root(vec![file("f")])];
    let done = Target::new(directory, true, &copy).write(&Plan {
        folders,
        removed_count: 0,
    });
    let error = done.unwrap_err();
    assert!(matches!(error, ExtractError::Read { .. }), "{error}");
    assert_eq!(scratch.listing(), before);
}

#[test]
fn names_of_temporary_files_may_be_taken() {
    let scratch = Scratch::new();
    let taken = format!(".wasi-vfs-{}-0", std::process::id());
    fs::write(scratch.target().join(&taken), "old").unwrap();
    let plan = vec![root(vec![file("f")])];
    scratch.extract(plan, false).unwrap();
    let lines = scratch.listing();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines.contains(&format!("target/{taken}: old")));
}

/// An index with changed names. Its checksum is wrong, which an attacker would correct.
fn forged(from: &str, to: &[u8]) -> (Vec<u8>, Vec<u8>) {
    use wasi_vfs_format::testing::{directory, link, tree};
    use wasi_vfs_format::writer::{Options, write};
    let tree = tree([("directory", directory([("leaf", link("target"))]))]);
    let image = write(&tree, &Options::default(), &()).unwrap();
    let mut index = image.index;
    let mut windows = index.windows(from.len());
    let at = windows.position(|bytes| bytes == from.as_bytes()).unwrap();
    index[at..at + to.len()].copy_from_slice(to);
    (index, image.payload)
}

#[test]
fn forged_names_fail_before_the_first_write() {
    for (from, to) in [
        ("leaf", &b"/etc"[..]),
        ("leaf", b"../x"),
        ("leaf", b"a\0bc"),
        ("leaf", b"\xff\xff\xff\xff"),
        ("directory", b"../../../"),
        ("directory", b"/absolute"),
        ("target", b"tar\0et"),
    ] {
        let (index, payload) = forged(from, to);
        let image = ImageReader::new_unverified(&index, &payload).unwrap();
        let scratch = Scratch::new();
        let before = scratch.listing();
        for target in [scratch.target(), scratch.target().join("new")] {
            let error = Extract::new().force(true).to(&image, &target, &|_| ());
            let error = error.unwrap_err();
            assert!(matches!(error, ExtractError::Unsafe { .. }), "{error}");
        }
        assert_eq!(scratch.listing(), before);
    }
}
