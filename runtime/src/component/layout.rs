//! Where the parts of results and records lie, by the canonical ABI.
//!
//! A `result` or `option` has its tag at offset 0. Its payload follows at a multiple of
//! the payload's alignment, and so does the error in its place. For example, the handle
//! of a `result<descriptor, error-code>` lies at offset 4, and the `error-code` too.

/// `option` and `result`: the tags.
pub(crate) mod tag {
    pub(crate) const OK: u8 = 0;
    pub(crate) const ERROR: u8 = 1;
    pub(crate) const NONE: u8 = 0;
    pub(crate) const SOME: u8 = 1;
}

/// `result<T, error-code>` and `result<T, stream-error>` by the alignment of the payload.
pub(crate) mod payload {
    pub(crate) const OF_BYTE: u32 = 1;
    pub(crate) const OF_WORD: u32 = 4;
    pub(crate) const OF_LONG: u32 = 8;
}

/// `list<T>` and `string`.
pub(crate) mod list {
    pub(crate) const POINTER: u32 = 0;
    pub(crate) const COUNT: u32 = 4;
    pub(crate) const LEN: u32 = 8;
}

/// `tuple<list<u8>, bool>`.
pub(crate) mod bytes {
    pub(crate) const IS_END: u32 = 8;
    pub(crate) const LEN: u32 = 12;
}

/// `tuple<descriptor, string>`.
pub(crate) mod preopen {
    pub(crate) const DESCRIPTOR: u32 = 0;
    pub(crate) const PATH: u32 = 4;
    pub(crate) const LEN: u32 = 12;
}

/// `stream-error`.
pub(crate) mod stream_error {
    pub(crate) const FAILED: u8 = 0;
    pub(crate) const CLOSED: u8 = 1;

    pub(crate) const TAG: u32 = 0;
    pub(crate) const ERROR: u32 = 4;
    pub(crate) const LEN: u32 = 8;
}

/// `descriptor-stat`.
pub(crate) mod stat {
    pub(crate) const TYPE: u32 = 0;
    pub(crate) const LINK_COUNT: u32 = 8;
    pub(crate) const SIZE: u32 = 16;
    pub(crate) const ACCESSED: u32 = 24;
    pub(crate) const MODIFIED: u32 = 48;
    pub(crate) const CHANGED: u32 = 72;
    pub(crate) const LEN: u32 = 96;
}

/// `option<datetime>`.
pub(crate) mod time {
    pub(crate) const TAG: u32 = 0;
    pub(crate) const SECONDS: u32 = 8;
    pub(crate) const NANOSECONDS: u32 = 16;
}

/// `option<directory-entry>`.
pub(crate) mod entry {
    pub(crate) const TAG: u32 = 0;
    pub(crate) const TYPE: u32 = 4;
    pub(crate) const NAME: u32 = 8;
    pub(crate) const LEN: u32 = 16;
}

/// `metadata-hash-value`.
pub(crate) mod hash {
    pub(crate) const LOWER: u32 = 0;
    pub(crate) const UPPER: u32 = 8;
    pub(crate) const LEN: u32 = 16;
}

/// `descriptor-type`.
pub(crate) mod descriptor_type {
    pub(crate) const DIRECTORY: u8 = 3;
    pub(crate) const SYMBOLIC_LINK: u8 = 5;
    pub(crate) const REGULAR_FILE: u8 = 6;
}

/// `descriptor-flags`.
pub(crate) mod descriptor_flags {
    pub(crate) const READ: u32 = 1 << 0;
    pub(crate) const WRITE: u32 = 1 << 1;
    pub(crate) const FILE_INTEGRITY_SYNC: u32 = 1 << 2;
    pub(crate) const DATA_INTEGRITY_SYNC: u32 = 1 << 3;
    pub(crate) const MUTATE_DIRECTORY: u32 = 1 << 5;

    /// Those of a file: without [`MUTATE_DIRECTORY`].
    pub(crate) const OF_FILE: u32 = 0b1_1111;
}

/// `path-flags`.
pub(crate) mod path_flags {
    pub(crate) const SYMLINK_FOLLOW: u32 = 1 << 0;
}

/// `open-flags`.
pub(crate) mod open_flags {
    pub(crate) const CREATE: u32 = 1 << 0;
    pub(crate) const DIRECTORY: u32 = 1 << 1;
    pub(crate) const EXCLUSIVE: u32 = 1 << 2;
    pub(crate) const TRUNCATE: u32 = 1 << 3;
}

/// `new-timestamp`: the tags.
pub(crate) mod new_timestamp {
    pub(crate) const NO_CHANGE: u32 = 0;
    pub(crate) const NOW: u32 = 1;
    pub(crate) const TIMESTAMP: u32 = 2;
}

/// `advice`: the largest value, `no-reuse`.
pub(crate) const LAST_ADVICE: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// Size and alignment of a type.
    type Layout = (u32, u32);

    const U8: Layout = (1, 1);
    const U32: Layout = (4, 4);
    const U64: Layout = (8, 8);
    const LIST: Layout = (8, 4);

    /// The offsets of the fields of a record, and its layout.
    fn record(fields: &[Layout]) -> (Vec<u32>, Layout) {
        let align = fields.iter().map(|field| field.1).max().unwrap_or(1);
        let mut end = 0_u32;
        let offsets = fields.iter().map(|&(len, align)| {
            let offset = end.next_multiple_of(align);
            end = offset + len;
            offset
        });
        let offsets = offsets.collect();
        (offsets, (end.next_multiple_of(align), align))
    }

    /// The offset of the payload of a variant with these cases, and its layout.
    fn variant(cases: &[Layout]) -> (u32, Layout) {
        let align = cases.iter().map(|case| case.1).max().unwrap_or(1);
        let len = cases.iter().map(|case| case.0).max().unwrap_or(0);
        (align, ((align + len).next_multiple_of(align), align))
    }

    #[test]
    fn payloads_of_results_are_aligned() {
        assert_eq!(variant(&[U8]).0, payload::OF_BYTE);
        let (offset, error) = variant(&[U32]);
        assert_eq!((offset, error.0), (stream_error::ERROR, stream_error::LEN));
        assert_eq!(variant(&[error]).0, payload::OF_WORD);
        assert_eq!(variant(&[LIST, error]).0, payload::OF_WORD);
        assert_eq!(variant(&[U64, error]).0, payload::OF_LONG);
    }

    #[test]
    fn a_stat_lies_as_its_record() {
        let (fields, datetime) = record(&[U64, U32]);
        let (offset, time) = variant(&[datetime]);
        assert_eq!(fields, [0, 8]);
        assert_eq!([offset, offset + 8], [time::SECONDS, time::NANOSECONDS]);
        let (fields, all) = record(&[U8, U64, U64, time, time, time]);
        let expected = [
            stat::TYPE,
            stat::LINK_COUNT,
            stat::SIZE,
            stat::ACCESSED,
            stat::MODIFIED,
            stat::CHANGED,
        ];
        assert_eq!(fields, expected);
        assert_eq!(all, (stat::LEN, 8));
        assert_eq!(variant(&[all, U8]).1.0, 104);
    }

    #[test]
    fn an_entry_lies_as_its_record() {
        let (fields, record) = record(&[U8, LIST]);
        let (offset, option) = variant(&[record]);
        let name = offset + fields[1];
        assert_eq!(
            [offset, name, option.0],
            [entry::TYPE, entry::NAME, entry::LEN]
        );
        assert_eq!(variant(&[option, U8]).0, payload::OF_WORD);
    }

    #[test]
    fn tuples_lie_as_records() {
        let (fields, layout) = record(&[LIST, U8]);
        assert_eq!((fields[1], layout.0), (bytes::IS_END, bytes::LEN));
        let (fields, layout) = record(&[U32, LIST]);
        assert_eq!(fields, [preopen::DESCRIPTOR, preopen::PATH]);
        assert_eq!(layout.0, preopen::LEN);
        let (fields, layout) = record(&[U64, U64]);
        assert_eq!(fields, [hash::LOWER, hash::UPPER]);
        assert_eq!(layout.0, hash::LEN);
        let (fields, layout) = record(&[U32, U32]);
        assert_eq!(fields, [list::POINTER, list::COUNT]);
        assert_eq!(layout.0, list::LEN);
    }
}
