//! Parts of an anchor or a layer that a reader does not know.

use core::fmt;

/// A part of an anchor that only a newer wasi-vfs understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// Bits of [`Anchor::required_features`](crate::Anchor::required_features).
    Features(u32),
    /// [`Anchor::sources`](crate::Anchor::sources) is not empty.
    Sources,
    /// [`Anchor::layers`](crate::Anchor::layers) has several records, or the runtime keeps no changes.
    Layers,
    /// An unknown [`Layer::kind`](crate::Layer::kind).
    LayerKind(u32),
    /// Bits of [`Layer::flags`](crate::Layer::flags).
    LayerFlags(u32),
    /// The reserved fields of a [`Layer`](crate::Layer) are not 0.
    LayerState,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Features(bits) => write!(f, "requires the unknown features {bits:#x}"),
            Self::Sources => f.write_str("has a table of further block sources"),
            Self::Layers => f.write_str("has an unknown table of layers above the image"),
            Self::LayerKind(kind) => write!(f, "has a layer of the unknown kind {kind}"),
            Self::LayerFlags(bits) => write!(f, "has a layer with the unknown flags {bits:#x}"),
            Self::LayerState => f.write_str("has a layer with a record of changes"),
        }
    }
}
