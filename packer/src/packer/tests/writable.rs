//! Writable directories: the directories of the tree, and their numbers in the index.

use crate::packer::stored::Stored;
use crate::packer::{DEFAULT_WRITABLE_LIMIT, Packer};
use crate::testing::app;
use crate::{PackError, Warning};
use std::fs;
use wasi_vfs_format::ImageReader;
use wasi_vfs_format::InodeNumber;

/// The mounts, the writable directories, and their limit.
fn facts(stored: &Stored) -> (Vec<String>, Vec<String>, u64) {
    let image = ImageReader::new_unverified(&stored.index, &stored.payload[..]).unwrap();
    let mounts = 0..image.index().mount_count();
    let mounts = mounts.map(|number| {
        let mount = image.index().mount(number).unwrap();
        String::from_utf8(mount.path.to_vec()).unwrap()
    });
    let writable = stored.writable.clone().unwrap();
    assert!(writable.directories.is_sorted());
    let directories = writable.directories.iter().copied().map(InodeNumber);
    let directories = directories.map(|number| image.path(number).unwrap());
    (mounts.collect(), directories.collect(), writable.limit_len)
}

#[track_caller]
fn assert_writable(packer: &Packer, mounts: &[&str], directories: &[&str]) {
    let found = facts(&packer.store(&()).unwrap());
    let expected = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut sorted = found.1.clone();
    sorted.sort();
    assert_eq!((found.0, sorted), (expected(mounts), expected(directories)));
}

fn packer() -> Packer {
    Packer::new(app()).map_dir("src/packer", "/usr/lib")
}

fn image() -> Vec<u8> {
    let image = Packer::without_module().map_dir("src/packer", "/usr/lib");
    image.compress(3).image().unwrap().bytes
}

#[test]
fn without_writable_directories_nothing_is_writable() {
    assert_eq!(packer().store(&()).unwrap().writable, None);
    let none = packer().writable("/tmp").no_writable();
    assert_eq!(none.store(&()).unwrap().writable, None);
}

#[test]
fn packed_and_new_directories_can_be_writable() {
    let packer = packer().writable("/usr/lib/tests").writable("/tmp");
    assert_writable(&packer, &["/usr/lib", "/tmp"], &["/tmp", "/usr/lib/tests"]);
    let (_, _, limit) = facts(&packer.store(&()).unwrap());
    assert_eq!(limit, DEFAULT_WRITABLE_LIMIT);
}

#[test]
fn a_writable_directory_needs_no_other_input() {
    let packer = Packer::new(app())
        .writable("/var/tmp")
        .writable_limit(100_000);
    assert_writable(&packer, &["/var/tmp"], &["/var/tmp"]);
    assert_eq!(facts(&packer.store(&()).unwrap()).2, 100_000);
}

#[test]
fn nested_writable_directories_have_one_record() {
    let packer = packer().writable("/usr/lib/new").writable("usr//lib/");
    assert_writable(&packer, &["/usr/lib"], &["/usr/lib"]);
}

#[test]
fn a_writable_root_covers_all_mounts() {
    let packer = packer().map_dir("src/path", "/opt").writable("/");
    assert_writable(&packer, &["/usr/lib", "/opt", "/"], &["/"]);
    let relative = Packer::new(app()).map_dir("src/path", ".").writable("/");
    assert_writable(&relative, &["."], &["/"]);
}

#[test]
fn selections_keep_writable_directories() {
    let packer = packer()
        .writable("/usr/lib/new/deep")
        .writable("/tmp")
        .only(["/usr/lib/mod.rs", "/tmp/."]);
    let expected = ["/tmp", "/usr/lib/new/deep"];
    assert_writable(&packer, &["/usr/lib", "/tmp"], &expected);
    assert_eq!(packer.store(&()).unwrap().warnings, []);
}

#[test]
fn an_added_image_stays_unchanged_if_it_has_the_directories() {
    let image = image();
    let packer = Packer::new(app()).add_image(&*image).writable("/usr/lib");
    let stored = packer.store(&()).unwrap();
    assert_eq!(facts(&stored).1, ["/usr/lib"]);
    assert!(image.starts_with(&stored.index));
    let packer = packer.writable("/tmp");
    assert_writable(&packer, &["/usr/lib", "/tmp"], &["/tmp", "/usr/lib"]);
    let manifest = packer.store(&()).unwrap().manifest;
    assert_eq!(manifest.compression, Some(3));
}

#[test]
fn files_and_broken_links_cannot_be_writable() {
    let error = packer().writable("/usr/lib/mod.rs/x").pack().unwrap_err();
    let text = "guest path /usr/lib/mod.rs/x cannot be writable, because `/usr/lib/mod.rs` is a \
                file; name a directory";
    assert_eq!(error.to_string(), text);
}

#[test]
fn new_directories_named_like_patterns_are_reported() {
    let packer = packer().writable("/usr/lib/*").writable("/usr/lib/tests");
    let warnings = packer.store(&()).unwrap().warnings;
    let expected = Warning::WritablePatterns(vec!["/usr/lib/*".to_owned()]);
    assert_eq!(warnings, [expected]);
    let packed = packer.pack().unwrap().module;
    let again = Packer::new(packed).writable("/usr/lib/*");
    assert_eq!(again.store(&()).unwrap().warnings, []);
}

#[test]
fn full_list_of_mounts_is_an_error_of_the_directory() {
    let empty = tempfile::tempdir().unwrap();
    let mounts = (0..1024).map(|number| format!("/mounts/{number}"));
    let packer = mounts.fold(Packer::new(app()), |packer, guest| {
        packer.map_dir(empty.path(), guest)
    });
    assert!(packer.clone().writable("/mounts/7/below").pack().is_ok());
    let error = packer.writable("/tmp").pack().unwrap_err();
    let text = "guest path /tmp cannot be writable, because no packed directory holds it, and the \
                image has 1024 mounts, the most that are possible";
    assert!(error.to_string().starts_with(text), "{error}");
}

#[cfg(unix)]
#[test]
fn links_lead_to_writable_directories() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("var/tmp")).unwrap();
    let link = |target, name| std::os::unix::fs::symlink(target, dir.path().join(name)).unwrap();
    link("var/tmp", "tmp");
    link("none", "broken");
    let packer = Packer::new(app()).map_dir(dir.path(), "/");
    assert_writable(&packer.clone().writable("/tmp"), &["/"], &["/var/tmp"]);
    let error = packer.writable("/broken").pack().unwrap_err();
    assert!(matches!(error, PackError::WritableLink { path, .. } if path == "/broken"));
}

#[test]
fn wrong_choices_are_errors() {
    for guest in ["", "/a/../b", "a\0b"] {
        let error = packer().writable(guest).pack().unwrap_err();
        assert!(matches!(error, PackError::Guest(_)), "{error}");
    }
    for len in [0, (64 << 10) - 1, (1 << 32) + 1, u64::MAX] {
        let error = packer().writable("/tmp").writable_limit(len).pack();
        let error = error.unwrap_err();
        assert!(
            matches!(error, PackError::WritableLimit { len: l } if l == len),
            "{error}"
        );
        assert!(error.to_string().contains("64 KiB to 4 GiB"), "{error}");
    }
    let error = packer().writable_limit(1 << 32).pack().unwrap_err();
    assert!(matches!(error, PackError::LimitsNothing), "{error}");
    let image = Packer::without_module()
        .map_dir("src", "/src")
        .writable("/src");
    let error = image.image().unwrap_err();
    assert!(matches!(error, PackError::WritableImage), "{error}");
}
