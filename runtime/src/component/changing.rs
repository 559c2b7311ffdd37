//! Functions that change names and metadata.
//!
//! `open/place.rs` finds the directory and the name, and the file system makes the change.

use super::allocator::Allocator;
use super::descriptors::follows;
use super::errors::{ErrorCode, Result};
use super::layout::new_timestamp;
use super::release::Release;
use super::server::{Files, Server};
use crate::fs::{Filesystem, FsError, Time, Times, check_len};
use crate::guest::Memory;
use crate::open::{Expected, OpenDirectory, Place, link, rename};

/// `new-timestamp`: tag, seconds if a file can have them, nanoseconds.
type NewTime = (u32, Option<i64>, u32);

/// The times of a call.
pub(crate) struct NewTimes {
    accessed: NewTime,
    modified: NewTime,
}

impl NewTimes {
    /// The arguments of a call: tag, seconds and nanoseconds of each time.
    pub(crate) fn new<R: Release>(accessed: (u32, u64, u32), modified: (u32, u64, u32)) -> Self {
        let time = |(tag, seconds, nanoseconds)| (tag, R::seconds(seconds), nanoseconds);
        Self {
            accessed: time(accessed),
            modified: time(modified),
        }
    }
}

/// A descriptor, and a path from there.
type At = (u32, (u32, u32));

/// An open directory, and a path from there.
type Start<'a, I> = (&'a OpenDirectory<I>, &'a [u8]);

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    pub(crate) fn set_size(&self, descriptor: u32, size: u64) -> Result {
        self.with_files(|files| {
            let file = files.handles.file(descriptor)?;
            files.fs.check_writable(file.id)?;
            check_len(size)?;
            match file.is_writable() {
                true => Ok(files.fs.set_len(file.id, size)?),
                false => Err(ErrorCode::INVALID),
            }
        })
    }

    pub(crate) fn set_times(&self, descriptor: u32, times: &NewTimes) -> Result {
        self.with_files(|files| {
            let id = files.handles.descriptor(descriptor)?.id();
            files.set_times(id, times)
        })
    }

    pub(crate) fn set_times_at(
        &self,
        descriptor: u32,
        path_flags: u32,
        path: (u32, u32),
        times: &NewTimes,
    ) -> Result {
        self.with_path(path, |files| {
            let id = files.existing(descriptor, follows(path_flags))?;
            files.set_times(id, times)
        })
    }

    pub(crate) fn create_directory(&self, descriptor: u32, path: (u32, u32)) -> Result {
        self.with_path(path, |files| {
            let place = files.place(descriptor, Expected::Free)?;
            Ok(files.fs.create_directory(place.directory, &place.name)?)
        })
    }

    pub(crate) fn symlink(&self, descriptor: u32, target: (u32, u32), path: (u32, u32)) -> Result {
        self.with_path(path, |files| {
            let place = files.place(descriptor, Expected::Free)?;
            place.check_no_directory()?;
            self.program.read_path(&mut files.second_path, target)?;
            let target = files.second_path.bytes();
            Ok(files.fs.symlink(target, place.directory, &place.name)?)
        })
    }

    pub(crate) fn remove_directory(&self, descriptor: u32, path: (u32, u32)) -> Result {
        self.with_path(path, |files| {
            let place = files.place(descriptor, Expected::Taken)?;
            Ok(files.fs.remove_directory(place.directory, &place.name)?)
        })
    }

    pub(crate) fn unlink(&self, descriptor: u32, path: (u32, u32)) -> Result {
        self.with_path(path, |files| {
            let place = files.place(descriptor, Expected::Taken)?;
            Ok(files.fs.unlink(place.directory, &place.name)?)
        })
    }

    pub(crate) fn link(&self, old: At, old_path_flags: u32, new: At) -> Result {
        self.with_two_paths(old, new, |fs, old, new| {
            link(fs, old, follows(old_path_flags), new)
        })
    }

    pub(crate) fn rename(&self, old: At, new: At) -> Result {
        self.with_two_paths(old, new, rename)
    }

    /// Makes a change with two paths of this file system.
    fn with_two_paths(
        &self,
        old: At,
        new: At,
        change: impl FnOnce(&mut F, Start<'_, F::Id>, Start<'_, F::Id>) -> Result<(), FsError>,
    ) -> Result {
        Files::<F>::check_one_device(old.0, new.0)?;
        self.with_path(old.1, |files| {
            self.program.read_path(&mut files.second_path, new.1)?;
            let old = files.handles.directory(old.0)?;
            let new = files.handles.directory(new.0)?;
            let old = (&old, files.path.bytes());
            let new = (&new, files.second_path.bytes());
            Ok(change(&mut files.fs, old, new)?)
        })
    }
}

impl<F: Filesystem> Files<F> {
    /// The place of the path that was read.
    fn place(&self, descriptor: u32, expected: Expected) -> Result<Place<F::Id>> {
        let directory = self.handles.directory(descriptor)?;
        let path = (&directory, self.path.bytes());
        Ok(Place::find(&self.fs, path, expected)?)
    }

    fn set_times(&mut self, id: F::Id, times: &NewTimes) -> Result {
        self.fs.check_writable(id)?;
        let times = Times {
            accessed: time(times.accessed)?,
            modified: time(times.modified)?,
        };
        Ok(self.fs.set_times(id, times)?)
    }
}

/// The time to set, if any.
fn time((tag, seconds, nanoseconds): NewTime) -> Result<Option<Time>> {
    match tag {
        new_timestamp::NO_CHANGE => Ok(None),
        new_timestamp::NOW => Ok(Some(Time::Now)),
        new_timestamp::TIMESTAMP => time_ns(seconds, nanoseconds).map(|at| Some(Time::At(at))),
        _ => Err(ErrorCode::INVALID),
    }
}

fn time_ns(seconds: Option<i64>, nanoseconds: u32) -> Result<i64> {
    const SECOND: i64 = 1_000_000_000;
    let nanoseconds = i64::from(nanoseconds);
    if nanoseconds >= SECOND {
        return Err(ErrorCode::INVALID);
    }
    let time_ns = seconds.and_then(|seconds| seconds.checked_mul(SECOND)?.checked_add(nanoseconds));
    time_ns.ok_or(ErrorCode::OVERFLOW)
}
