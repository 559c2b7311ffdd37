//! The index: what lookups read, and what stays in memory.

use crate::command::root;
use crate::content::Content;
use crate::goal::Goal;
use crate::report::Section;
use crate::statistics::grouped;
use crate::trees::Tree;
use crate::variant::{Program, Storage, packed};
use anyhow::Result;
use wasi_vfs::Contents;
use wasi_vfs_format::superblock::Superblock;

/// What a cold read may decode.
const COLD_READ_MAX_KIB: f64 = 256.0;

/// Bytes of each tree's index.
pub(crate) fn run(contents: &[(Tree, Content)]) -> Result<Section> {
    let mut section = Section::new(
        "Index",
        "Bytes, of the compressed images. Names are those of files and directories. A cold read \
         decodes a block and, the first time, the base that blocks are compressed against.",
    )
    .head(&[
        "",
        "files",
        "index",
        "of it names",
        "the rest a file",
        "cold read, KiB",
    ]);
    for (tree, content) in contents {
        let module = std::fs::read(root().join(packed(Program::Reader, tree, Storage::Default)))?;
        let image = Contents::find(&module)?;
        let superblock = Superblock::parse(&image.index)?;
        let (index, names) = (image.index.len() as u64, superblock.names.count.get());
        let a_file = (index - u64::from(names)) as f64 / content.files as f64;
        let cold_read = f64::from(2 * superblock.block_len()) / 1024.0;
        section.row([
            tree.title.to_owned(),
            grouped(content.files),
            grouped(index),
            grouped(names.into()),
            format!("{a_file:.1}"),
            format!("{cold_read:.0}"),
        ]);
        let what = format!("index without names, {}", tree.title);
        section.goal(Goal::at_most(what, a_file, 40.0).in_unit(" bytes a file"));
        let what = format!("a cold read decodes, {}", tree.title);
        section.goal(Goal::at_most(what, cold_read, COLD_READ_MAX_KIB).in_unit(" KiB"));
    }
    Ok(section)
}
