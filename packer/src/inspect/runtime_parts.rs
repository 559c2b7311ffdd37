//! The parts of the runtime in a packed module.

use super::contents::Contents;
use crate::module::{Form, needed_parts, part_len};
use crate::runtime;

/// A part of the runtime that only some images need. `pack` leaves out all others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimePart {
    /// Its name, such as `links`.
    pub name: &'static str,
    /// Bytes of code that only this part needs, if the program imports all calls. `None` if
    /// the module has a runtime of another version.
    pub len: Option<u64>,
}

impl Contents<'_> {
    /// The parts of the runtime that the image needs. `None` for an image, and for a linked
    /// module, which has the whole runtime.
    ///
    /// ```
    /// # let app = wat::parse_str(r#"(module
    /// #     (import "wasi_snapshot_preview1" "path_open"
    /// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    /// #     (memory (export "memory") 1))"#)?;
    /// # let packed = wasi_vfs::Packer::new(app).map_dir("src", "/usr/lib").pack()?.module;
    /// let contents = wasi_vfs::Contents::find(&packed)?;
    /// let parts = contents.runtime_parts().unwrap_or_default();
    /// assert!(parts.iter().any(|part| part.name == "stored-blocks"));
    /// assert!(parts.iter().all(|part| part.name != "compressed-blocks"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn runtime_parts(&self) -> Option<Vec<RuntimePart>> {
        let is_writable = self.writable.is_some();
        let runtime = match self.form? {
            Form::Linked => return None,
            Form::Merged(_) => runtime::merged(is_writable),
            Form::Wired(_) => runtime::WIRED,
        };
        let is_compressed = (self.index_stored_len as usize) < self.index.len();
        let needed = needed_parts(&self.index, is_compressed, is_writable);
        let is_known = self.runtime_version.as_deref() == Some(runtime::VERSION);
        let parts = needed.iter().map(|part| RuntimePart {
            name: part.name(),
            len: is_known
                .then(|| part_len(runtime, needed, part).ok())
                .flatten(),
        });
        Some(parts.collect())
    }
}
