//! The host behind the runtime: standard streams and host directories of the interpreter.
//!
//! The runtime calls the host through [`Preview1`], whose methods return an error code.
//! The interpreter's functions are `async` and may also trap. They never wait, so one
//! poll completes each. A trap is kept until the runtime returns, and then ends the
//! program.

use super::memory::GuestMemory;
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasi_vfs_embedding::for_each_call;
use wasi_vfs_runtime::{Errno, Preview1};
use wasmi_wasi::wasi_common::snapshots::preview_1::wasi_snapshot_preview1 as functions;
use wasmi_wasi::{WasiCtx, WasmiGuestMemory};

/// The interpreter's preview 1, for the time of one call.
pub(super) struct Host<'c, 'm> {
    pub(super) context: &'c mut WasiCtx,
    pub(super) memory: GuestMemory<'c, 'm>,
    /// The trap of a call, if it has no error code.
    pub(super) trap: &'c Cell<Option<wasmi::Error>>,
}

macro_rules! call_the_interpreter {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        impl Preview1 for Host<'_, '_> {
            $(fn $call(&mut self, $($parameter: $type),*) -> i32 {
                let context = &mut *self.context;
                let answer = self.memory.lend(|bytes| {
                    let mut memory = WasmiGuestMemory::Unshared(bytes);
                    completed(functions::$call(context, &mut memory, $($parameter as _),*))
                });
                self.code_of(answer)
            })*
        }
    };
}
for_each_call!(call_the_interpreter);

impl Host<'_, '_> {
    fn code_of<E: ToString>(&self, answer: Option<Result<i32, E>>) -> i32 {
        let trap = match answer {
            Some(Ok(code)) => return code,
            Some(Err(error)) => error.to_string(),
            None => "the host waits for an event that never comes".to_owned(),
        };
        self.trap.set(Some(wasmi::Error::new(trap)));
        Errno::IO.0.into()
    }
}

/// The result of a future that never waits.
fn completed<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
