//! A host that answers what a fuzzer wants: any number as errno or descriptor.
//! It keeps to its part of preview 1: it writes only where it was asked to, and
//! what it was asked to write exists.

use super::memory::GuestMemory;
use crate::guest::Memory;
use crate::preview1::{Preview1, for_each_call};
use std::vec::Vec;

pub(super) struct ScriptedHost {
    memory: GuestMemory,
    /// The answers, used over and over.
    answers: Vec<u8>,
    next: usize,
}

impl ScriptedHost {
    pub(super) fn new(memory: GuestMemory, answers: &[u8]) -> Self {
        let answers = answers.to_vec();
        let next = 0;
        Self {
            memory,
            answers,
            next,
        }
    }

    fn answer(&mut self) -> u8 {
        let answer = self.answers.get(self.next % self.answers.len().max(1));
        self.next += 1;
        answer.copied().unwrap_or(8)
    }

    fn write(&mut self, address: u64, bytes: &[u8]) {
        // A host checks, too.
        let _ = self.memory.write(address as u32, bytes);
    }

    fn serve(&mut self, call: &str, arguments: &[u64]) -> i32 {
        let code = i32::from(self.answer() % 77);
        let number = u32::from(self.answer()).to_le_bytes();
        match (call, arguments) {
            // Valid records among others: the runtime reads these two.
            ("fd_prestat_get", [_, at]) => self.write(*at, &[number[0] % 3; 8]),
            ("fd_fdstat_get", [_, at]) => self.write(*at, &[number[0] % 16; 24]),
            ("path_open", [.., at]) | ("sock_accept", [_, _, at]) => self.write(*at, &number),
            ("poll_oneoff", [_, events, count, event_count]) => {
                let number = u32::from(number[0]).min(*count as u32);
                for event in 0..u64::from(number) {
                    self.write(events + 32 * event, &[0xee; 32]);
                }
                self.write(*event_count, &number.to_le_bytes());
            }
            _ => {}
        }
        code
    }
}

macro_rules! serve_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        impl Preview1 for ScriptedHost {
            $(fn $call(&mut self, $($parameter: $type),*) -> i32 {
                self.serve(stringify!($call), &[$($parameter as u64),*])
            })*
        }
    };
}
for_each_call!(serve_calls);
