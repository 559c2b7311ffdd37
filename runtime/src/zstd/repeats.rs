//! Offsets that are used again (RFC 8878, 3.1.1.5).

use core::hint::select_unpredictable;

/// The offsets used last, the last one first.
#[derive(Clone, Copy)]
pub(super) struct Repeats(u32, u32, u32);

impl Repeats {
    /// What a frame begins with.
    pub(super) const FIRST: Self = Self(1, 4, 8);

    /// The offset that a value stands for; the first three stand for one of
    /// those used last. Without a branch, which would be hard to predict.
    #[inline(always)]
    pub(super) fn resolve(&mut self, value: u32, no_literals: bool) -> u32 {
        let Self(a, b, c) = *self;
        // Without literals the offset used last would just continue a match.
        let position = value + u32::from(no_literals);
        let is_new = value > 3;
        let older = select_unpredictable(position == 2, b, c);
        let other = select_unpredictable(position == 4, a.wrapping_sub(1), older);
        let repeated = select_unpredictable(position == 1, a, other);
        let offset = select_unpredictable(is_new, value.wrapping_sub(3), repeated);
        let second = select_unpredictable(position == 1, b, a);
        let third = select_unpredictable(position < 3, c, b);
        *self = Self(offset, second, third);
        offset
    }
}
