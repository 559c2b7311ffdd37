//! The numbers and sizes of WASI 0.3.

use crate::component::errors::ErrorCode;
use crate::component::layout::Layout;
use crate::component::release::Release;
use crate::fs::Kind;

/// WASI 0.3.
pub(super) struct Wasi03;

/// The code of 0.2 that 0.3 lacks: `would-block`.
const WOULD_BLOCK: u8 = 1;

impl Release for Wasi03 {
    /// A variant whose longest payload is an `option<string>`.
    const ERROR_CODE: Layout = Layout { len: 16, align: 4 };
    const DESCRIPTOR_TYPE: Layout = Layout { len: 16, align: 4 };

    /// The codes have the order of 0.2.
    fn error_code(code: ErrorCode) -> u8 {
        match code.0 > WOULD_BLOCK {
            true => code.0 - 1,
            false => code.0,
        }
    }

    fn descriptor_type(kind: Kind) -> u8 {
        match kind {
            Kind::Directory => 2,
            Kind::Symlink => 4,
            Kind::File => 5,
        }
    }

    /// The seconds of an `instant` are signed, and its nanoseconds count up from them.
    fn time(time_ns: i64) -> Option<(u64, u32)> {
        const SECOND: i64 = 1_000_000_000;
        let seconds = time_ns.div_euclid(SECOND);
        Some((seconds as u64, time_ns.rem_euclid(SECOND) as u32))
    }

    fn seconds(argument: u64) -> Option<i64> {
        Some(argument as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::layout::tests::{LIST, U8, variant};

    /// `error-code` of the specification, in its order.
    const NAMES: &str = "access already bad-descriptor busy deadlock quota exist \
        file-too-large illegal-byte-sequence in-progress interrupted invalid io is-directory \
        loop too-many-links message-size name-too-long no-device no-entry no-lock \
        insufficient-memory insufficient-space not-directory not-empty not-recoverable \
        unsupported no-tty no-such-device overflow not-permitted pipe read-only invalid-seek \
        text-file-busy cross-device other";

    #[test]
    fn every_code_has_the_number_of_its_name() {
        let named = NAMES.split_whitespace().enumerate();
        let known = named.filter_map(|(number, name)| Some((number, ErrorCode::named(name)?)));
        let known: Vec<_> = known.collect();
        assert_eq!(known.len(), 22);
        for (number, code) in known {
            assert_eq!(usize::from(Wasi03::error_code(code)), number, "{code:?}");
        }
    }

    #[test]
    fn variants_have_room_for_a_text() {
        let other = variant(&[variant(&[LIST]), U8]);
        assert_eq!(Wasi03::ERROR_CODE, other);
        assert_eq!(Wasi03::DESCRIPTOR_TYPE, other);
    }

    #[test]
    fn times_before_1970_have_negative_seconds() {
        assert_eq!(Wasi03::time(-1), Some((-1_i64 as u64, 999_999_999)));
        assert_eq!(Wasi03::time(1_000_000_002), Some((1, 2)));
        assert_eq!(
            Wasi03::time(i64::MIN).map(|time| time.0 as i64),
            Some(-9_223_372_037)
        );
    }
}
