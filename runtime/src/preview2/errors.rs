//! The errors of streams: `stream-error`, and the text of the resource `error`.

use super::release::Wasi02;
use crate::component::Allocator;
use crate::component::answers::{Record, Value};
use crate::component::errors::ErrorCode;
use crate::component::layout::Layout;
use crate::guest::Memory;

/// `stream-error` of `wasi:io/streams`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamError {
    /// `last-operation-failed`, with the code of its error.
    Failed(ErrorCode),
    /// `closed`.
    Closed,
}

/// The tags and the offset of the error.
const FAILED: u8 = 0;
const CLOSED: u8 = 1;
const ERROR: u32 = 4;

impl From<ErrorCode> for StreamError {
    fn from(code: ErrorCode) -> Self {
        Self::Failed(code)
    }
}

impl StreamError {
    pub(super) const LAYOUT: Layout = Layout { len: 8, align: 4 };
}

impl Value<Wasi02> for StreamError {
    const LAYOUT: Layout = Self::LAYOUT;

    fn put<M: Memory, H: Allocator>(self, record: &Record<'_, M, H>, offset: u32) {
        match self {
            Self::Closed => record.put_u8(offset, CLOSED),
            Self::Failed(code) => {
                record.put_u8(offset, FAILED);
                record.put_u32(offset + ERROR, code.handle());
            }
        }
    }
}

impl ErrorCode {
    /// What a stream says about the error.
    pub(crate) fn debug_string(self) -> &'static str {
        match self {
            Self::IO => "wasi-vfs: the packed file is damaged; `wasi-vfs verify` names the block",
            #[cfg(any(test, feature = "writable"))]
            Self::INSUFFICIENT_SPACE => "wasi-vfs: the changes reach the limit of the component",
            Self::INSUFFICIENT_MEMORY => "wasi-vfs: memory ran out while reading a packed file",
            Self::BAD_DESCRIPTOR => "wasi-vfs: the stream is not open",
            _ => "wasi-vfs: the packed file cannot be read",
        }
    }
}
