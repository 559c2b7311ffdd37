//! No argument of the guest makes the runtime panic, loop or reach beyond the
//! guest's memory, which the fake memory would panic at.

use super::documented::{CALLS, arguments, perform};
use super::guest;
use super::guest::{Guest, PATH};
use wasi_vfs_format::testing::Random;

/// The guest's memory ends at 2^20.
const EDGES: [u64; 19] = [
    0,
    1,
    8,
    100,
    1024,
    4095,
    4096,
    (1 << 20) - 8,
    (1 << 20) - 1,
    1 << 20,
    (1 << 31) - 1,
    1 << 31,
    // As many subscriptions, of 48 bytes, and vectors, of 8, are a little more
    // than 32 bits count.
    (1 << 32) / 48 + 1,
    1 << 29,
    u32::MAX as u64 - 7,
    u32::MAX as u64,
    i64::MAX as u64,
    u64::MAX - 1,
    u64::MAX,
];

const PATHS: [&str; 6] = ["hello", "lib/big", "link", "lib", "loop", "lib/a/../.."];

/// Right arguments, of which some are replaced.
fn draw_arguments(random: &mut Random, call: &str) -> Vec<u64> {
    // Not 0 to 2: what goes to the host is the host's to check.
    let fd = *random.pick(&[3, 3, 4, 5, 6, 7, 8, 9, u32::MAX]);
    let mut arguments = arguments(call, fd);
    for argument in &mut arguments {
        if *argument != u64::from(fd) && random.below(4) == 0 {
            *argument = *random.pick(&EDGES);
        }
    }
    if call == "fd_renumber" {
        arguments[1] = *random.pick(&[3, 4, 5, 6, 7, 8, 9]);
    }
    arguments
}

fn lay_out(guest: &mut Guest, random: &mut Random) {
    guest.put(PATH, random.pick(&PATHS).as_bytes());
    for i in 0..16 {
        let word = if random.below(2) == 0 {
            *random.pick(&EDGES)
        } else {
            0x4000
        };
        guest.put(0x2100 + 4 * i, &(word as u32).to_le_bytes());
    }
}

#[test]
fn no_arguments_do_harm() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let mut guest = guest();
        for _ in 0..2000 {
            lay_out(&mut guest, &mut random);
            let call = *random.pick(CALLS);
            let arguments = draw_arguments(&mut random, call);
            let code = perform(&mut guest, call, &arguments);
            assert!((0..77).contains(&code), "{call} {arguments:?}: {code}");
        }
    }
}
