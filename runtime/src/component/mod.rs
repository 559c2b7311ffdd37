//! Files of a component: what the front ends of WASI 0.2 and 0.3 share.
//!
//! A component may import both releases, and sees one file system through both. So one
//! [`Server`] has the state: the file system, and the open resources by handle. Its methods
//! return results without addresses. A front end decodes a call, asks a method, and encodes
//! the result as its release lays it out.
//!
//! For example, `stat-at(0x4000_0000, "hello")`: the server finds the preopen in slot 0,
//! copies the path out of the memory, and resolves it. The result is a node's metadata,
//! which 0.2 writes in 96 bytes and 0.3 in 104.
//!
//! The program's allocator provides the memory of lists and strings. It is code of the
//! program and may call the runtime again, so nothing is borrowed while it runs.

pub(crate) mod allocator;
pub(crate) mod answers;
pub(crate) mod changing;
pub(crate) mod descriptors;
pub(crate) mod directories;
pub(crate) mod errors;
pub(crate) mod functions;
pub(crate) mod handles;
pub(crate) mod layout;
pub(crate) mod memory;
pub(crate) mod opening;
pub(crate) mod pumps;
pub(crate) mod reading;
pub(crate) mod release;
pub(crate) mod server;
pub(crate) mod writing;

pub use allocator::Allocator;
pub use errors::ErrorCode;
pub use server::Server;
