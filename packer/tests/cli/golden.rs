//! Outputs that are kept whole. `UPDATE_GOLDEN=1 cargo test` writes them anew;
//! the difference is then for a person to judge.

use std::fs;
use std::path::Path;

/// Holds `found` against the file `name` of `tests/golden`.
#[track_caller]
pub(crate) fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
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
