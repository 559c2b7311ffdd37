//! How the content of an image is stored.

/// What `pack` is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Storage {
    /// As it is.
    Stored,
    /// With `--compress=3`.
    Level3,
    /// With `--compress`.
    Default,
}

impl Storage {
    pub(crate) const ALL: [Self; 3] = [Self::Stored, Self::Level3, Self::Default];

    /// The two that are run.
    pub(crate) const RUN: [Self; 2] = [Self::Stored, Self::Default];

    /// The option of `pack`.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Stored => "",
            Self::Level3 => "--compress=3",
            Self::Default => "--compress",
        }
    }

    /// What tables call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Level3 => "`--compress=3`",
            Self::Default => "`--compress`",
        }
    }

    /// One word, for the names of files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Level3 => "3",
            Self::Default => "compressed",
        }
    }
}
