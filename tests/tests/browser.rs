//! Packed modules in a browser, without any directory.

use std::fs;
use wasi_vfs_tests::command::Pack;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::{browser, tree, workspace};

#[test]
fn packed_program_reads_its_files_in_chromium() {
    let template = fs::read_to_string(workspace::here("engines/browser.html")).unwrap();
    // What runs a reactor is not the page's affair.
    for form in Form::ALL.into_iter().filter(|form| !form.reactor) {
        let tree = tree::sample();
        let packed = Pack::new(guest::c("cat", form))
            .dir(tree.path(), "/data")
            .option("--compress")
            .run();
        let module = fs::read(&packed).unwrap();
        let module: String = module.iter().map(|byte| format!("{byte:02x}")).collect();
        let arguments = r#"["cat", "/data/hello.txt", "/data/dir/b.txt", "/data/link-relative"]"#;
        let page = template
            .replace("MODULE", &module)
            .replace("ARGUMENTS", arguments);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page.html");
        fs::write(&path, page).unwrap();
        let seen = browser::json(&browser::document(&path), "out");
        let files = ["hello.txt", "dir/b.txt", "dir/a.txt"];
        let expected: String = files
            .iter()
            .map(|name| fs::read_to_string(tree.path().join(name)).unwrap())
            .collect();
        assert_eq!(seen["code"], 0, "{form:?}: {seen}");
        assert_eq!(seen["written"], expected, "{form:?}");
    }
}
