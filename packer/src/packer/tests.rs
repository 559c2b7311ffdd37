//! Errors and warnings of packs.

mod writable;

use super::*;
use crate::inspect::contents::Contents;
use crate::testing::app;
#[cfg(unix)]
use std::fs;

#[test]
fn without_mappings_there_is_nothing_to_pack() {
    let error = Packer::new(app()).pack().unwrap_err();
    assert!(matches!(error, PackError::Nothing), "{error}");
}

#[test]
fn guest_paths_are_looked_at_before_host_directories() {
    let packer = Packer::new(app())
        .map_dir("does/not/exist", "/a")
        .map_dir("does/not/exist", "/../b");
    let error = packer.pack().unwrap_err();
    assert!(matches!(error, PackError::Guest(_)), "{error}");
}

#[test]
fn a_guest_path_mapped_twice_is_an_error() {
    for second in ["/a/b", "a/b", "//a/./b/"] {
        let packer = Packer::without_module()
            .map_dir("src", "/a/b")
            .map_dir("tests", second);
        let error = packer.image().unwrap_err();
        let PackError::MappedTwice { first, second } = &error else {
            panic!("{error}");
        };
        assert_eq!(first.host, Path::new("src"));
        assert_eq!(second.host, Path::new("tests"));
    }
}

#[test]
fn the_short_form_names_the_guest_first() {
    let error = pack(&app(), vec![("does/not/exist", "/lib")]).unwrap_err();
    let text = "directory `does/not/exist` does not exist";
    assert_eq!(error.to_string(), text);
}

#[test]
fn bytes_that_are_no_module_are_rejected() {
    let error = Packer::new(*b"text").map_dir(".", "/").pack().unwrap_err();
    assert!(matches!(error, PackError::Module(_)), "{error}");
}

#[cfg(unix)]
/// Runs an action after chunking, before the files are read again.
struct Meanwhile<F>(F);

#[cfg(unix)]
impl<F: Fn() + Sync> Progress for Meanwhile<F> {
    fn deduplicated(&self, _: u64) {
        (self.0)();
    }
}

#[cfg(unix)]
#[test]
fn changing_inputs_are_named_or_packed_unchanged() {
    type Change = fn(&Path, &[u8]);
    let bytes: Vec<u8> = (0..30_000_u32).flat_map(u32::to_le_bytes).collect();
    let changes: [(&str, Change); 7] = [
        ("shorter", |path, bytes| {
            fs::write(path, &bytes[1..]).unwrap()
        }),
        ("longer", |path, bytes| {
            fs::write(path, [bytes, b"1"].concat()).unwrap()
        }),
        ("other", |path, bytes| {
            fs::write(path, vec![2; bytes.len()]).unwrap()
        }),
        ("gone", |path, _| fs::remove_file(path).unwrap()),
        ("another", |path, bytes| {
            fs::remove_file(path).unwrap();
            fs::write(path, bytes).unwrap();
        }),
        ("a link", |path, _| {
            fs::remove_file(path).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", path).unwrap();
        }),
        ("a directory", |path, _| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (what, change) in changes {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, &bytes).unwrap();
        // A new file may get the inode number of the old one.
        let _held = fs::File::open(&path).unwrap();
        let packer = Packer::new(app()).map_dir(dir.path(), "/d").compress(1);
        let packed = packer.pack_with_progress(&Meanwhile(|| change(&path, &bytes)));
        match packed {
            // Appended bytes are not packed.
            Ok(packed) => {
                let contents = Contents::find(&packed.module).unwrap();
                let image = contents.reader().unwrap();
                let file = crate::resolve(&image, "/d/file", false).unwrap();
                let mut found = Vec::new();
                image.copy_to(&file, &mut found).unwrap();
                assert!(what == "longer" && found == bytes, "{what}");
            }
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                assert!(error.contains("file`"), "{what}: {error}");
            }
        }
    }
}
