//! The numbers of a component's items, which have one index space for each kind.

use wasmparser::ComponentExternalKind as Kind;

/// The next number in each index space of a component.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers([u32; 6]);

impl Numbers {
    /// Numbers one more item.
    pub(super) fn add(&mut self, kind: Kind) -> u32 {
        let count = &mut self.0[slot(kind)];
        let number = *count;
        *count = number.saturating_add(1);
        number
    }
}

fn slot(kind: Kind) -> usize {
    match kind {
        Kind::Module => 0,
        Kind::Func => 1,
        Kind::Value => 2,
        Kind::Type => 3,
        Kind::Instance => 4,
        Kind::Component => 5,
    }
}
