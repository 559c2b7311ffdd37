//! Warnings of `wasi-vfs pack`, and how `--quiet` and `--strict` treat them.

use crate::scratch::*;
use std::fs;

/// The warnings of a successful `pack`, without the prefix.
#[track_caller]
fn warnings(scratch: &Scratch, arguments: &str) -> Vec<String> {
    let output = scratch.run(&format!("pack {arguments}"));
    assert_success(&output);
    let said = stderr(&output);
    let lines = said
        .lines()
        .filter_map(|line| line.strip_prefix("warning: "));
    lines.map(str::to_owned).collect()
}

/// `pack` prints one warning with all of `words`.
#[track_caller]
fn assert_warns(scratch: &Scratch, arguments: &str, words: &[&str]) {
    let said = warnings(scratch, arguments);
    assert_eq!(said.len(), 1, "{said:?}");
    for word in words {
        assert!(said[0].contains(word), "no {word:?} in {said:?}");
    }
}

#[track_caller]
fn assert_no_warning(scratch: &Scratch, arguments: &str) {
    let said = warnings(scratch, arguments);
    assert!(said.is_empty(), "{said:?}");
}

/// A tree without warnings, to which most tests add a file.
const PACK: &str = "app.wasm --dir lib::/usr -o out.wasm";

#[test]
fn a_guest_path_mapped_twice_is_wrong_usage() {
    let scratch = Scratch::with_tree();
    for second in [
        "--dir lib/sub::/data/",
        "--dir lib/sub::.//data",
        "--mapdir //data::lib/sub",
    ] {
        let output = scratch.run(&format!(
            "pack app.wasm --dir lib::/data {second} -o out.wasm"
        ));
        assert_failure(&output, 2, &["`lib`", "`lib/sub`", "/data is mapped twice"]);
        assert_eq!(stderr(&output).lines().count(), 1);
    }
    assert_eq!(scratch.names(), ["app.wasm", "lib"]);
}

#[test]
fn replacing_an_earlier_directory_needs_no_warning() {
    let scratch = Scratch::packed();
    for guest in ["/usr/lib", "/usr/lib/sub"] {
        let pack = format!("packed.wasm --dir lib/sub::{guest} -o out.wasm");
        assert_no_warning(&scratch, &pack);
    }
}

#[test]
fn a_pattern_that_excludes_nothing_is_named() {
    let scratch = Scratch::with_tree();
    let pack =
        format!("{PACK} --exclude .evn --exclude *.sh --exclude !hello.txt --exclude empty/");
    assert_warns(&scratch, &pack, &["1 pattern that excluded nothing: .evn"]);
    // An overruled pattern has matched.
    let pack = format!("{PACK} --exclude run.sh --exclude *.sh --exclude !run.sh");
    assert_no_warning(&scratch, &pack);
    let pack = "app.wasm --dir lib::/a --dir lib/sub::/b --exclude /b/copy.txt -o out.wasm";
    assert_no_warning(&scratch, pack);
}

#[test]
fn a_directory_with_nothing_to_pack_is_named() {
    let scratch = Scratch::with_tree();
    let pack = format!("{PACK} --dir lib/sub/empty::/b");
    assert_warns(&scratch, &pack, &["nothing to pack: lib/sub/empty"]);
    let pack = "app.wasm --dir lib::/a --exclude /a/* -o out.wasm";
    assert_warns(&scratch, pack, &["nothing to pack: lib"]);
}

#[test]
fn an_image_that_adds_nothing_is_named() {
    let scratch = Scratch::with_tree();
    assert_success(&scratch.run("image --dir lib/sub/empty::/e -o empty.wvfs"));
    let words = ["no file or link in `empty.wvfs`"];
    assert_warns(&scratch, "app.wasm --from empty.wvfs -o out.wasm", &words);
    assert_warns(&scratch, &format!("{PACK} --from empty.wvfs"), &words);
}

#[test]
fn lists_that_keep_no_file_cause_a_warning() {
    let scratch = Scratch::with_tree();
    scratch.write("list", b"/usr/sub/.\n");
    assert_warns(
        &scratch,
        &format!("{PACK} --only list"),
        &["no file", "`/.`"],
    );
    scratch.write("list", b"/usr/sub\n");
    assert_no_warning(&scratch, &format!("{PACK} --only list"));
}

#[test]
fn hidden_empty_directories_are_named() {
    let scratch = Scratch::with_tree();
    fs::create_dir_all(scratch.path("lib/only/empty")).unwrap();
    let pack = format!("{PACK} --dir lib/sub::/usr/only");
    assert_warns(&scratch, &pack, &["hides", "/usr/only"]);
}

#[test]
fn links_that_lead_out_of_the_tree_give_a_warning() {
    for target in [
        "/etc/passwd",
        "../app.wasm",
        "none",
        "link2",
        "sub/../../../lib/hello.txt",
    ] {
        let scratch = Scratch::with_tree();
        scratch.link(target, "lib/link2");
        let words = ["1 symbolic link, ", &format!("`/usr/link2` -> `{target}`")];
        assert_warns(&scratch, PACK, &words);
    }
    let scratch = Scratch::with_tree();
    for (number, target) in ["/etc", "none"].iter().enumerate() {
        scratch.link(target, &format!("lib/sub/{number}"));
    }
    assert_warns(
        &scratch,
        PACK,
        &["2 symbolic links", "`/usr/sub/0` -> `/etc`"],
    );
}

#[test]
fn links_that_the_program_can_follow_give_no_warning() {
    let scratch = Scratch::with_tree();
    for (name, target) in [
        ("a", "/usr/hello.txt"),
        ("b", "/opt/copy.txt"),
        ("c", "sub/../sublink/copy.txt"),
        ("sub/d", "../hello.txt"),
        ("e", "/"),
    ] {
        scratch.link(target, &format!("lib/{name}"));
    }
    // In the second mapping, `d` leads above it.
    let pack = format!("{PACK} --dir lib/sub::/opt");
    assert_warns(
        &scratch,
        &pack,
        &["1 symbolic link, ", "`/opt/d` -> `../hello.txt`"],
    );
    assert_no_warning(&scratch, &format!("{pack} --exclude d"));
}

/// A compiled Python file. `len` is the length of its source.
fn pyc(flags: u32, mtime: u32, len: u32) -> Vec<u8> {
    let words = [0x0a0d_0df3, flags, mtime, len];
    words
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .chain(*b"code")
        .collect()
}

#[test]
fn stale_python_caches_give_a_warning() {
    let scratch = Scratch::with_tree();
    fs::create_dir(scratch.path("lib/__pycache__")).unwrap();
    scratch.write("lib/a.py", b"1\n");
    set_mtime(&scratch.path("lib/a.py"), 1_000_000_000, 999_999_000);
    let cached = [
        "lib/a.pyc",
        "lib/__pycache__/a.cpython-313.pyc",
        "lib/__pycache__/a.cpython-313.opt-1.pyc",
    ];
    for (fits, bytes) in [
        (true, pyc(0, 1_000_000_000, 2)),
        (false, pyc(0, 1_000_000_001, 2)),
        (false, pyc(0, 1_000_000_000, 3)),
        // The file records the digest of the source.
        (true, pyc(1, 7, 7)),
        (true, pyc(3, 7, 7)),
        (true, b"short".to_vec()),
    ] {
        for name in cached {
            scratch.write(name, &bytes);
            let said = warnings(&scratch, PACK);
            assert_eq!(said.is_empty(), fits, "{name} {bytes:?} {said:?}");
            if !fits {
                let path = name.replace("lib", "/usr");
                assert!(said[0].contains(&format!("`{path}`")), "{said:?}");
                assert!(said[0].contains("1 module at each start"), "{said:?}");
                assert!(
                    said[0].contains("--invalidation-mode unchecked-hash"),
                    "{said:?}"
                );
            }
            fs::remove_file(scratch.path(name)).unwrap();
        }
    }
}

#[test]
fn a_python_cache_without_its_source_is_not_stale() {
    let scratch = Scratch::with_tree();
    fs::create_dir(scratch.path("lib/__pycache__")).unwrap();
    for name in [
        "lib/b.pyc",
        "lib/__pycache__/b.cpython-313.pyc",
        "lib/__pycache__/odd.pyc",
    ] {
        scratch.write(name, &pyc(0, 1, 1));
    }
    assert_no_warning(&scratch, PACK);
}

#[test]
fn a_python_cache_that_python_ignores_is_not_stale() {
    let scratch = Scratch::with_tree();
    fs::create_dir(scratch.path("lib/__pycache__")).unwrap();
    scratch.write("lib/a.py", b"1\n");
    scratch.write("lib/a.pyc", &pyc(0, 1, 1));
    scratch.write("lib/__pycache__/a.cpython-313.pyc", &pyc(1, 1, 1));
    assert_no_warning(&scratch, PACK);
}

#[test]
fn native_libraries_give_a_warning() {
    let libraries: [(&str, &[u8]); 8] = [
        ("a.so", b"\x7fELF\x02\x01"),
        ("liba.so.1.2", b"\x7fELF\x01\x01"),
        ("b.dylib", b"\xcf\xfa\xed\xfe\x0c"),
        ("c.node", b"\x7fELF\x02\x01"),
        ("d.DLL", b"MZ\x90\0"),
        ("e.pyd", b"MZ\x90\0"),
        ("f.bundle", b"\xca\xfe\xba\xbe\0"),
        ("g.cpython-313-x86_64-linux-gnu.so", b"\x7fELF\x02\x01"),
    ];
    for (name, bytes) in libraries {
        let scratch = Scratch::with_tree();
        scratch.write(&format!("lib/{name}"), bytes);
        let words = ["1 native library ", &format!("`/usr/{name}`")];
        assert_warns(&scratch, PACK, &words);
    }
}

#[test]
fn webassembly_libraries_cause_no_warning() {
    let scratch = Scratch::with_tree();
    // A WebAssembly library, a linker script, and programs as data.
    for (name, bytes) in [
        ("a.so", &b"\0asm\x01\0\0\0"[..]),
        ("b.so", b"INPUT(a.so)"),
        ("program", b"\x7fELF\x02\x01"),
        ("c.so.txt", b"\x7fELF\x02\x01"),
        ("d.so", b""),
    ] {
        scratch.write(&format!("lib/{name}"), bytes);
    }
    assert_no_warning(&scratch, PACK);
}

#[test]
fn packed_modules_and_outputs_are_named() {
    let scratch = Scratch::with_tree();
    let pack = "app.wasm --dir .::/ -o out.wasm";
    assert_warns(&scratch, pack, &["`./app.wasm` (exclude `/app.wasm`)"]);
    let both = [
        "`./app.wasm` (exclude `/app.wasm`)",
        "`./out.wasm` (exclude `/out.wasm`)",
    ];
    assert_warns(&scratch, pack, &both);
    assert_no_warning(
        &scratch,
        &format!("{pack} --exclude /app.wasm --exclude /out.wasm"),
    );
}

#[test]
fn own_files_are_found_under_every_name() {
    let scratch = Scratch::with_tree();
    fs::hard_link(scratch.path("app.wasm"), scratch.path("lib/hard.wasm")).unwrap();
    assert_warns(
        &scratch,
        PACK,
        &["`lib/hard.wasm` (exclude `/usr/hard.wasm`)"],
    );
    fs::remove_file(scratch.path("lib/hard.wasm")).unwrap();
    fs::rename(scratch.path("app.wasm"), scratch.path("lib/sub/[app].wasm")).unwrap();
    scratch.link("lib/sub/[app].wasm", "app.wasm");
    assert_warns(&scratch, PACK, &["(exclude `/usr/sub/[[]app[]].wasm`)"]);
    assert_no_warning(
        &scratch,
        &format!("{PACK} --exclude /usr/sub/[[]app[]].wasm"),
    );
}

#[test]
fn packed_images_are_named() {
    let scratch = Scratch::with_tree();
    assert_success(&scratch.run("image --dir lib/sub::/sub -o lib/sub.wvfs"));
    let pack = "app.wasm --dir lib::/lib --from lib/sub.wvfs -o out.wasm";
    let words = ["`lib/sub.wvfs` (exclude `/lib/sub.wvfs`)"];
    assert_warns(&scratch, pack, &words);
    let output = scratch.run("image --dir lib::/lib -o lib/sub.wvfs");
    assert!(stderr(&output).contains(words[0]), "{}", stderr(&output));
}

#[test]
fn quiet_hides_the_summary_and_no_warning() {
    let scratch = Scratch::with_tree();
    let output = scratch.run(&format!("pack --quiet {PACK} --exclude none"));
    assert_success(&output);
    let said = stderr(&output);
    assert!(
        said.contains("warning: correct or remove 1 pattern "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn strict_makes_warnings_errors_and_writes_nothing() {
    let scratch = Scratch::with_tree();
    scratch.write("out.wasm", b"old");
    let output = scratch.run(&format!("pack --strict --quiet {PACK} --exclude none"));
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    let mut lines = said.lines();
    assert!(lines.next().unwrap().contains("1 pattern "), "{said}");
    let error = lines.next().unwrap();
    assert!(
        error.starts_with("error: ") && error.contains("rejects 1 warning"),
        "{said}"
    );
    assert_eq!(lines.next(), None);
    assert_eq!(scratch.read("out.wasm"), b"old");
    let strict = format!("pack --strict {PACK}");
    assert_success(&scratch.run(&strict));
}

#[test]
fn debug_information_is_one_length() {
    let scratch = Scratch::with_tree();
    let mut app = scratch.read("app.wasm");
    for name in ["reloc..debug_info", "reloc..debug_line", "linking"] {
        let content = [&[name.len() as u8], name.as_bytes(), &[0; 40]].concat();
        app.extend([0, content.len() as u8]);
        app.extend(content);
    }
    scratch.write("app.wasm", &app);
    let words = ["removed debug information (116 B) and custom sections (linking), "];
    assert_warns(&scratch, PACK, &words);
}
