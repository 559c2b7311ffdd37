//! Tables on the heap.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// An array of zeros; `None` if there is no memory for it. It never lies on the
/// stack, where it would not fit.
pub(super) fn zeroed<T: Clone + Default, const LEN: usize>() -> Option<Box<[T; LEN]>> {
    let mut items = Vec::new();
    items.try_reserve_exact(LEN).ok()?;
    items.resize(LEN, T::default());
    items.try_into().ok()
}
