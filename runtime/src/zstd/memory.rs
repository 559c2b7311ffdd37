//! Tables and buffers on the heap.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// An array of zeros; `None` if there is no memory for it. It never lies on the
/// stack, where it would not fit.
pub(super) fn zeroed<T: Clone + Default, const LEN: usize>() -> Option<Box<[T; LEN]>> {
    zeros(LEN)?.try_into().ok()
}

/// `len` zeros; `None` if memory runs out.
pub(super) fn zeros<T: Clone + Default>(len: usize) -> Option<Vec<T>> {
    let mut items = Vec::new();
    items.try_reserve_exact(len).ok()?;
    items.resize(len, T::default());
    Some(items)
}
