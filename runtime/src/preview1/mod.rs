//! WASI preview 1: decodes calls, routes them to the host or to the file system, encodes
//! the answers.
//!
//! Each call first asks whether its descriptor is the host's, and passes it on unchanged
//! if so. Otherwise it reads its arguments out of the program's memory, calls `open/` or
//! the [`Filesystem`], and writes the answer. Only here is an errno, an address, or a
//! number of preview 1.
//!
//! `path_open(3, "hello")`, for example: `Numbers` says that 3 is a
//! directory of the image, the path is copied out of the memory,
//! [`open`](crate::open::open) resolves it, and the handle gets the lowest free number.

mod abi;
mod calls;
mod changing;
mod descriptors;
mod errno;
mod listing;
mod numbers;
mod opening;
mod polling;
mod probe;
mod reading;
mod server;
mod sockets;
mod stat;
mod writing;

#[cfg(test)]
pub(crate) use abi::{eventtype, oflags, rights, subscription};
pub use calls::Preview1;
pub(crate) use calls::for_each_call;
pub use errno::{Errno, Result};
pub(crate) use errno::{from_host, to_guest};
pub use server::Server;

use crate::fs::Filesystem;
use crate::guest::Memory;

macro_rules! serve_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        impl<M: Memory, H: Preview1, F: Filesystem> Preview1 for Server<M, H, F> {
            $(fn $call(&mut self, $($parameter: $type),*) -> i32 {
                to_guest(self.start().and_then(|()| Self::$call(self, $($parameter),*)))
            })*
        }
    };
}
for_each_call!(serve_calls);
