//! Performs steps on a file system.

use super::Step;
use super::tree::{Listed, entries, read};
use crate::fs::{Filesystem, FsError, Kind, Result};
use crate::open::{
    Expected, Handle, OpenDirectory, OpenFile, OpenOptions, Place, link, open, rename,
};
use std::string::String;
use std::vec::Vec;

/// More handles are not open at a time.
const HANDLE_COUNT_MAX: usize = 8;

/// The result of a step, as far as two file systems must agree.
pub type Answer = Result<Value>;

/// The result of a step that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// There is no handle, or the call answers only by success.
    Nothing,
    /// Read bytes, or the target of a link.
    Bytes(Vec<u8>),
    /// A number of bytes, or the end of an append.
    Number(u64),
    /// Kind, number of names and length. Directories have no length and no number.
    Stat(Kind, u64, u64),
    /// The names of a directory in order.
    Names(Vec<Listed>),
}

/// A program with its open files.
#[derive(Debug)]
pub struct Driver<I> {
    top: OpenDirectory<I>,
    files: Vec<OpenFile<I>>,
}

impl<I: Copy + Eq> Driver<I> {
    /// A program that has the first mount open.
    ///
    /// # Panics
    ///
    /// Without a mount.
    pub fn new<F: Filesystem<Id = I>>(fs: &F) -> Self {
        let id = fs.mount(0).expect("a mount").id;
        Self {
            top: OpenDirectory::preopen(id, 0),
            // A test refuses memory to the file system and not to the driver.
            files: Vec::with_capacity(HANDLE_COUNT_MAX),
        }
    }

    /// Performs a step.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub fn step<F: Filesystem<Id = I>>(&mut self, fs: &mut F, step: &Step) -> Answer {
        match step {
            Step::Open(path, options) => self.open(fs, path, *options),
            Step::Close(position) => {
                if let Some(position) = self.position(*position) {
                    fs.release(self.files.remove(position).id);
                }
                Ok(Value::Nothing)
            }
            Step::Read(position, ..)
            | Step::Write(position, ..)
            | Step::Append(position, _)
            | Step::SetLen(position, _)
            | Step::StatHandle(position) => match self.position(*position) {
                Some(position) => on_file(fs, &self.files[position], step),
                None => Ok(Value::Nothing),
            },
            Step::Stat(_) | Step::List(_) | Step::ReadLink(_) => self.ask(fs, step),
            _ => self.change(fs, step).map(|()| Value::Nothing),
        }
    }

    /// Closes all files.
    pub fn close<F: Filesystem<Id = I>>(self, fs: &mut F) {
        for file in self.files {
            fs.release(file.id);
        }
    }

    /// One of the open files.
    fn position(&self, number: usize) -> Option<usize> {
        number.checked_rem(self.files.len())
    }

    fn open<F: Filesystem<Id = I>>(
        &mut self,
        fs: &mut F,
        path: &str,
        options: OpenOptions,
    ) -> Answer {
        if self.files.len() == HANDLE_COUNT_MAX {
            fs.release(self.files.remove(0).id);
        }
        // Directories are not kept open, since a host's cannot be left by `..`.
        if let Handle::File(file) = open(fs, &self.top, path.as_bytes(), options)? {
            fs.retain(file.id)?;
            self.files.push(file);
        }
        Ok(Value::Nothing)
    }

    fn ask<F: Filesystem<Id = I>>(&self, fs: &mut F, step: &Step) -> Answer {
        match step {
            Step::Stat(path) => {
                let id = self.top.existing(fs, path.as_bytes(), false)?;
                stat(fs, id)
            }
            Step::List(path) => {
                let id = self.top.existing(fs, path.as_bytes(), true)?;
                let directory = fs.node(id)?;
                match F::kind(&directory) {
                    Kind::Directory => Ok(Value::Names(entries(fs, &directory)?)),
                    _ => Err(FsError::NotADirectory),
                }
            }
            Step::ReadLink(path) => {
                let found = self.top.resolve(fs, path.as_bytes(), false)?;
                Ok(Value::Bytes(fs.read_link(found.existing()?)?.into()))
            }
            _ => Ok(Value::Nothing),
        }
    }

    fn change<F: Filesystem<Id = I>>(&self, fs: &mut F, step: &Step) -> Result {
        let place = |fs: &F, path: &String, expected| {
            Place::find(fs, (&self.top, path.as_bytes()), expected)
        };
        match step {
            Step::CreateDirectory(path) => {
                let place = place(fs, path, Expected::Free)?;
                fs.create_directory(place.directory, &place.name)
            }
            Step::RemoveDirectory(path) => {
                let place = place(fs, path, Expected::Taken)?;
                fs.remove_directory(place.directory, &place.name)
            }
            Step::Unlink(path) => {
                let place = place(fs, path, Expected::Taken)?;
                fs.unlink(place.directory, &place.name)
            }
            Step::Symlink(target, path) => {
                let place = place(fs, path, Expected::Free)?;
                place.check_no_directory()?;
                fs.symlink(target.as_bytes(), place.directory, &place.name)
            }
            Step::Link(old, new) => {
                let (old, new) = (old.as_bytes(), new.as_bytes());
                link(fs, (&self.top, old), false, (&self.top, new))
            }
            Step::Rename(old, new) => {
                let (old, new) = (old.as_bytes(), new.as_bytes());
                rename(fs, (&self.top, old), (&self.top, new))
            }
            _ => Ok(()),
        }
    }
}

fn on_file<F: Filesystem>(fs: &mut F, file: &OpenFile<F::Id>, step: &Step) -> Answer {
    match step {
        Step::Read(_, offset, len) => {
            let node = fs.node(file.id)?;
            Ok(Value::Bytes(read(fs, &node, *offset, *len)?))
        }
        Step::StatHandle(_) => stat(fs, file.id),
        _ if !file.is_writable() => Err(FsError::NotPermitted),
        Step::Write(_, offset, bytes) if !bytes.is_empty() => {
            let len = fs.write_at(file.id, *offset, bytes)?;
            Ok(Value::Number(len as u64))
        }
        Step::Append(_, bytes) if !bytes.is_empty() => {
            Ok(Value::Number(fs.append(file.id, bytes)?.end))
        }
        Step::SetLen(_, len) => fs.set_len(file.id, *len).map(|()| Value::Nothing),
        _ => Ok(Value::Nothing),
    }
}

fn stat<F: Filesystem>(fs: &F, id: F::Id) -> Answer {
    let stat = fs.stat(&fs.node(id)?)?;
    Ok(match stat.kind {
        Kind::Directory => Value::Stat(stat.kind, 0, 0),
        _ => Value::Stat(stat.kind, stat.link_count, stat.len),
    })
}
