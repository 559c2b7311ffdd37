//! What a wired runtime exports and imports: the functions of WASI 0.2 that deal with
//! files.
//!
//! A component's core code passes handles as numbers. The canonical ABI keeps the handles
//! of the host below [`FIRST_HANDLE`], so the runtime numbers its own from there on.
//! `pack` puts a check before each function: a call without a handle of the runtime goes
//! to the host. For example, `[method]descriptor.stat` of handle 5 is the host's, and of
//! handle 0x4000_0001 the runtime's.
//!
//! Every function has one parameter more than in WASI, the last: the number of the
//! *lowering* that the program called. A component may lower a function more than once,
//! for another version of the interface or with another allocator. The runtime passes the
//! number on, so that the program's own allocator provides the memory of the answer, and
//! a function of the same version answers for the host.

mod functions;
mod host;

pub use functions::{FUNCTIONS, Function, Interface, OUTPUT_FUNCTIONS, SPLICE_HANDLES};
pub use host::{Absent, CLOCK, HOST_FUNCTIONS, HostFunction, REALLOC_IMPORT};

/// The first handle of the runtime. The host's are below: `Table.MAX_LENGTH` of the
/// [canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md)
/// is 2^28.
pub const FIRST_HANDLE: u32 = 1 << 30;

/// The last handle of the runtime.
pub const LAST_HANDLE: u32 = (1 << 31) - 1;
