//! What a wired runtime exports and imports for WASI 0.3.
//!
//! Everything that holds for [`preview2`](crate::preview2) holds here: the handles of the
//! runtime, the check before each function, and the number of the lowering as the last
//! parameter. Streams and futures of packed files are handles of the runtime, too.
//!
//! A component lowers a function synchronously or with the option `async`. The runtime has
//! one function for both, in the shape of the synchronous lowering, and it always answers at
//! once. The entry that `pack` writes converts: it loads the parameters of an asynchronous
//! call, and returns [`RETURNED`]. For example, `open-at` has six core parameters. The
//! synchronous lowering passes them all, and the asynchronous one passes the address of a
//! record with [these fields](Function::record).

mod functions;
mod host;

pub use functions::{FUNCTIONS, Field, Function, Interface};
pub use host::{HOST_FUNCTIONS, HostFunction};

/// The most core parameters of an asynchronous lowering: `MAX_FLAT_ASYNC_PARAMS` of the
/// canonical ABI. If a function has more, a record in memory holds them.
pub const MAX_ASYNC_PARAMS: usize = 4;

/// The status of an asynchronous call that has written its result: `RETURNED` of the
/// canonical ABI, without a subtask.
pub const RETURNED: i32 = 2;
