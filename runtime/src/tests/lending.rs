//! Bytes of the program that are lent to a host that throws.

use super::guest::SharedMemory;
use crate::guest::{FOR_CLOCK, FOR_SERVER, Lent, Memory, SCRATCH_LEN, UNWRITTEN};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A loan that the host ends by a throw, if `throws`.
fn lend<const ADDRESS: u32>(memory: &mut SharedMemory, lent: &mut Lent<ADDRESS>, throws: bool) {
    let loan = catch_unwind(AssertUnwindSafe(|| {
        memory.with_scratch(lent, |memory, record| {
            memory.write(record, &[UNWRITTEN; SCRATCH_LEN]).unwrap();
            assert!(!throws, "thrown by the host");
        })
    }));
    assert_eq!(loan.is_err(), throws);
}

#[test]
fn loans_that_the_host_ended_do_not_mix() {
    let mut memory = SharedMemory::zeroed();
    let program: Vec<u8> = (0..=255).collect();
    memory.write(960, &program).unwrap();
    let (mut server, mut clock) = (Lent::<FOR_SERVER>::default(), Lent::<FOR_CLOCK>::default());
    for (first_throws, second_throws) in [(true, false), (false, true), (true, true)] {
        lend(&mut memory, &mut server, first_throws);
        lend(&mut memory, &mut clock, second_throws);
        lend(&mut memory, &mut server, false);
        lend(&mut memory, &mut clock, false);
        let mut found = vec![0; program.len()];
        memory.read(960, &mut found).unwrap();
        assert_eq!(found, program);
    }
}
