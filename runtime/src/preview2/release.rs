//! The numbers and sizes of WASI 0.2.

use crate::component::errors::ErrorCode;
use crate::component::layout::Layout;
use crate::component::release::Release;
use crate::fs::Kind;

/// WASI 0.2.
pub(super) struct Wasi02;

impl Release for Wasi02 {
    const ERROR_CODE: Layout = Layout { len: 1, align: 1 };
    const DESCRIPTOR_TYPE: Layout = Layout { len: 1, align: 1 };

    fn error_code(code: ErrorCode) -> u8 {
        code.0
    }

    fn descriptor_type(kind: Kind) -> u8 {
        match kind {
            Kind::Directory => 3,
            Kind::Symlink => 5,
            Kind::File => 6,
        }
    }

    /// `datetime` has no times before 1970: they are unknown.
    fn time(time_ns: i64) -> Option<(u64, u32)> {
        const SECOND: u64 = 1_000_000_000;
        let time_ns = u64::try_from(time_ns).ok()?;
        Some((time_ns / SECOND, (time_ns % SECOND) as u32))
    }

    fn seconds(argument: u64) -> Option<i64> {
        i64::try_from(argument).ok()
    }
}
