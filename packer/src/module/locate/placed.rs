//! An anchor and its place.

use crate::module::error::ModuleError;
use crate::module::form::Form;
use crate::module::locate::claimed::Claimed;
use crate::module::locate::memory::Memory;
use crate::module::parse::shape::Shape;
use std::collections::BTreeSet;
use wasi_vfs_embedding::{Anchor, FORM_LINKED};

/// An anchor at its recorded address. The module is packed.
pub(crate) struct Located {
    pub(crate) memory: u32,
    pub(crate) anchor: Anchor,
    pub(crate) form: Form,
    /// The origin of the addresses in the anchor.
    pub(crate) start: u32,
    /// The region with the anchor, if the runtime claims one.
    pub(crate) claimed: Option<Claimed>,
}

impl Located {
    /// The memory with the image, as it is when the program starts. The addresses of a
    /// claimed region count from its start.
    pub(crate) fn memory<'a>(&self, shape: &Shape<'a>) -> Result<Memory<'a>, ModuleError> {
        match self.claimed {
            Some(claimed) => Memory::of_claimed(shape, claimed),
            None => Memory::build(shape, self.memory),
        }
    }
}

/// An anchor with an image, and its place.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) memory: u32,
    pub(crate) address: u32,
    pub(crate) anchor: Anchor,
    /// The region with the anchor, if the runtime claims one.
    pub(crate) claimed: Option<Claimed>,
}

impl Placed {
    /// The origin of its addresses, if the recorded address can be right.
    pub(crate) fn start(&self) -> Option<u32> {
        self.address.checked_sub(self.anchor.address.get())
    }

    /// Whether it is at its recorded address, and not a copy in the data of a program. Its
    /// region may have moved before a snapshot, and another tool may have put a separate
    /// memory behind the application's. In both cases a global holds the new start.
    pub(crate) fn is_in_place(&self, starts: &BTreeSet<u32>) -> bool {
        let may_move = self.anchor.form.get() != FORM_LINKED;
        self.is_where_recorded()
            || may_move && self.start().is_some_and(|start| starts.contains(&start))
    }

    pub(crate) fn is_where_recorded(&self) -> bool {
        self.start() == Some(self.anchor.region_address.get())
    }
}
