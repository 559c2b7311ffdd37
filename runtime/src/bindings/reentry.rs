//! Tells calls that the application's allocator makes from others.
//!
//! A linked runtime allocates with the application's `malloc`, which may make calls of
//! preview 1 itself: one that traces writes to standard error. The runtime is in the
//! middle of a call then, so such a *nested* call must go to the host past the runtime.

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether the allocator is running, and whether it has called the host.
///
/// There is one thread. The flags are atomic since LLVM assumes of `malloc` that it reads
/// no memory of the program, and drops stores that only `malloc` could see.
pub(crate) struct Reentry {
    is_allocating: AtomicBool,
    is_at_host: AtomicBool,
}

impl Reentry {
    pub(crate) const fn new() -> Self {
        Self {
            is_allocating: AtomicBool::new(false),
            is_at_host: AtomicBool::new(false),
        }
    }

    /// Runs the allocator.
    pub(crate) fn allocate<R>(&self, allocate: impl FnOnce() -> R) -> R {
        self.is_allocating.store(true, Relaxed);
        let result = allocate();
        self.is_allocating.store(false, Relaxed);
        result
    }

    /// Begins a call of preview 1. Returns whether it is nested;
    /// [`nested_call_ends`](Self::nested_call_ends) then has to follow the host's answer.
    ///
    /// If the last nested call never ended, the host threw, and the allocator runs no
    /// more: the flag must not send all calls to the host from then on.
    pub(crate) fn call_begins(&self) -> bool {
        let is_nested = self.is_allocating.load(Relaxed) && !self.is_at_host.load(Relaxed);
        self.is_allocating.store(is_nested, Relaxed);
        self.is_at_host.store(is_nested, Relaxed);
        is_nested
    }

    /// The host has answered a nested call.
    pub(crate) fn nested_call_ends(&self) {
        self.is_at_host.store(false, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_the_allocator_are_nested() {
        let reentry = Reentry::new();
        assert!(!reentry.call_begins());
        reentry.allocate(|| {
            for _ in 0..3 {
                assert!(reentry.call_begins());
                reentry.nested_call_ends();
            }
        });
        assert!(!reentry.call_begins());
    }

    #[test]
    fn a_throw_out_of_the_allocator_ends_it() {
        let reentry = Reentry::new();
        let thrown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            reentry.allocate(|| {
                assert!(reentry.call_begins());
                panic!("the host throws");
            })
        }));
        assert!(thrown.is_err());
        for _ in 0..2 {
            assert!(!reentry.call_begins());
        }
        reentry.allocate(|| assert!(reentry.call_begins()));
    }
}
