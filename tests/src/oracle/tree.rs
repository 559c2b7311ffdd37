//! Random trees, in which paths of a few names lead to one of everything.

use crate::tree::{Tree, bytes};
use std::fs;
use std::path::Path;
use wasi_vfs_format::testing::Random;

/// Two directories to map, and the paths for the program.
#[derive(Debug)]
pub struct OracleTrees {
    /// The seed, which makes the same trees again.
    pub seed: u64,
    /// Mapped to `/data`.
    pub data: Tree,
    /// Mapped to `/other`.
    pub other: Tree,
    /// Paths that exist in one of them, and some that do not, one a line.
    pub paths: String,
}

const NAMES: [&str; 8] = ["a", "b", "dir", "file.txt", "sub", "x", "日本", "ü-n"];

const FILE_LENS: [usize; 8] = [0, 1, 100, 4095, 4096, 4097, 9_000, 20_000];

/// Where relative links lead; some nowhere, some around.
const TARGETS: [&str; 17] = [
    "a",
    "b",
    "dir",
    "file.txt",
    "./sub",
    "sub/",
    "file.txt/",
    "..",
    ".",
    "../a",
    "../../b",
    "dir/../file.txt",
    "nowhere",
    "a//b",
    "link-0",
    "../link-1",
    "link-2/x",
];

impl OracleTrees {
    /// The trees of a seed.
    pub fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let (data, other) = (Tree::new(), Tree::new());
        grow(&data, "", 3, random);
        grow(&other, "", 1, random);
        special(&data);
        data.set_times();
        other.set_times();
        let mut paths = vec![".".to_owned(), "nowhere".to_owned()];
        collect(data.path(), "", &mut paths);
        collect(other.path(), "", &mut paths);
        paths.sort();
        paths.dedup();
        Self {
            seed,
            data,
            other,
            paths: paths.join("\n") + "\n",
        }
    }
}

fn grow(tree: &Tree, at: &str, depth: usize, random: &mut Random) {
    for name in NAMES {
        let path = format!("{at}{name}");
        match random.below(10) {
            0..=2 => {
                let len = *random.pick(&FILE_LENS);
                tree.file(&path, bytes(len, random.draw()));
            }
            3 => {
                tree.link(&path, random.pick::<&str>(&TARGETS));
            }
            4..=6 if depth > 0 => {
                tree.directory(&path);
                grow(tree, &format!("{path}/"), depth - 1, random);
            }
            _ => {}
        }
    }
    for number in 0..random.below(4) {
        tree.link(&format!("{at}link-{number}"), random.pick::<&str>(&TARGETS));
    }
    // The names say that these links are absolute, because a host does not follow them.
    if random.below(3) == 0 {
        let target = *random.pick(&["/data/a", "/other", "/data/file.txt", "/", "/no/where"]);
        tree.link(&format!("{at}abs-{}", random.below(3)), target);
    }
}

/// What chance might leave out.
fn special(tree: &Tree) {
    tree.file("always.bin", bytes(200_000, 7))
        .file("always/empty", "")
        .file(&format!("always/{}", "n".repeat(255)), "long")
        .link("always/abs-link", "/data/always.bin")
        .link("always/up", "../always.bin")
        .link("always/slash", "../always.bin/")
        .link("always/loop", "loop");
    for number in 0..200 {
        tree.file(&format!("many/{number}"), number.to_string());
    }
    // As many links in a row as Linux follows, and one more.
    tree.file("chain/0", "end of the chain");
    for number in 1..=41 {
        tree.link(&format!("chain/{number}"), &(number - 1).to_string());
    }
}

fn collect(directory: &Path, at: &str, paths: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("our directory") {
        let entry = entry.expect("our entry");
        let name = entry.file_name().into_string().expect("our name");
        let path = format!("{at}{name}");
        let is_one_of_many = at == "many/" && name.len() > 1;
        let is_inner_link = at == "chain/" && !["0", "1", "40", "41"].contains(&name.as_str());
        if is_one_of_many || is_inner_link {
            continue;
        }
        paths.push(path.clone());
        if entry.file_type().expect("our entry").is_dir() {
            collect(&entry.path(), &format!("{path}/"), paths);
        }
    }
}
