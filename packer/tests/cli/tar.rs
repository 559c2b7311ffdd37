//! The option `--tar`: ordinary archives, and entries that cannot be packed.

use crate::scratch::*;
use std::io::Write;
use std::process::Command;
use tar::{Builder, EntryType, Header};

/// An archive in memory.
struct Archive(Builder<Vec<u8>>);

impl Archive {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn entry(mut self, path: &str, kind: EntryType, content: &[u8]) -> Self {
        let mut header = header(kind);
        header.set_size(content.len() as u64);
        self.0.append_data(&mut header, path, content).unwrap();
        self
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.entry(path, EntryType::Regular, content.as_bytes())
    }

    fn link(mut self, path: &str, kind: EntryType, target: &str) -> Self {
        let mut header = header(kind);
        header.set_size(0);
        self.0.append_link(&mut header, path, target).unwrap();
        self
    }

    /// An entry with a raw name that the builder would reject.
    fn raw(mut self, path: &[u8], kind: EntryType) -> Self {
        let mut header = header(kind);
        header.set_size(0);
        header.as_old_mut().name[..path.len()].copy_from_slice(path);
        header.set_cksum();
        self.0.append(&header, &[][..]).unwrap();
        self
    }

    fn pax(self, key: &str, value: &str) -> Self {
        self.pax_all(&[(key, value)])
    }

    /// The extended header of the next entry.
    fn pax_all(mut self, records: &[(&str, &str)]) -> Self {
        let records = records.iter().map(|(key, value)| (*key, value.as_bytes()));
        self.0.append_pax_extensions(records).unwrap();
        self
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn header(kind: EntryType) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_mtime(951_782_400);
    header
}

fn image(scratch: &Scratch, options: &str) -> std::process::Output {
    let pack = format!("image --tar root.tar::/usr {options}");
    scratch.run(&format!("{} -o out.wvfs", pack.trim()))
}

/// Packs the archive at `/usr`.
#[track_caller]
fn packed(archive: Archive) -> Scratch {
    let scratch = Scratch::empty();
    scratch.write("root.tar", &archive.bytes());
    assert_success(&image(&scratch, ""));
    assert_success(&scratch.run("verify out.wvfs"));
    scratch
}

/// The archive is rejected with all of `words`, and packed with `exclude`.
#[track_caller]
fn assert_refused(archive: Archive, words: &[&str], exclude: &str) {
    let scratch = Scratch::empty();
    scratch.write("root.tar", &archive.bytes());
    assert_error(&image(&scratch, ""), words);
    assert!(!scratch.path("out.wvfs").exists());
    if !exclude.is_empty() {
        assert_success(&image(&scratch, &format!("--exclude {exclude}")));
    }
}

fn cat(scratch: &Scratch, path: &str) -> String {
    let output = scratch.run(&format!("cat out.wvfs {path}"));
    assert_success(&output);
    stdout(&output)
}

#[test]
fn entries_of_every_kind_are_packed() {
    let scratch = packed(
        Archive::new()
            .entry("./", EntryType::Directory, b"")
            .entry("lib/", EntryType::Directory, b"")
            .file("./lib/a.txt", "a\n")
            .link("lib/hard", EntryType::Link, "./lib/a.txt")
            .link("lib/soft", EntryType::Symlink, "a.txt")
            .entry("lib/empty", EntryType::Directory, b"")
            .raw(b"/other/b.txt", EntryType::Regular),
    );
    let listed = stdout(&scratch.run("ls -R out.wvfs /usr"));
    let expected = "/usr:\nlib\nother\n\n/usr/lib:\na.txt\nempty\nhard\nsoft\n\n\
                    /usr/lib/empty:\n\n/usr/other:\nb.txt\n";
    assert_eq!(listed, expected);
    for path in ["/usr/lib/a.txt", "/usr/lib/hard", "/usr/lib/soft"] {
        assert_eq!(cat(&scratch, path), "a\n", "{path}");
    }
    let long = stdout(&scratch.run("ls -l out.wvfs /usr/lib"));
    assert!(
        long.contains("2000-02-29T00:00:00Z soft -> a.txt"),
        "{long}"
    );
    assert!(long.contains("-r-- 2 "), "{long}");
}

#[test]
fn packed_archives_equal_their_directories() {
    let scratch = Scratch::with_tree();
    scratch.write("lib/long.txt", LINE.repeat(9000).as_bytes());
    scratch.fix_times("lib");
    for name in ["hello.txt", "sub/copy.txt", "long.txt", "sub", "."] {
        set_mtime(&scratch.path("lib").join(name), 951_782_400, 0);
    }
    let archive = Command::new("tar")
        .args(["--format=pax", "-cf", "root.tar", "-C", "lib", "."])
        .current_dir(scratch.path(""))
        .status();
    assert!(archive.unwrap().success());
    assert_success(&scratch.run("image --dir lib::/usr --compress=1 -o dir.wvfs"));
    let plain = scratch.read("root.tar");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let zstd = zstd::encode_all(&*plain, 1).unwrap();
    for bytes in [plain, gzip.finish().unwrap(), zstd] {
        scratch.write("root.tar", &bytes);
        assert_success(&image(&scratch, "--compress=1"));
        assert!(scratch.read("out.wvfs") == scratch.read("dir.wvfs"));
    }
}

#[test]
fn archives_come_through_pipes() {
    let scratch = Scratch::empty();
    let archive = Archive::new().file("a", "from a pipe\n").bytes();
    let output = scratch.run_on(&archive, "image --tar /dev/stdin::/usr -o out.wvfs");
    assert_success(&output);
    assert_eq!(cat(&scratch, "/usr/a"), "from a pipe\n");
}

#[test]
fn long_names_and_precise_times_are_kept() {
    let long = ["n".repeat(200), "m".repeat(200)].join("/");
    let scratch = packed(
        Archive::new()
            .file(&long, "gnu\n")
            .pax("mtime", "-1.5")
            .file("time", "pax\n")
            .pax("path", &format!("{long}.pax"))
            .file("short", "pax\n"),
    );
    assert_eq!(cat(&scratch, &format!("/usr/{long}")), "gnu\n");
    assert_eq!(cat(&scratch, &format!("/usr/{long}.pax")), "pax\n");
    let json = stdout(&scratch.run("ls --json out.wvfs /usr/time"));
    assert!(json.contains("1969-12-31T23:59:58.500000000Z"), "{json}");
}

#[test]
fn later_entries_replace_earlier_ones() {
    let scratch = packed(
        Archive::new()
            .file("a", "old\n")
            .link("b", EntryType::Link, "a")
            .file("a", "new\n"),
    );
    assert_eq!(cat(&scratch, "/usr/a /usr/b"), "new\nold\n");
}

#[test]
fn only_comments_are_allowed_in_global_headers() {
    let global = |record: &str| {
        let archive = Archive::new();
        let archive = archive.entry(
            "pax_global_header",
            EntryType::XGlobalHeader,
            record.as_bytes(),
        );
        archive.file("a", "a\n")
    };
    // The header of `git archive`.
    let scratch = packed(global("16 comment=0123\n"));
    assert_eq!(cat(&scratch, "/usr/a"), "a\n");
    assert_refused(global("11 path=ab\n"), &["sets `path`", "global"], "");
}

/// A file with three extents and holes around them, and the archive that GNU tar writes.
#[cfg(target_os = "linux")]
fn sparse(options: &[&str]) -> Scratch {
    use std::os::unix::fs::FileExt;
    let scratch = Scratch::empty();
    let file = std::fs::File::create(scratch.path("hole")).unwrap();
    for (at, bytes) in [
        (1 << 20, &b"start"[..]),
        (5 << 20, b"middle"),
        (9_000_000, b"end"),
    ] {
        file.write_all_at(bytes, at).unwrap();
    }
    file.set_len(10_000_000).unwrap();
    let tar = Command::new("tar")
        .args(["--sparse", "-cf", "root.tar", "hole"])
        .args(options)
        .current_dir(scratch.path(""))
        .status();
    assert!(tar.unwrap().success());
    assert!(scratch.read("root.tar").len() < 100_000);
    scratch
}

#[cfg(target_os = "linux")]
#[test]
fn sparse_files_keep_their_holes_as_zeros() {
    for format in ["gnu", "pax"] {
        let scratch = sparse(&[&format!("--format={format}")]);
        assert_success(&image(&scratch, ""));
        assert_eq!(stdout(&scratch.run("ls out.wvfs /usr")), "hole\n");
        assert!(scratch.run("cat out.wvfs /usr/hole").stdout == scratch.read("hole"));
        assert_success(&image(&scratch, "--exclude hole"));
        assert_eq!(stdout(&scratch.run("ls out.wvfs /usr")), "", "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn old_forms_of_sparse_files_are_named() {
    for version in ["0.0", "0.1"] {
        let scratch = sparse(&["--format=pax", &format!("--sparse-version={version}")]);
        let output = image(&scratch, "");
        assert_error(&output, &["`hole`", "sparse", "--sparse-version=1.0"]);
    }
}

/// An archive with a sparse file `s` of `len` bytes and this map.
fn with_map(len: &str, map: &str, data: &str) -> Archive {
    let mut stored = map.as_bytes().to_vec();
    stored.resize(stored.len().next_multiple_of(512), 0);
    stored.extend(data.as_bytes());
    let records = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", "dir/s"),
        ("GNU.sparse.realsize", len),
    ];
    let archive = Archive::new().pax_all(&records);
    archive.entry("GNUSparseFile.0/s", EntryType::Regular, &stored)
}

#[test]
fn maps_of_sparse_files_are_validated() {
    let scratch = packed(with_map("9", "2\n1\n2\n5\n3\n", "abcde"));
    assert_eq!(cat(&scratch, "/usr/dir/s"), "\0ab\0\0cde\0");
    for map in [
        "",
        "x\n",
        "\n",
        "1\n0\n",
        "1\n0\n10\n",
        "1\n8\n2\n",
        "2\n4\n2\n1\n2\n",
        "1\n18446744073709551615\n1\n",
        "99999999999999999999\n",
        "18446744073709551615\n0\n0\n0\n0\n",
        "1\n0\n6\n",
    ] {
        let words = ["`dir/s`", "map", "write the archive again"];
        assert_refused(with_map("9", map, "abcde"), &words, "/usr/dir");
    }
    for len in ["", "-1", "x"] {
        let words = ["`dir/s`", "sparse", "unsupported form"];
        assert_refused(with_map(len, "0\n", ""), &words, "/usr/dir");
    }
    let huge = 1_u64 << 62;
    let words = ["`dir/s`", &huge.to_string(), "exclude it"];
    assert_refused(with_map(&huge.to_string(), "0\n", ""), &words, "/usr/dir");
}

#[test]
fn other_files_than_archives_are_named() {
    let scratch = Scratch::with_tree();
    scratch.write("text.tar", "secret words\n".repeat(100).as_bytes());
    let output = scratch.run("image --tar text.tar::/ -o out.wvfs");
    assert_error(&output, &["`text.tar`", "it is not a tar archive"]);
    assert!(!stderr(&output).contains("secret"));
    let output = scratch.run("image --tar lib::/ -o out.wvfs");
    assert_error(&output, &["`lib`", "it is a directory", "--dir"]);
}

/// Capabilities of programs are binary, and `docker export` writes them.
#[test]
fn attributes_may_contain_line_breaks() {
    let scratch = packed(
        Archive::new()
            .pax("SCHILY.xattr.user.lines", "a\n\nb\n")
            .file("before", "1\n")
            .pax_all(&[
                ("SCHILY.xattr.security.capability", "\u{1}\n\n\n"),
                ("mtime", "951782400.5"),
                ("path", "long/name"),
            ])
            .file("name", "2\n")
            .pax_all(&[
                ("SCHILY.xattr.user.a", "\n\n"),
                ("linkpath", "before"),
                ("path", "link"),
            ])
            .link("l", EntryType::Symlink, "b"),
    );
    assert_eq!(cat(&scratch, "/usr/long/name"), "2\n");
    assert_eq!(cat(&scratch, "/usr/link"), "1\n");
    let json = stdout(&scratch.run("ls --json out.wvfs /usr/long/name"));
    assert!(json.contains("2000-02-29T00:00:00.500000000Z"), "{json}");
}

#[test]
fn entries_that_cannot_be_packed_are_named() {
    let file = || Archive::new().file("a", "a\n");
    assert_refused(
        file().file("etc/.wh.passwd", ""),
        &["`etc/.wh.passwd`", "lower layer", "docker export"],
        ".wh.*",
    );
    for (kind, word) in [
        (EntryType::Char, "character device"),
        (EntryType::Block, "block device"),
        (EntryType::Fifo, "FIFO"),
        (EntryType::new(b'Z'), "special file"),
    ] {
        assert_refused(
            file().entry("dev/x", kind, b""),
            &["root.tar/dev/x", word, "exclude it"],
            "/usr/dev/*",
        );
    }
    assert_refused(
        file().raw(b"x/../../y", EntryType::Regular),
        &["`x/../../y`", "`..`"],
        "x",
    );
    assert_refused(
        file().raw(b"caf\xe9", EntryType::Regular),
        &["root.tar/caf", "not UTF-8"],
        "caf*",
    );
    assert_refused(
        file().link("b", EntryType::Link, "none"),
        &["`b`", "hard link to `none`"],
        "b",
    );
    assert_refused(
        file().file("a/b", ""),
        &["`a/b`", "below a file"],
        "/usr/a/b",
    );
    assert_refused(
        file().entry("a", EntryType::Directory, b""),
        &["`a`", "directory and also something else"],
        "a",
    );
    let deep = "d/".repeat(2100) + "x";
    assert_refused(file().file(&deep, ""), &["guest path", "4095"], "d");
}

#[test]
fn archives_of_layers_cause_a_warning() {
    let scratch = Scratch::empty();
    for (names, is_warned) in [
        (["manifest.json", "repositories"], true),
        (["oci-layout", "index.json"], true),
        (["manifest.json", "index.json"], false),
    ] {
        let archive = Archive::new().file(names[0], "").file(names[1], "");
        scratch.write("root.tar", &archive.bytes());
        let output = image(&scratch, "");
        assert_success(&output);
        let said = stderr(&output);
        assert_eq!(said.contains("docker export"), is_warned, "{said}");
        let strict = image(&scratch, "--strict").status.code();
        assert_eq!(strict == Some(0), !is_warned, "{names:?}");
    }
}

#[test]
fn hard_links_to_excluded_files_keep_the_content() {
    let scratch = Scratch::empty();
    let archive = Archive::new().file("a", "shared\n");
    let archive = archive.link("b", EntryType::Link, "a");
    scratch.write("root.tar", &archive.bytes());
    assert_success(&image(&scratch, "--exclude a"));
    assert_eq!(stdout(&scratch.run("ls out.wvfs /usr")), "b\n");
    assert_eq!(cat(&scratch, "/usr/b"), "shared\n");
}

#[test]
fn damaged_and_foreign_archives_are_named() {
    let scratch = Scratch::empty();
    let whole = Archive::new().file("a", &"a".repeat(2000)).bytes();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&whole).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut damaged = whole.clone();
    damaged[150] ^= 1;
    for (bytes, word) in [
        (&whole[..1000], "truncated"),
        (&whole[..2560], "truncated"),
        (&whole[..300], "tar archive"),
        (&gzip[..gzip.len() - 9], "tar archive"),
        (&damaged[..], "tar archive"),
        (&[b'x'; 2000][..], "tar archive"),
        (&b""[..], "truncated"),
        (&b"\xfd7zXZ\0"[..], "xz"),
        (&b"BZh9"[..], "bzip2"),
    ] {
        scratch.write("root.tar", bytes);
        let output = image(&scratch, "--exclude none");
        assert_error(&output, &["`root.tar`", word]);
    }
    std::fs::remove_file(scratch.path("root.tar")).unwrap();
    assert_error(&image(&scratch, ""), &["`root.tar`", "No such file"]);
}

#[test]
fn no_damage_of_an_archive_causes_a_panic() {
    let scratch = Scratch::empty();
    let whole = Archive::new()
        .file(&"long".repeat(40), "a\n")
        .pax("mtime", "1.5")
        .file("b", "b\n")
        .link("c", EntryType::Link, "b")
        .bytes();
    for at in (0..whole.len()).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        scratch.write("root.tar", &damaged);
        let code = image(&scratch, "--quiet").status.code();
        assert!(matches!(code, Some(0 | 1)), "{at}: {code:?}");
    }
}
