//! The metadata of a host file that an image stores.

use super::error::{SourceError, SpecialKind};
use std::fs::Metadata;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The modification time in nanoseconds since 1970-01-01 UTC.
pub(super) fn mtime_ns(path: &Path, metadata: &Metadata) -> Result<i64, SourceError> {
    let out_of_range = || SourceError::TimeOutOfRange {
        path: path.to_owned(),
    };
    // Fails only on a platform without modification times.
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    since_epoch(modified).ok_or_else(out_of_range)
}

fn since_epoch(time: SystemTime) -> Option<i64> {
    let ns = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
    };
    i64::try_from(ns).ok()
}

/// Whether any user may execute the file.
#[cfg(unix)]
pub(super) fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

/// Other hosts have no executable bit.
#[cfg(not(unix))]
pub(super) fn is_executable(_: &Metadata) -> bool {
    false
}

/// The kind of an object that is neither a file, a directory nor a symbolic link.
#[cfg(unix)]
pub(super) fn special_kind(metadata: &Metadata) -> SpecialKind {
    use std::os::unix::fs::FileTypeExt;
    let file_type = metadata.file_type();
    if file_type.is_fifo() {
        SpecialKind::Fifo
    } else if file_type.is_socket() {
        SpecialKind::Socket
    } else if file_type.is_block_device() {
        SpecialKind::BlockDevice
    } else if file_type.is_char_device() {
        SpecialKind::CharacterDevice
    } else {
        SpecialKind::Unknown
    }
}

/// Other hosts do not report the kind.
#[cfg(not(unix))]
pub(super) fn special_kind(_: &Metadata) -> SpecialKind {
    SpecialKind::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_before_1970_are_negative() {
        let before = UNIX_EPOCH - Duration::new(1, 5);
        assert_eq!(since_epoch(before), Some(-1_000_000_005));
        let after = UNIX_EPOCH + Duration::new(1, 5);
        assert_eq!(since_epoch(after), Some(1_000_000_005));
    }

    #[test]
    fn times_out_of_range_are_detected() {
        let year_2446 = UNIX_EPOCH + Duration::from_secs(15_000_000_000);
        assert_eq!(since_epoch(year_2446), None);
    }
}
