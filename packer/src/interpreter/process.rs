//! The calls without a descriptor: arguments, variables, clocks, random numbers.

use super::machine::{Clock, Machine};
use super::memory::GuestMemory;
use super::result::{Result, code};
use std::time::Duration;
use wasi_vfs_runtime::{Errno, Memory};

/// Random bytes that are drawn at once.
const PIECE_LEN: u32 = 64 << 10;

/// What the program knows of its process.
#[derive(Debug, Default)]
pub struct Process {
    /// The arguments, the first is the name of the program.
    pub arguments: Vec<String>,
    /// Each as `NAME=VALUE`.
    pub variables: Vec<String>,
}

/// Passes the list of the calls without a descriptor to the macro `$then`.
macro_rules! for_each_process_call {
    ($then:ident) => {
        $then! {
            args_get(pointers: u32, bytes: u32);
            args_sizes_get(count: u32, len: u32);
            clock_res_get(clock: u32, resolution: u32);
            clock_time_get(clock: u32, precision: u64, time: u32);
            environ_get(pointers: u32, bytes: u32);
            environ_sizes_get(count: u32, len: u32);
            proc_raise(signal: u32);
            random_get(buffer: u32, len: u32);
            sched_yield();
        }
    };
}
pub(super) use for_each_process_call;

impl Process {
    pub(super) fn args_get(
        &self,
        _: &mut impl Machine,
        mut memory: GuestMemory<'_, '_>,
        pointers: u32,
        bytes: u32,
    ) -> i32 {
        code(write_list(&mut memory, &self.arguments, pointers, bytes))
    }

    pub(super) fn args_sizes_get(
        &self,
        _: &mut impl Machine,
        mut memory: GuestMemory<'_, '_>,
        count: u32,
        len: u32,
    ) -> i32 {
        code(write_sizes(&mut memory, &self.arguments, count, len))
    }

    pub(super) fn environ_get(
        &self,
        _: &mut impl Machine,
        mut memory: GuestMemory<'_, '_>,
        pointers: u32,
        bytes: u32,
    ) -> i32 {
        code(write_list(&mut memory, &self.variables, pointers, bytes))
    }

    pub(super) fn environ_sizes_get(
        &self,
        _: &mut impl Machine,
        mut memory: GuestMemory<'_, '_>,
        count: u32,
        len: u32,
    ) -> i32 {
        code(write_sizes(&mut memory, &self.variables, count, len))
    }

    pub(super) fn clock_res_get(
        &self,
        machine: &mut impl Machine,
        mut memory: GuestMemory<'_, '_>,
        clock: u32,
        resolution: u32,
    ) -> i32 {
        code(time(machine, clock).and_then(|_| Ok(memory.write_u64(resolution, 1)?)))
    }

    pub(super) fn clock_time_get(
        &self,
        machine: &mut impl Machine,
        mut memory: GuestMemory<'_, '_>,
        clock: u32,
        _precision: u64,
        result: u32,
    ) -> i32 {
        code(time(machine, clock).and_then(|time| {
            let time_ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            Ok(memory.write_u64(result, time_ns)?)
        }))
    }

    /// Signals are not supported, as in other engines.
    pub(super) fn proc_raise(
        &self,
        _: &mut impl Machine,
        _: GuestMemory<'_, '_>,
        _signal: u32,
    ) -> i32 {
        code(Err(Errno::NOTSUP))
    }

    pub(super) fn random_get(
        &self,
        machine: &mut impl Machine,
        mut memory: GuestMemory<'_, '_>,
        buffer: u32,
        len: u32,
    ) -> i32 {
        code(write_random(machine, &mut memory, buffer, len))
    }

    pub(super) fn sched_yield(&self, machine: &mut impl Machine, _: GuestMemory<'_, '_>) -> i32 {
        machine.yield_now();
        0
    }
}

fn time(machine: &mut impl Machine, id: u32) -> Result<Duration> {
    Ok(machine.time(Clock::of_id(id).ok_or(Errno::BADF)?))
}

/// Writes strings with a NUL behind each, and the address of each.
fn write_list(
    memory: &mut GuestMemory<'_, '_>,
    list: &[String],
    mut pointers: u32,
    mut bytes: u32,
) -> Result {
    for string in list {
        memory.write_u32(pointers, bytes)?;
        memory.write(bytes, &[string.as_bytes(), b"\0"].concat())?;
        // Wraps only at the end of the largest memory, where the next write fails.
        pointers = pointers.wrapping_add(4);
        bytes = bytes.wrapping_add(string.len() as u32 + 1);
    }
    Ok(())
}

fn write_sizes(memory: &mut GuestMemory<'_, '_>, list: &[String], count: u32, len: u32) -> Result {
    let sum: usize = list.iter().map(|string| string.len() + 1).sum();
    memory.write_u32(count, list.len() as u32)?;
    Ok(memory.write_u32(len, u32::try_from(sum).map_err(|_| Errno::OVERFLOW)?)?)
}

fn write_random(
    machine: &mut impl Machine,
    memory: &mut GuestMemory<'_, '_>,
    buffer: u32,
    len: u32,
) -> Result {
    memory.check(buffer, len.into())?;
    for start in (0..len).step_by(PIECE_LEN as usize) {
        let mut bytes = vec![0; (len - start).min(PIECE_LEN) as usize];
        machine.fill_random(&mut bytes)?;
        memory.write(buffer + start, &bytes)?;
    }
    Ok(())
}
