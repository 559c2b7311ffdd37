//! The entries of an open directory.
//!
//! The host is asked once, at the first entry. So cookies stay valid while the program or
//! another process changes the directory. The next listing from the start asks again.

use super::error::from_io;
use super::stat;
use cap_fs_ext::{DirEntryExt, MetadataExt};
use cap_std::fs::{Dir, DirEntry};
use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use wasi_vfs_runtime::fs::{FsError, Kind, Result};

/// The entries, in the host's order.
#[derive(Default)]
pub(super) struct Listing(RefCell<Option<Vec<Rc<Listed>>>>);

/// An entry.
pub(super) struct Listed {
    pub(super) serial: u64,
    pub(super) kind: Kind,
    name: OsString,
}

impl Listed {
    pub(super) fn name(&self) -> Result<&str> {
        self.name.to_str().ok_or(FsError::IllegalName)
    }
}

impl Listing {
    /// The entry at a position. Position 0 asks the host again.
    pub(super) fn entry(&self, dir: &Dir, position: u64) -> Result<Option<Rc<Listed>>> {
        let mut listing = self.0.borrow_mut();
        let entries = match &mut *listing {
            Some(entries) if position > 0 => entries,
            other => other.insert(list(dir).map_err(from_io)?),
        };
        let entry = usize::try_from(position)
            .ok()
            .and_then(|at| entries.get(at));
        Ok(entry.cloned())
    }
}

fn list(dir: &Dir) -> io::Result<Vec<Rc<Listed>>> {
    let mut entries = Vec::new();
    for entry in dir.entries()? {
        entries.extend(listed(&entry?)?.map(Rc::new));
    }
    Ok(entries)
}

/// `None` if the entry was removed meanwhile.
fn listed(entry: &DirEntry) -> io::Result<Option<Listed>> {
    match entry.full_metadata() {
        Ok(metadata) => Ok(Some(Listed {
            serial: metadata.ino(),
            kind: stat::kind(metadata.file_type()),
            name: entry.file_name(),
        })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
