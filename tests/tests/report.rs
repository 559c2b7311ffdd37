//! The page of `info --html`, in a browser.
//!
//! A script at the end of a copy of the page acts as a person would and writes its
//! findings into the document. Headless Chromium prints the document.

use std::fs;
use std::path::Path;
use tempfile::TempDir;
use wasi_vfs_tests::command::{Pack, wasi_vfs};
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::{browser, tree};

/// A name that a page must show and not obey.
const HOSTILE: &str = "<img src=x onerror=document.title='obeyed'>.txt";

/// A page of a tree of known files.
fn page() -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir_all(tree.join("lib/deep")).unwrap();
    fs::create_dir_all(tree.join("share")).unwrap();
    fs::write(tree.join("lib/large.rb"), "large ".repeat(5000)).unwrap();
    fs::write(tree.join("lib/deep/small.rb"), "small ".repeat(500)).unwrap();
    fs::write(tree.join("share/copy.rb"), "small ".repeat(500)).unwrap();
    fs::write(tree.join("share").join(HOSTILE), "x".repeat(9000)).unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let mapping = format!("{}::/usr", path("tree"));
    let image = path("tree.wvfs");
    wasi_vfs(["image", "--dir", &mapping, "-o", &image]).expect_success();
    wasi_vfs(["info", "-q", "--html", &path("page.html"), &image]).expect_success();
    let page = fs::read_to_string(path("page.html")).unwrap();
    (dir, page)
}

/// The document after `script` has run in the page, as text.
fn document_after(dir: &Path, page: &str, script: &str) -> String {
    let end = "</body>";
    assert_eq!(page.matches(end).count(), 1);
    let test = format!(
        "<script>\nconst seen = {{}};\n{{ {script} }}\nconst out = document.createElement('pre');\nout.id = 'seen';\nout.textContent = JSON.stringify(seen);\ndocument.body.append(out);\n</script>{end}"
    );
    let path = dir.join("test.html");
    fs::write(&path, page.replacen(end, &test, 1)).unwrap();
    browser::document(&path)
}

/// What `script` has put into `seen`.
fn seen(script: &str) -> serde_json::Value {
    let (dir, page) = page();
    let document = document_after(dir.path(), &page, script);
    assert!(document.contains("data-drawn=\"yes\""), "{document}");
    browser::json(&document, "seen")
}

#[test]
fn the_page_loads_nothing() {
    let (_, page) = page();
    for loading in ["http:", "https:", "src=\"", "@import", "url("] {
        assert!(!page.contains(loading), "{loading}");
    }
}

#[test]
fn page_shows_largest_files_duplicates_and_a_map() {
    let seen = seen(
        "seen.files = [...document.querySelectorAll('#files tr td:first-child')].map((cell) => cell.textContent);
         seen.duplicates = document.querySelector('#duplicates').textContent;
         seen.tiles = [...document.querySelectorAll('#map button')].map((tile) => tile.title);
         seen.title = document.title;
         seen.sum = document.querySelector('#sum').textContent;",
    );
    let hostile = format!("/usr/share/{HOSTILE}");
    let files = [
        "/usr/lib/large.rb",
        &hostile,
        "/usr/lib/deep/small.rb",
        "/usr/share/copy.rb",
    ];
    assert_eq!(seen["files"], serde_json::json!(files));
    let duplicates = seen["duplicates"].as_str().unwrap();
    assert!(
        duplicates.contains("3.0 kB saved: 2 files of 3.0 kB"),
        "{duplicates}"
    );
    let tiles: Vec<_> = seen["tiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t.as_str().unwrap())
        .collect();
    assert!(
        tiles
            .iter()
            .any(|tile| tile.starts_with("/usr/lib/large.rb: 30.0 kB stored")),
        "{tiles:?}"
    );
    assert!(
        tiles.iter().any(|tile| tile.starts_with(&hostile)),
        "{tiles:?}"
    );
    assert_eq!(seen["title"], "tree.wvfs · wasi-vfs info");
    assert!(
        seen["sum"]
            .as_str()
            .unwrap()
            .starts_with("4 files, 5 directories")
    );
}

#[test]
fn page_shows_writable_directories_and_their_limit() {
    let packed = Pack::new(guest::c("cat", Form::COMMAND))
        .dir(tree::sample().path(), "/<b>")
        .option("--writable=/<b>/dir")
        .option("--writable=/tmp")
        .option("--writable-limit=96K")
        .run();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.html");
    let [html, packed] = [&*path, &*packed].map(|path| path.to_str().expect("our directory"));
    wasi_vfs(["info", "-q", "--html", html, packed]).expect_success();
    let page = fs::read_to_string(&path).unwrap();
    let script = "seen.writable = document.querySelector('#writable').textContent;";
    let seen = browser::json(&document_after(dir.path(), &page, script), "seen");
    let expected = "Writable: /tmp, /<b>/dir, with changes of up to 96 KiB in memory";
    assert_eq!(seen["writable"], expected);
}

#[test]
fn read_only_page_does_not_tell_of_writing() {
    let seen = seen("seen.visible = document.querySelector('#writable').checkVisibility();");
    assert_eq!(seen["visible"], false);
}

#[test]
fn the_map_fills_its_place() {
    let seen = seen(
        "const map = document.querySelector('#map');
         const tiles = [...map.children].filter((tile) => !tile.title.slice(5).replace(/:.*/, '').slice(0, -1).includes('/'));
         seen.whole = map.clientWidth * map.clientHeight;
         seen.tiles = tiles.reduce((sum, tile) => sum + parseFloat(tile.style.width) * parseFloat(tile.style.height), 0);
         seen.width = document.documentElement.scrollWidth - document.documentElement.clientWidth;",
    );
    let (whole, tiles) = (
        seen["whole"].as_f64().unwrap(),
        seen["tiles"].as_f64().unwrap(),
    );
    assert!((tiles / whole - 1.0).abs() < 0.01, "{tiles} of {whole}");
    // Nothing sticks out at the side.
    assert_eq!(seen["width"], 0);
}

#[test]
fn a_directory_opens_and_closes_again() {
    let seen = seen(
        "const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
         const tile = [...document.querySelectorAll('#map button')].find((tile) => tile.title.startsWith('/usr/share/:'));
         tile.focus();
         tile.click();
         seen.trail = document.querySelector('#trail').textContent;
         seen.note = document.querySelector('#note').textContent;
         press('ArrowRight');
         seen.second = document.activeElement.title;
         press('Escape');
         seen.back = document.querySelector('#trail').textContent;
         press('/');
         seen.focus = document.activeElement.id;",
    );
    assert_eq!(seen["trail"], "/usr/share/");
    assert!(
        seen["second"]
            .as_str()
            .unwrap()
            .starts_with("/usr/share/copy.rb: "),
        "{seen}"
    );
    assert_eq!(seen["back"], "/usr/");
    assert_eq!(seen["focus"], "search");
}

#[test]
fn the_switch_and_the_search_change_what_is_shown() {
    let seen = seen(
        "document.querySelector('#raw').click();
         seen.pressed = ['stored', 'raw'].map((id) => document.getElementById(id).getAttribute('aria-pressed'));
         const search = document.querySelector('#search');
         search.value = 'SMALL';
         search.dispatchEvent(new Event('input'));
         seen.files = [...document.querySelectorAll('#files tr td:first-child')].map((cell) => cell.textContent);
         seen.faded = [...document.querySelectorAll('#map .faded')].map((tile) => tile.title.replace(/:.*/, ''));
         seen.heading = document.querySelector('#files-heading').textContent;",
    );
    assert_eq!(seen["pressed"], serde_json::json!(["false", "true"]));
    assert_eq!(seen["files"], serde_json::json!(["/usr/lib/deep/small.rb"]));
    let faded = seen["faded"].to_string();
    assert!(
        faded.contains("/usr/lib/large.rb") && faded.contains("/usr/share/"),
        "{faded}"
    );
    assert!(!faded.contains("/usr/lib/\""), "{faded}");
    assert_eq!(seen["heading"], "Largest of 1 file found");
}
