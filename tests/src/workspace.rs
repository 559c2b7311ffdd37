//! Where things lie in the repository.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in the workspace")
}

/// A file of this crate.
pub fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Something that `tools/install NAME` puts into `.tools/`.
pub fn tool(path: &str, name: &str) -> PathBuf {
    let found = root().join(".tools").join(path);
    assert!(
        found.exists(),
        "{} is missing: run `tools/install {name}`",
        found.display()
    );
    found
}

/// A program of this crate, which cargo builds before its tests.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let directory = test.parent().and_then(Path::parent);
    directory.expect("tests lie in `deps`").join(name)
}

/// Where guests and their intermediate files are kept between runs.
pub fn guests() -> PathBuf {
    let directory = root().join("target/guests");
    std::fs::create_dir_all(&directory).expect("target/ is writable");
    directory
}
