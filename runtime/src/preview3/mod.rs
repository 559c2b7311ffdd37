//! WASI 0.3: decodes calls, serves them from the file system, encodes the answers.
//!
//! `pack` inserts this front end into a component as it does that of
//! [0.2](crate::preview2), and both share one [`Server`](crate::component::Server). An
//! asynchronous call arrives here in the shape of a synchronous one, and every function
//! returns at once.
//!
//! Content goes through streams: `read-via-stream(0x4000_0001, 0)`, for example, returns a
//! stream with the handle 0x4000_0002, and a future with 0x6000_0002. A read of the stream
//! copies bytes of the file to the program's buffer. Reading the future says whether the
//! stream ended with an error.

mod bytes;
mod calls;
mod ends;
mod entries;
mod functions;
mod pump;
mod release;
mod status;

#[cfg(any(test, feature = "fuzz", feature = "wired"))]
pub(crate) use calls::for_each_preview3_function;
#[cfg(all(target_family = "wasm", feature = "wired"))]
pub(crate) use calls::for_each_preview3_host_function;
pub use calls::{Host, Preview3};
