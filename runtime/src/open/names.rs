//! Changes that need two paths: a second name, and a moved name.

use super::{Expected, OpenDirectory, Place};
use crate::fs::{Filesystem, FsError, Kind, Result};

/// Adds the path `new` as a second name of the file at `old`. If `follow`, a link at the
/// end of `old` is followed.
///
/// # Errors
///
/// Those of the old path, of the new path, of [`Place`] and of [`Filesystem::link`].
pub fn link<F: Filesystem>(
    fs: &mut F,
    old: (&OpenDirectory<F::Id>, &[u8]),
    follow: bool,
    new: (&OpenDirectory<F::Id>, &[u8]),
) -> Result {
    let file = old.0.existing(fs, old.1, follow)?;
    let place = Place::find(fs, new, Expected::Free)?;
    place.check_no_directory()?;
    fs.link(file, place.directory, &place.name)
}

/// Moves the name at the path `old` to the path `new`.
///
/// # Errors
///
/// Those of [`link`], and [`FsError::NotADirectory`] for a slash behind the new name of
/// a file.
pub fn rename<F: Filesystem>(
    fs: &mut F,
    old: (&OpenDirectory<F::Id>, &[u8]),
    new: (&OpenDirectory<F::Id>, &[u8]),
) -> Result {
    let moved = old.0.existing(fs, old.1, false)?;
    let new = Place::find(fs, new, Expected::Any)?;
    if new.names_directory && F::kind(&fs.node(moved)?) != Kind::Directory {
        return Err(FsError::NotADirectory);
    }
    let old = Place::find(fs, old, Expected::Taken)?;
    let old = (old.directory, old.name.as_slice());
    fs.rename(old, (new.directory, &new.name))
}
