//! The image of a packed module.

use crate::module::form::Form;
use crate::module::writable::Writable;
use std::borrow::Cow;
use wasi_vfs_format::Payload;

/// The image of a module in memory. A part borrows the module if one data segment or
/// section holds all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// How the runtime is bound to the module.
    pub form: Form,
    /// Version of the runtime, such as `0.1.0`.
    pub runtime_version: String,
    /// The index.
    pub index: Cow<'a, [u8]>,
    /// Stored length of the index. It is shorter than the index if compressed.
    pub index_stored_len: u32,
    /// The stored blocks.
    pub payload: Cow<'a, [u8]>,
    /// The metadata section, unless a tool has dropped it.
    pub metadata: Option<&'a [u8]>,
    /// The writable directories, if the runtime has a layer.
    pub writable: Option<Writable>,
    /// The exports that ran before the module got its state, if it keeps one.
    pub started: Option<Vec<String>>,
}

/// The image of a module in a file. The payload stays in the file.
#[derive(Clone, Debug)]
pub(crate) struct Filed {
    pub(crate) form: Form,
    pub(crate) runtime_version: String,
    pub(crate) index: Vec<u8>,
    pub(crate) index_stored_len: u32,
    pub(crate) payload: Payload<'static>,
    /// Number of the data segment with the payload, in a merged module.
    pub(crate) payload_segment: Option<u32>,
    pub(crate) metadata: Option<Vec<u8>>,
    pub(crate) writable: Option<Writable>,
    pub(crate) started: Option<Vec<String>>,
}
