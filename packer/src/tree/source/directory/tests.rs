//! Reading host directories.

use super::*;
use std::error::Error;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;
use wasi_vfs_format::limits::MAX_PATH_LEN;

fn temp() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn read_excluding(host: &Path, patterns: &[&str]) -> Result<DirectoryNode, SourceError> {
    let exclude = Exclude::new(patterns).unwrap();
    read_at("/", host, options(&exclude))
}

fn options(exclude: &Exclude) -> DirectoryOptions<'_> {
    DirectoryOptions {
        exclude,
        gitignore: false,
        dereference: false,
    }
}

fn read_at(
    guest: &str,
    host: &Path,
    options: DirectoryOptions<'_>,
) -> Result<DirectoryNode, SourceError> {
    let mut findings = Findings::new(options.exclude, &[]);
    read_directory(
        host,
        &GuestPath::parse(guest).unwrap(),
        options,
        &mut findings,
    )
}

fn read(host: &Path) -> Result<DirectoryNode, SourceError> {
    read_excluding(host, &[])
}

fn names(directory: &DirectoryNode) -> Vec<&str> {
    directory.children.keys().map(String::as_str).collect()
}

fn file_at<'a>(directory: &'a DirectoryNode, name: &str) -> &'a FileNode {
    match &directory.children[name] {
        Node::File(file) => file,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn files_directories_and_links_are_read() {
    let dir = temp();
    fs::write(dir.path().join("file"), "content").unwrap();
    fs::create_dir(dir.path().join("empty")).unwrap();
    symlink("nowhere/../at all", dir.path().join("link")).unwrap();
    let root = read(dir.path()).unwrap();
    assert_eq!(names(&root), ["empty", "file", "link"]);
    assert_eq!(file_at(&root, "file").len, 7);
    let mut content = String::new();
    let file = file_at(&root, "file");
    file.content
        .open(0)
        .unwrap()
        .read_to_string(&mut content)
        .unwrap();
    assert_eq!(content, "content");
    assert!(matches!(&root.children["empty"], Node::Directory(d) if d.children.is_empty()));
    assert!(matches!(&root.children["link"], Node::Symlink(l) if l.target == "nowhere/../at all"));
}

#[test]
fn paths_too_long_for_the_system_name_their_length() {
    use rustix::fs::{Mode, OFlags, mkdirat, openat};
    let dir = temp();
    let mut at = rustix::fs::open(dir.path(), OFlags::RDONLY, Mode::empty()).unwrap();
    // The path fits an image, but not a system call.
    for name in [vec!["d".repeat(200); 20], vec!["e".repeat(70)]].concat() {
        mkdirat(&at, &name, Mode::RWXU).unwrap();
        at = openat(&at, &name, OFlags::RDONLY, Mode::empty()).unwrap();
    }
    let len = dir.path().as_os_str().len() + 1 + 20 * 201 + 70;
    let error = read(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains(&format!("the path has {len} bytes")),
        "{error}"
    );
    assert!(!error.contains("make it readable"), "{error}");
}

#[test]
fn unusable_mapped_paths_name_their_kind() {
    let dir = temp();
    fs::write(dir.path().join("file"), "").unwrap();
    symlink("nowhere", dir.path().join("dangling")).unwrap();
    symlink("loop", dir.path().join("loop")).unwrap();
    for (name, words) in [
        ("none", "does not exist"),
        ("file/below", "does not exist"),
        (
            "dangling",
            "is a symbolic link to something that does not exist",
        ),
        ("loop", "its symbolic links form a loop"),
    ] {
        let error = read(&dir.path().join(name)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("--exclude"), "{error}");
    }
}

#[test]
fn a_link_to_a_directory_is_not_followed() {
    let dir = temp();
    symlink(".", dir.path().join("self")).unwrap();
    let root = read(dir.path()).unwrap();
    assert!(matches!(&root.children["self"], Node::Symlink(_)));
}

#[test]
fn the_mapped_directory_itself_may_be_a_link() {
    let dir = temp();
    fs::create_dir(dir.path().join("real")).unwrap();
    fs::write(dir.path().join("real/a"), "").unwrap();
    symlink("real", dir.path().join("link")).unwrap();
    assert_eq!(names(&read(&dir.path().join("link")).unwrap()), ["a"]);
}

#[test]
fn times_are_kept_to_the_nanosecond_also_before_1970() {
    let dir = temp();
    let path = dir.path().join("old");
    fs::write(&path, "").unwrap();
    let time = UNIX_EPOCH - Duration::new(3, 7);
    File::open(&path).unwrap().set_modified(time).unwrap();
    let root = read(dir.path()).unwrap();
    assert_eq!(file_at(&root, "old").mtime_ns, -3_000_000_007);
}

#[test]
fn the_executable_bit_is_kept() {
    let dir = temp();
    for (name, mode) in [("plain", 0o644), ("program", 0o755), ("mine", 0o700)] {
        let path = dir.path().join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let root = read(dir.path()).unwrap();
    assert!(!file_at(&root, "plain").executable);
    assert!(file_at(&root, "program").executable);
    assert!(file_at(&root, "mine").executable);
}

#[test]
fn excluded_directories_exclude_their_content() {
    let dir = temp();
    fs::create_dir_all(dir.path().join("pkg/test")).unwrap();
    fs::create_dir(dir.path().join("test")).unwrap();
    fs::write(dir.path().join("pkg/a.pyc"), "").unwrap();
    fs::write(dir.path().join("pkg/a.py"), "").unwrap();
    let root = read_excluding(dir.path(), &["*.pyc", "/test"]).unwrap();
    assert_eq!(names(&root), ["pkg"]);
    let Node::Directory(pkg) = &root.children["pkg"] else {
        panic!("not a directory");
    };
    assert_eq!(names(pkg), ["a.py", "test"]);
}

#[test]
fn excluded_paths_are_guest_paths() {
    let dir = temp();
    for path in ["lib/test", "usr/lib/test"] {
        fs::create_dir_all(dir.path().join(path)).unwrap();
        fs::write(dir.path().join(path).join("a"), "").unwrap();
    }
    let read = |pattern: &str| {
        let exclude = Exclude::new(&[pattern]).unwrap();
        let root = read_at("/usr", dir.path(), options(&exclude)).unwrap();
        let Node::Directory(lib) = &root.children["lib"] else {
            panic!("not a directory");
        };
        names(lib).len()
    };
    assert_eq!(read("/usr/lib/test"), 0);
    assert_eq!(read("/lib/test"), 1);
    assert_eq!(read("lib/test"), 0);
    // The mapped directory stays, with its content.
    assert_eq!(read("/usr"), 1);
}

#[test]
fn gitignore_files_exclude_their_matches() {
    let dir = temp();
    for path in [".git", "src/.git", "src/gen"] {
        fs::create_dir_all(dir.path().join(path)).unwrap();
    }
    for (path, text) in [
        (".gitignore", "*.o\n/src/gen/\n"),
        ("src/.gitignore", "!keep.o\n/top\n"),
        (".git/config", ""),
        ("a.o", ""),
        ("src/a.o", ""),
        ("src/keep.o", ""),
        ("src/top", ""),
        ("src/gen/x", ""),
    ] {
        fs::write(dir.path().join(path), text).unwrap();
    }
    let read = |patterns: &[&str], gitignore| {
        let exclude = Exclude::new(patterns).unwrap();
        let options = DirectoryOptions {
            gitignore,
            ..options(&exclude)
        };
        let root = read_at("/app", dir.path(), options).unwrap();
        let Node::Directory(src) = &root.children["src"] else {
            panic!("not a directory");
        };
        [&root, src].map(|directory| names(directory).join(" "))
    };
    assert_eq!(read(&[], true), [".gitignore src", ".gitignore keep.o"]);
    let taken_back = read(&["!/app/a.o", "!.git", "keep.o"], true);
    assert_eq!(taken_back, [".git .gitignore a.o src", ".git .gitignore"]);
    assert_eq!(read(&[], false)[1], ".git .gitignore a.o gen keep.o top");
}

#[test]
fn names_that_are_not_utf8_must_be_excluded() {
    let dir = temp();
    let name = OsString::from_vec(b"caf\xe9".to_vec());
    fs::write(dir.path().join(&name), "").unwrap();
    let error = read(dir.path()).unwrap_err();
    assert!(matches!(&error, SourceError::NameNotUtf8 { path } if path.ends_with(&name)));
    assert!(error.to_string().contains("exclude it"), "{error}");
    assert!(read_excluding(dir.path(), &["caf*"]).is_ok());
}

#[test]
fn a_link_target_that_is_not_utf8_is_an_error() {
    let dir = temp();
    let target = OsString::from_vec(b"caf\xe9".to_vec());
    symlink(target, dir.path().join("link")).unwrap();
    let error = read(dir.path()).unwrap_err();
    assert!(matches!(&error, SourceError::TargetNotUtf8 { path, .. } if path.ends_with("link")));
}

#[test]
fn a_socket_is_an_error_that_names_its_kind() {
    let dir = temp();
    let _listener = UnixListener::bind(dir.path().join("control")).unwrap();
    let error = read(dir.path()).unwrap_err();
    assert!(
        error.to_string().contains("control` is a socket"),
        "{error}"
    );
    assert!(read_excluding(dir.path(), &["control"]).is_ok());
}

#[test]
fn a_mapped_path_must_be_a_directory_that_exists() {
    let dir = temp();
    let missing = dir.path().join("missing");
    assert!(matches!(read(&missing), Err(SourceError::NotFound { path }) if path == missing));
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(read(&file), Err(SourceError::NotADirectory { path }) if path == file));
    symlink("loop", dir.path().join("loop")).unwrap();
    let error = read(&dir.path().join("loop")).unwrap_err();
    assert!(matches!(error, SourceError::Unreadable { .. }), "{error}");
}

#[test]
fn a_path_longer_than_an_image_holds_is_an_error() {
    let dir = temp();
    fs::write(dir.path().join("file"), "").unwrap();
    let exclude = Exclude::new::<&str>(&[]).unwrap();
    // The path also has a slash and `file`.
    let read = |len: usize| {
        let guest = "/abc".repeat(len / 4) + &"d".repeat(len % 4);
        read_at(&guest, dir.path(), options(&exclude))
    };
    // The leading slash of a guest path does not count.
    assert!(read(MAX_PATH_LEN + 1 - 5).is_ok());
    let error = read(MAX_PATH_LEN + 2 - 5).unwrap_err();
    assert!(
        matches!(error, SourceError::PathTooLong { len: 4096, .. }),
        "{error}"
    );
}

#[test]
fn nesting_at_the_limit_of_the_host_is_read() {
    let dir = temp();
    let mut path = dir.path().to_owned();
    let mut depth = 0;
    while path.as_os_str().len() < 4000 && fs::create_dir(path.join("d")).is_ok() {
        path.push("d");
        depth += 1;
    }
    assert!(depth > 1500, "only {depth} levels");
    let mut node = read(dir.path()).unwrap();
    let mut found = 0;
    while let Some(Node::Directory(child)) = node.children.remove("d") {
        node = child;
        found += 1;
    }
    assert_eq!(found, depth);
}

#[test]
fn a_file_replaced_after_the_walk_is_not_read() {
    let dir = temp();
    let path = dir.path().join("file");
    fs::write(&path, "first").unwrap();
    let root = read(dir.path()).unwrap();
    let other = dir.path().join("other");
    fs::write(&other, "other").unwrap();
    fs::rename(&other, &path).unwrap();
    let error = file_at(&root, "file").content.open(0).err().unwrap();
    assert!(error.to_string().contains("replaced"), "{error}");
    fs::remove_file(&path).unwrap();
    symlink("/etc/passwd", &path).unwrap();
    assert!(file_at(&root, "file").content.open(0).is_err());
}

#[test]
fn directories_replaced_after_the_walk_are_not_read() {
    let (dir, outside) = (temp(), temp());
    let path = dir.path().join("d");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("file"), "mapped").unwrap();
    fs::write(outside.path().join("file"), "secret").unwrap();
    let mut root = read(dir.path()).unwrap();
    let Some(Node::Directory(directory)) = root.children.remove("d") else {
        panic!("a directory");
    };
    fs::rename(&path, dir.path().join("moved")).unwrap();
    symlink(outside.path(), &path).unwrap();
    let error = file_at(&directory, "file").content.open(0).err().unwrap();
    assert!(error.to_string().contains("replaced"), "{error}");
}

#[test]
fn directories_replaced_during_the_walk_are_errors() {
    let (dir, outside) = (temp(), temp());
    let path = dir.path().join("d");
    let enter = || {
        let metadata = fs::symlink_metadata(&path).unwrap();
        open_level(
            Read::Directory,
            "d".into(),
            path.as_path().into(),
            "d".into(),
            &metadata,
        )
        .unwrap()
    };
    fs::create_dir(&path).unwrap();
    let level = enter();
    assert!(level.require_unchanged().is_ok());
    fs::rename(&path, dir.path().join("moved")).unwrap();
    symlink(outside.path(), &path).unwrap();
    let error = level.require_unchanged().unwrap_err();
    let error = format!("{error}: {}", error.source().unwrap());
    assert!(error.contains("replaced while it was packed"), "{error}");
    fs::remove_file(&path).unwrap();
    assert!(level.require_unchanged().is_err());
}
