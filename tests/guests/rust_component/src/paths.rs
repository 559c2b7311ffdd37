//! Random paths.

use crate::Program;
use crate::draw::Random;

const WITHIN: [&str; 8] = [
    "./", "/", "//./", "../", "missing/", "x/../", "././/", "../../",
];
const AFTER: [&str; 10] = [
    "/",
    "/.",
    "/..",
    "//",
    "/../",
    "/missing",
    "/./",
    "/../..",
    "x",
    "/missing/",
];
const WHOLE: [&str; 13] = [
    "", ".", "..", "/", "./", "../", "...", "/data", "//", "././.", "missing", "missing/", "..x",
];
const NAME_LENS: [usize; 5] = [254, 255, 256, 257, 4000];
const PATH_LENS: [usize; 5] = [4094, 4095, 4096, 4097, 5000];

impl Program {
    /// An existing path, sometimes with one or more changes.
    pub fn draw_path(&mut self) -> String {
        let at = self.random.below(self.paths.len() as u32) as usize;
        let mut path = self.paths[at].clone();
        while self.random.chance(30) {
            path = twist(path, &mut self.random);
        }
        path
    }
}

/// Whether a component names an absolute link, which a host does not follow.
pub fn has_absolute(path: &str) -> bool {
    path.contains("abs-")
}

fn twist(mut path: String, random: &mut Random) -> String {
    match random.below(10) {
        0..=2 => {
            let at = boundary(&path, random);
            path.insert_str(at, random.pick(&WITHIN));
        }
        3..=5 => path.push_str(random.pick(&AFTER)),
        6 => path = random.pick(&WHOLE).to_owned(),
        7 => path.push('\0'),
        8 => {
            let start = if random.chance(50) {
                String::new()
            } else {
                path + "/"
            };
            path = start + &"n".repeat(random.pick(&NAME_LENS));
        }
        _ => path = lengthened(&path, random.pick(&PATH_LENS)),
    }
    path
}

/// The start of a component.
fn boundary(path: &str, random: &mut Random) -> usize {
    let slashes: Vec<_> = path.match_indices('/').map(|(at, _)| at + 1).collect();
    if slashes.is_empty() {
        0
    } else {
        random.pick(&slashes)
    }
}

/// The same path with `len` bytes, if it has fewer.
fn lengthened(path: &str, len: usize) -> String {
    let missing = len.saturating_sub(path.len());
    "./".repeat(missing / 2) + &"/".repeat(missing % 2) + path
}
