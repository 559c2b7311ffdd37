//! The state of a program under `run`: its process, its files, its limits.

use super::runtimes::Runtimes;
use super::system::System;
use wasi_vfs::interpreter::{Guest, GuestMemory, Process, World};
use wasi_vfs_runtime::Preview1;
use wasmi::StoreLimits;

/// The state of a running program.
pub(super) struct State {
    guest: Guest<System>,
    pub(super) bounds: StoreLimits,
    pub(super) runtimes: Runtimes,
}

impl State {
    pub(super) fn new(process: Process, bounds: StoreLimits, runtimes: Runtimes) -> Self {
        Self {
            guest: Guest::new(process, System),
            bounds,
            runtimes,
        }
    }
}

impl World for State {
    type Machine = System;

    fn guest(&mut self) -> &mut Guest<System> {
        &mut self.guest
    }

    fn serve(
        &mut self,
        memory: GuestMemory<'_, '_>,
        call: impl FnOnce(&mut dyn Preview1) -> i32,
    ) -> i32 {
        let host = self.guest.host(memory);
        self.runtimes.serve(memory, host, call)
    }
}
