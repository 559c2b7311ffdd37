//! `wasi-vfs info`

use crate::golden::assert_golden;
use crate::scratch::*;
use serde_json::Value;

fn json(scratch: &Scratch, arguments: &str) -> Value {
    let output = scratch.run(arguments);
    assert_success(&output);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn images_have_a_report() {
    let scratch = Scratch::image();
    let output = scratch.run("info tree.wvfs");
    assert_success(&output);
    assert_golden("info.txt", &stdout(&output));
    let output = scratch.run("info --json tree.wvfs");
    assert_success(&output);
    assert_golden("info.json", &stdout(&output));
}

#[test]
fn sizes_have_units_unless_bytes_are_asked_for() {
    let scratch = Scratch::image();
    let row = |arguments: &str, name: &str| {
        let output = scratch.run(arguments);
        assert_success(&output);
        let row = |line: &&str| line.trim_start().starts_with(name);
        let text = stdout(&output);
        let row = text.lines().find(row).unwrap();
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("info tree.wvfs", "raw"), "raw 14.0 kB 100.0 %");
    assert_eq!(row("info --bytes tree.wvfs", "raw"), "raw 14022 100.0 %");
    let text = row("info tree.wvfs", ".txt");
    assert_eq!(text, ".txt 129 B 100.0 % 14.0 kB 3");
}

#[test]
fn the_parts_of_a_module_add_up() {
    let scratch = Scratch::packed();
    let facts = json(&scratch, "info --json packed.wasm");
    assert_eq!(facts["form"], "merged");
    assert_eq!(facts["memory"], "separate");
    let file = facts["file"].as_object().unwrap();
    let total = scratch.read("packed.wasm").len() as u64;
    assert_eq!(file["total"], total);
    assert_eq!(file["application"], scratch.read("app.wasm").len());
    assert!(file["runtime"].as_u64().unwrap() > 10_000);
    let parts = file.iter().filter(|(name, _)| *name != "total");
    assert_eq!(
        parts.map(|(_, len)| len.as_u64().unwrap()).sum::<u64>(),
        total
    );
}

#[test]
fn shares_of_all_files_add_up_to_the_stored_bytes() {
    let scratch = Scratch::image();
    let facts = json(&scratch, "info --json tree.wvfs");
    let stored = facts["blocks"]["stored"].as_u64().unwrap();
    assert_eq!(facts["tree"]["stored"].as_u64().unwrap(), stored);
    let sum = |table: &str| -> u64 {
        let rows = facts[table].as_array().unwrap().iter();
        rows.map(|row| row["stored"].as_u64().unwrap()).sum()
    };
    for table in ["extensions", "directories"] {
        // Each row is rounded.
        assert!(sum(table).abs_diff(stored) <= 3, "{table}");
    }
}

#[test]
fn stripped_images_have_a_report() {
    let scratch = Scratch::image();
    let bytes = scratch.read("tree.wvfs");
    let metadata = wasi_vfs_format::Parts::split(&bytes)
        .unwrap()
        .metadata
        .unwrap()
        .len();
    scratch.write("stripped.wvfs", &bytes[..bytes.len() - metadata]);
    let facts = json(&scratch, "info --json stripped.wvfs");
    assert_eq!(facts["tool_version"], Value::Null);
    assert_eq!(facts["options"], Value::Null);
    assert_eq!(facts["tree"]["files"], 4);
    let output = scratch.run("info stripped.wvfs");
    assert!(stdout(&output).contains("the manifest was stripped"));
}

#[test]
fn images_without_files_have_a_report() {
    let scratch = Scratch::empty();
    std::fs::create_dir(scratch.path("lib")).unwrap();
    assert_success(&scratch.run("image --dir lib::/ -o tree.wvfs"));
    let output = scratch.run("info tree.wvfs");
    assert_success(&output);
    assert!(stdout(&output).contains("tree: 0 files, 1 directory"));
}

#[test]
fn long_tables_are_cut_unless_all_is_asked_for() {
    let scratch = Scratch::with_tree();
    for number in 0..30 {
        scratch.write(&format!("lib/file.ext{number}"), b"x");
    }
    assert_success(&scratch.run("image --dir lib::/ -o tree.wvfs"));
    let cut = stdout(&scratch.run("info tree.wvfs"));
    assert!(cut.contains("  and 22 more, with --all\n"), "{cut}");
    assert!(cut.contains("    and 27 more\n"), "{cut}");
    let all = stdout(&scratch.run("info --all tree.wvfs"));
    assert!(!all.contains("more"), "{all}");
    assert!(all.contains(".ext29"), "{all}");
}

#[test]
fn a_page_is_written_beside_the_text_or_instead_of_it() {
    let scratch = Scratch::image();
    let output = scratch.run("info --html page.html tree.wvfs");
    assert_success(&output);
    assert_eq!(stderr(&output), "page.html: written\n");
    assert!(stdout(&output).starts_with("tree.wvfs: "));
    let output = scratch.run("info --quiet --html again.html tree.wvfs");
    assert_success(&output);
    assert_eq!(
        (stdout(&output), stderr(&output)),
        (String::new(), String::new())
    );
    assert!(scratch.read("page.html") == scratch.read("again.html"));
    let output = scratch.run("info --html - tree.wvfs");
    assert_success(&output);
    assert!(
        output.stdout == scratch.read("page.html"),
        "and nothing else"
    );
    let both = scratch.run("info --html - --json tree.wvfs");
    assert_failure(&both, 2, &["--json", "standard output"]);
    assert_failure(&scratch.run("info --quiet tree.wvfs"), 2, &["--html"]);
    let output = scratch.run("info --html no/page.html tree.wvfs");
    assert_error(&output, &["`no/page.html`", "does not exist"]);
}

#[test]
fn columns_stay_aligned_behind_long_names() {
    let scratch = Scratch::with_tree();
    std::fs::create_dir_all(scratch.path("lib/a-directory-with-a-long-name/b")).unwrap();
    scratch.write("lib/a-directory-with-a-long-name/b/c.txt", b"c");
    assert_success(&scratch.run("image --dir lib::/usr/lib -o tree.wvfs"));
    let text = stdout(&scratch.run("info tree.wvfs"));
    let (_, table) = text.split_once("\nby directory").unwrap();
    let rows = table.lines().take_while(|line| !line.is_empty());
    let lengths: Vec<_> = rows.skip(1).map(str::len).collect();
    assert!(lengths.len() > 1, "{text}");
    assert!(lengths.iter().all(|len| *len == lengths[0]), "{text}");
}

#[test]
fn probable_ballast_is_named_with_its_option() {
    let scratch = Scratch::with_tree();
    std::fs::create_dir_all(scratch.path("lib/test")).unwrap();
    scratch.write("lib/a.gem", b"cached");
    scratch.write("lib/test/b.py", LINE.repeat(3).as_bytes());
    assert_success(&scratch.run("image --dir lib::/ -o tree.wvfs"));
    let facts = json(&scratch, "info --json tree.wvfs");
    let row = |kind: &str, exclude: &str, len: u64| {
        serde_json::json!({
            "kind": kind, "exclude": exclude, "files": 1, "raw": len, "stored": len
        })
    };
    let expected = [
        row("tests", "{test,tests,spec,__tests__}/", 105),
        row("package caches", "*.{gem,whl}", 6),
    ];
    assert_eq!(facts["ballast"], serde_json::json!(expected));
    let text = stdout(&scratch.run("info tree.wvfs"));
    let named = "1\n    drop with --exclude '*.{gem,whl}'\n";
    assert!(text.contains(named), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert_success(&scratch.run("info -q --html page.html tree.wvfs"));
    let page = String::from_utf8(scratch.read("page.html")).unwrap();
    assert!(page.contains(r#""exclude":"*.{gem,whl}""#), "{page}");
}
