//! Parts of the documents that the tests write.

use crate::workspace::root;
use std::fs;

/// Compares a generated part of a document, which lies between two comments. The first
/// comment names it. With `UPDATE_GOLDEN` the test rewrites the part.
#[track_caller]
pub fn shows(document: &str, part: &str, expected: &str) {
    let path = root().join(document);
    let text = fs::read_to_string(&path).expect("a document");
    let begin = format!("<!-- {part}: written by the tests, see CONTRIBUTING.md -->\n");
    let (before, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{document} has no {part}"));
    let (shown, after) = rest.split_once("<!-- end -->").expect("an end");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(
            &path,
            format!("{before}{begin}{expected}<!-- end -->{after}"),
        )
        .expect("it is writable");
    } else {
        assert_eq!(shown, expected, "{document}: UPDATE_GOLDEN=1 rewrites it");
    }
}
