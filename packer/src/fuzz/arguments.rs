//! The target that parses arguments: mappings, guest paths, lists and patterns.

use crate::{Exclude, GuestPath, Mapping, Pattern, Trace, parse_paths};
use std::path::Path;
use wasi_vfs_format::limits::{MAX_NAME_LEN, MAX_PATH_LEN};

/// Parses `data` as each kind of argument.
///
/// # Panics
///
/// An accepted argument breaks a rule, or a written list is read as another list.
pub fn arguments(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    guest_path(&text);
    for mapping in [
        Mapping::parse_host_first(&text),
        Mapping::parse_guest_first(&text),
    ]
    .into_iter()
    .flatten()
    {
        assert!(mapping.host != Path::new(""));
        guest_path(mapping.guest.spelling());
    }
    list(&text);
    if let Ok(pattern) = Pattern::new(&text) {
        let _ = pattern.matches("/some/file.txt", false);
    }
    if let Ok(exclude) = Exclude::new(&text.lines().take(8).collect::<Vec<_>>()) {
        let _ = exclude.excludes(Path::new("some/file.txt"));
    }
}

fn guest_path(text: &str) {
    let Ok(path) = GuestPath::parse(text) else {
        return;
    };
    let components = path.components();
    for name in components {
        assert!((1..=MAX_NAME_LEN).contains(&name.len()));
        assert!(name != "." && name != ".." && !name.contains(['/', '\0']));
    }
    assert!(components.join("/").len() <= MAX_PATH_LEN);
    let again = GuestPath::parse(path.spelling()).expect("a valid spelling");
    assert_eq!(again, path);
}

fn list(text: &str) {
    let paths = parse_paths(text);
    let mut trace = Trace::default();
    let mut distinct: Vec<&str> = Vec::new();
    for path in &paths {
        trace.note_opened(path);
        if !distinct.contains(&path.as_str()) {
            distinct.push(path);
        }
    }
    assert_eq!(parse_paths(&trace.to_text()), distinct);
}
