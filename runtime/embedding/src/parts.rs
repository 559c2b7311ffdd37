//! The parts of a merged runtime that only some images need.
//!
//! A runtime asks for each part by an import without parameters, for example `part`
//! `links`. The merge knows the image and answers each question with a constant, so it can
//! remove the code behind an answer of 0. That code ends as damage if a forged image asks
//! for it.

/// Passes the list of parts to the macro `$then`: documentation, variant of [`Part`], name
/// of the import, and function in Rust. `part_module` has the module of the imports.
#[macro_export]
macro_rules! for_each_part {
    ($then:ident) => {
        $then! {
            /// An index that is stored as a zstd frame.
            CompressedIndex "compressed-index" compressed_index;
            /// Compressed blocks.
            CompressedBlocks "compressed-blocks" compressed_blocks;
            /// More than one compressed block.
            SeveralBlocks "several-blocks" several_blocks;
            /// Blocks that are stored uncompressed.
            StoredBlocks "stored-blocks" stored_blocks;
            /// Files of several extents.
            Extents "extents" extents;
            /// Symbolic links. The program may make some in a writable module.
            Links "links" links;
        }
    };
}

macro_rules! declare_parts {
    ($($(#[$doc:meta])* $variant:ident $name:literal $function:ident;)*) => {
        /// A part of a runtime.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Part {
            $($(#[$doc])* $variant,)*
        }

        impl Part {
            /// Every part.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name, which is also the name of its import.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}
for_each_part!(declare_parts);

/// Passes the name of the module from which a runtime imports its questions, and `$rest`,
/// to the macro `$then`.
#[macro_export]
macro_rules! part_module {
    ($then:ident $($rest:tt)*) => {
        $then! { "part" $($rest)* }
    };
}

macro_rules! declare_part_module {
    ($module:literal) => {
        /// The module from which a runtime imports a question for each [`Part`].
        pub const PART_MODULE: &str = $module;
    };
}
part_module!(declare_part_module);

/// A set of parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(u32);

impl Parts {
    /// All parts.
    pub const ALL: Self = Self((1 << Part::ALL.len()) - 1);

    /// Adds a part.
    pub fn insert(&mut self, part: Part) {
        self.0 |= 1 << part as u32;
    }

    /// The set without a part.
    #[must_use]
    pub fn without(self, part: Part) -> Self {
        Self(self.0 & !(1 << part as u32))
    }

    /// Whether the set has a part.
    pub fn contains(self, part: Part) -> bool {
        self.0 & 1 << part as u32 != 0
    }

    /// The parts in the set.
    pub fn iter(self) -> impl Iterator<Item = Part> {
        let all = Part::ALL.iter().copied();
        all.filter(move |part| self.contains(*part))
    }

    /// The answer to the question with this name; `None` if no part has the name.
    pub fn answer(self, name: &str) -> Option<bool> {
        let part = Part::ALL.iter().find(|part| part.name() == name)?;
        Some(self.contains(*part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_answers_by_the_names_of_its_parts() {
        let mut parts = Parts::default();
        parts.insert(Part::Links);
        assert!(parts.iter().eq([Part::Links]));
        assert_eq!(parts.answer("links"), Some(true));
        assert_eq!(parts.answer("extents"), Some(false));
        assert_eq!(parts.answer("else"), None);
        assert!(Parts::ALL.iter().eq(Part::ALL.iter().copied()));
    }
}
