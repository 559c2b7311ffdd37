//! A short run of a fuzz target without a fuzzer: on its seeds, on changed seeds, and
//! on bytes from a fixed generator.

use crate::testing::Random;
use std::path::Path;
use std::vec::Vec;

/// Calls `body` with the seeds of the target `name`, in `fuzz/seeds`, and with
/// `runs` other inputs of up to `max_len` bytes, the same each time.
pub fn smoke(name: &str, runs: u32, max_len: usize, body: impl Fn(&[u8])) {
    let seeds = seeds(name);
    seeds.iter().for_each(|seed| body(seed));
    let mut random = Random::new(7);
    for _ in 0..runs {
        let mut input = match seeds.len() {
            0 => Vec::new(),
            count => seeds[random.below(count * 2) % count].clone(),
        };
        if input.is_empty() || random.below(2) == 0 {
            let len = random.below(max_len);
            input = random.bytes(len);
        } else {
            change(&mut random, &mut input);
        }
        body(&input);
    }
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    // The crate may be tested without `fuzz/`. If the directory exists, it must have
    // the seeds.
    if !directory.exists() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(directory.join(name)).expect("seeds of the target");
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let seeds = paths.iter().map(std::fs::read);
    let seeds: Vec<_> = seeds.collect::<Result<_, _>>().expect("seeds");
    assert!(!seeds.is_empty(), "{name} has no seeds");
    seeds
}

fn change(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len().max(1));
        let value = [0, 1, 0x7f, 0x80, 0xff, random.byte()][random.below(6)];
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, value),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
        }
    }
}
