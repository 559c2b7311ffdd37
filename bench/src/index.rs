//! The index: what lookups read, and what stays in memory.

use crate::content::Content;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::{grouped, short};
use crate::storage::Storage;
use crate::trees::Tree;
use anyhow::Result;
use wasi_vfs_format::superblock::Superblock;

const INDEX: Goal = Goal::at_most("index without names", 40.0)
    .in_unit(" bytes a file")
    .limited_by(
        "directories and links are inodes too; a large file takes 16 bytes more for each run of its \
         bytes that lies elsewhere, which is what deduplication and order cost",
    );

const COLD_READ: Goal =
    Goal::at_most("the first read of a file decompresses", 256.0).in_unit(" KiB");

/// Bytes of each tree's index.
pub(crate) fn run(contents: &[(Tree, Content)]) -> Result<Section> {
    let mut section = Section::new(
        "Index",
        "Bytes, of the compressed images, as the index is in memory. Names are those of files and \
         directories. The first read decompresses a block and the base that all blocks are \
         compressed against, every later one a block.",
    )
    .head(&[
        "",
        "files",
        "inodes",
        "extents",
        "index",
        "of it names",
        "the rest, a file",
        "first read, KiB",
    ]);
    for (tree, content) in contents {
        step(format_args!("index of {}", tree.title));
        add_row(&mut section, tree, content)?;
    }
    Ok(section)
}

fn add_row(section: &mut Section, tree: &Tree, content: &Content) -> Result<()> {
    let image = Packed::new(Program::Reader, tree, Storage::Default).contents()?;
    let superblock = Superblock::parse(&image.index)?;
    let (index, names) = (image.index.len() as u64, superblock.names.count.get());
    let a_file = (index - u64::from(names)) as f64 / content.files as f64;
    let first_read = f64::from(2 * superblock.block_len()) / 1024.0;
    section.row([
        tree.title.to_owned(),
        grouped(content.files),
        grouped(superblock.inodes.count.get().into()),
        grouped(superblock.extents.count.get().into()),
        grouped(index),
        grouped(names.into()),
        short(a_file),
        format!("{first_read:.0}"),
    ]);
    section.case(INDEX, tree.title, a_file);
    section.case(COLD_READ, tree.title, first_read);
    Ok(())
}
