//! An anchor and the place where it lies.

use crate::module::form::Form;
use std::collections::BTreeSet;
use wasi_vfs_embedding::{Anchor, FORM_LINKED};

/// An anchor that lies where it says it does, so the module is packed.
pub(crate) struct Located {
    pub(crate) memory: u32,
    pub(crate) anchor: Anchor,
    pub(crate) form: Form,
    /// Where the addresses in the anchor count from.
    pub(crate) start: u32,
}

/// An anchor that names an image, and where it lies.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) memory: u32,
    pub(crate) address: u32,
    pub(crate) anchor: Anchor,
}

impl Placed {
    /// Where its addresses count from, if they do.
    pub(crate) fn start(&self) -> Option<u32> {
        self.address.checked_sub(self.anchor.address.get())
    }

    /// Whether it lies where it says. That tells it from a copy in somebody's data. Its
    /// region may have moved before a snapshot, and another tool may have put a separate
    /// memory behind the application's. Then a global holds where it starts.
    pub(crate) fn is_in_place(&self, starts: &BTreeSet<u32>) -> bool {
        let may_move = self.anchor.form.get() != FORM_LINKED;
        self.is_where_recorded()
            || may_move && self.start().is_some_and(|start| starts.contains(&start))
    }

    pub(crate) fn is_where_recorded(&self) -> bool {
        self.start() == Some(self.anchor.region_address.get())
    }
}
