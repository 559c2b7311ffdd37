//! Where the parts of results and records lie, by the canonical ABI, and numbers that all
//! releases share.

/// Size and alignment of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) len: u32,
    pub(crate) align: u32,
}

impl Layout {
    /// The `option` of the type, or the variant with it as the longest payload. The payload
    /// lies at its alignment, behind the tag.
    pub(crate) const fn behind_tag(self) -> Self {
        Self {
            len: self.align + self.len.next_multiple_of(self.align),
            align: self.align,
        }
    }

    /// Room for either of two types.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self {
            len: larger(self.len, other.len),
            align: larger(self.align, other.align),
        }
    }
}

const fn larger(one: u32, other: u32) -> u32 {
    if one > other { one } else { other }
}

/// `option` and `result`: the tags.
pub(crate) mod tag {
    pub(crate) const OK: u8 = 0;
    pub(crate) const ERROR: u8 = 1;
    pub(crate) const NONE: u8 = 0;
    pub(crate) const SOME: u8 = 1;
}

/// `list<T>` and `string`.
pub(crate) mod list {
    pub(crate) const POINTER: u32 = 0;
    pub(crate) const COUNT: u32 = 4;
    pub(crate) const LEN: u32 = 8;
}

/// `tuple<descriptor, string>`.
pub(crate) mod preopen {
    pub(crate) const DESCRIPTOR: u32 = 0;
    pub(crate) const PATH: u32 = 4;
    pub(crate) const LEN: u32 = 12;
}

/// `descriptor-stat` behind its type.
pub(crate) mod stat {
    use super::Layout;

    /// The end of the type and of the gap behind it.
    pub(crate) const fn start(descriptor_type: Layout) -> u32 {
        descriptor_type.len.next_multiple_of(8)
    }

    pub(crate) const LINK_COUNT: u32 = 0;
    pub(crate) const SIZE: u32 = 8;
    pub(crate) const ACCESSED: u32 = 16;
    pub(crate) const MODIFIED: u32 = 40;
    pub(crate) const CHANGED: u32 = 64;
    pub(crate) const LEN: u32 = 88;
}

/// `datetime` and `instant`.
pub(crate) mod time {
    pub(crate) const SECONDS: u32 = 0;
    pub(crate) const NANOSECONDS: u32 = 8;
}

/// `metadata-hash-value`.
pub(crate) mod hash {
    pub(crate) const LOWER: u32 = 0;
    pub(crate) const UPPER: u32 = 8;
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
pub(crate) mod tests {
    use super::*;

    pub(crate) const U8: Layout = Layout { len: 1, align: 1 };
    pub(crate) const U32: Layout = Layout { len: 4, align: 4 };
    pub(crate) const U64: Layout = Layout { len: 8, align: 8 };
    pub(crate) const LIST: Layout = Layout { len: 8, align: 4 };

    /// The offsets of the fields of a record, and its layout.
    pub(crate) fn record(fields: &[Layout]) -> (Vec<u32>, Layout) {
        let align = fields.iter().map(|field| field.align).max().unwrap_or(1);
        let mut end = 0_u32;
        let offsets = fields.iter().map(|field| {
            let offset = end.next_multiple_of(field.align);
            end = offset + field.len;
            offset
        });
        let offsets = offsets.collect();
        let len = end.next_multiple_of(align);
        (offsets, Layout { len, align })
    }

    /// The layout of a variant with these cases.
    pub(crate) fn variant(cases: &[Layout]) -> Layout {
        let align = cases.iter().map(|case| case.align).max().unwrap_or(1);
        let len = cases.iter().map(|case| case.len).max().unwrap_or(0);
        Layout {
            len: (align + len).next_multiple_of(align),
            align,
        }
    }

    #[test]
    fn a_tag_lies_before_the_aligned_payload() {
        for cases in [[U8, U8], [U8, U32], [U32, LIST], [U64, LIST], [LIST, U8]] {
            let either = cases[0].or(cases[1]);
            assert_eq!(either.behind_tag(), variant(&cases), "{cases:?}");
        }
    }

    #[test]
    fn a_stat_lies_as_its_record() {
        let (fields, instant) = record(&[U64, U32]);
        assert_eq!(fields, [time::SECONDS, time::NANOSECONDS]);
        let time = variant(&[instant]);
        for descriptor_type in [U8, variant(&[variant(&[LIST])])] {
            let (fields, all) = record(&[descriptor_type, U64, U64, time, time, time]);
            let start = stat::start(descriptor_type);
            let expected = [
                0,
                start + stat::LINK_COUNT,
                start + stat::SIZE,
                start + stat::ACCESSED,
                start + stat::MODIFIED,
                start + stat::CHANGED,
            ];
            assert_eq!(fields, expected);
            assert_eq!(all.len, start + stat::LEN);
        }
    }

    #[test]
    fn tuples_lie_as_records() {
        let (fields, layout) = record(&[U32, LIST]);
        assert_eq!(fields, [preopen::DESCRIPTOR, preopen::PATH]);
        assert_eq!(layout.len, preopen::LEN);
        let (fields, _) = record(&[U64, U64]);
        assert_eq!(fields, [hash::LOWER, hash::UPPER]);
        let (fields, layout) = record(&[U32, U32]);
        assert_eq!(fields, [list::POINTER, list::COUNT]);
        assert_eq!(layout.len, list::LEN);
    }
}
