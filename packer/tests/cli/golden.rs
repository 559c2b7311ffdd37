//! Complete expected outputs. `UPDATE_GOLDEN=1 cargo test` rewrites them, and the developer
//! reviews the difference.

use std::fs;
use std::path::{Path, PathBuf};

/// Compares `found` with the file `name` in `tests/golden`.
#[track_caller]
pub(crate) fn assert_golden(name: &str, found: &str) {
    assert_file(&format!("packer/tests/golden/{name}"), found);
}

/// A file of the repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    let packer = Path::new(env!("CARGO_MANIFEST_DIR"));
    packer.parent().unwrap().join(path)
}

/// Compares `found` with a file of the repository.
#[track_caller]
pub(crate) fn assert_file(path: &str, found: &str) {
    let path = in_repository(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{} differs; if it should, run the test with UPDATE_GOLDEN=1\n{found}",
        path.display()
    );
}
