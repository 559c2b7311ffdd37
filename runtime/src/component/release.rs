//! What differs between the releases of WASI.

use super::errors::ErrorCode;
use super::layout::Layout;
use crate::fs::Kind;

/// Numbers and sizes of a release.
pub(crate) trait Release {
    /// `error-code`.
    const ERROR_CODE: Layout;
    /// `descriptor-type`.
    const DESCRIPTOR_TYPE: Layout;

    /// The tag of an `error-code`.
    fn error_code(code: ErrorCode) -> u8;

    /// The tag of a `descriptor-type`.
    fn descriptor_type(kind: Kind) -> u8;

    /// Seconds and nanoseconds since 1970, if the release has such a time.
    fn time(time_ns: i64) -> Option<(u64, u32)>;

    /// The seconds of an argument. `None` if no file has such a time.
    fn seconds(argument: u64) -> Option<i64>;
}
