//! The state of the front end, and the steps that all calls share.

use super::calls::Preview1;
use super::errno::{Errno, Result, from_host};
use super::numbers::{Descriptor, Numbers};
use super::probe::Probe;
use crate::fs::Filesystem;
use crate::guest::{FOR_SERVER, Lent, Memory, PathBuffer, overlap};
use crate::open::{Expected, Handle, OpenDirectory, OpenFile, Place};

/// No host gives this number to a descriptor.
const NO_DESCRIPTOR: u32 = u32::MAX;

/// Serves preview 1: from a file system if a descriptor belongs to it, otherwise from the
/// host.
pub struct Server<M, H, F: Filesystem> {
    pub(crate) memory: M,
    pub(crate) host: H,
    pub(crate) fs: F,
    pub(super) numbers: Numbers<F::Id>,
    /// The address where the host wrote no number although its last open succeeded.
    unwritten: Option<u32>,
    /// The paths of the current call; kept for their memory.
    pub(super) path: PathBuffer,
    pub(super) second_path: PathBuffer,
    /// Whether the host has been asked for its descriptors.
    is_started: bool,
    /// The program's bytes at the place where the host writes its answers.
    lent: Lent<FOR_SERVER>,
}

/// A directory of one side or the other.
pub(super) enum Base<I> {
    Host(u32),
    Ours(OpenDirectory<I>),
}

impl<M, H, F: Filesystem> Server<M, H, F> {
    /// Serves the program that has this memory.
    pub fn new(fs: F, memory: M, host: H) -> Self {
        Self {
            memory,
            host,
            fs,
            numbers: Numbers::default(),
            unwritten: None,
            path: PathBuffer::default(),
            second_path: PathBuffer::default(),
            is_started: false,
            lent: Lent::default(),
        }
    }

    /// Replaces memory and host, and keeps file system and descriptors. A native
    /// interpreter lends memory and host for one call at a time.
    pub fn with<M2, H2>(self, memory: M2, host: H2) -> Server<M2, H2, F> {
        Server {
            memory,
            host,
            fs: self.fs,
            numbers: self.numbers,
            unwritten: self.unwritten,
            path: self.path,
            second_path: self.second_path,
            is_started: self.is_started,
            lent: self.lent,
        }
    }

    /// The file system.
    pub fn filesystem(&self) -> &F {
        &self.fs
    }

    /// The file system.
    pub fn filesystem_mut(&mut self) -> &mut F {
        &mut self.fs
    }
}

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    /// Fills the table before the first call: standard input and output, the host's other
    /// descriptors, then our preopens.
    pub(super) fn start(&mut self) -> Result {
        if self.is_started {
            return Ok(());
        }
        // A start that ran out of memory left a part of the table.
        for descriptor in core::mem::take(&mut self.numbers).iter() {
            self.release(descriptor);
        }
        // A memory without a page has no place for the host's answers. Nor could the
        // program pass any pointer.
        let Some(host_count) = self.probe(|probe| probe.first_free()) else {
            return Ok(());
        };
        for number in 0..host_count {
            self.numbers.insert(Descriptor::Host(number))?;
        }
        for position in 0..self.fs.mount_count() {
            let mount = self.fs.mount(position);
            let id = mount.map_or(self.fs.root(), |mount| mount.id);
            let directory = Handle::Directory(OpenDirectory::preopen(id, position));
            self.numbers.insert(Descriptor::Ours(directory))?;
            self.fs.retain(id)?;
        }
        self.is_started = true;
        Ok(())
    }

    /// Whether the host does not deny that it has a descriptor under this number.
    pub(super) fn host_may_have(&mut self, number: u32) -> bool {
        self.probe(|probe| probe.fdstat(number)) != Some(Err(Errno::BADF))
    }

    fn probe<R>(&mut self, ask: impl FnOnce(&mut Probe<'_, M, H>) -> R) -> Option<R> {
        let host = &mut self.host;
        self.memory.with_scratch(&mut self.lent, |memory, record| {
            ask(&mut Probe::new(memory, host, record))
        })
    }

    /// The descriptor under a number. A number that is not in the table is the host's.
    pub(super) fn descriptor(&mut self, fd: u32) -> Result<Descriptor<F::Id>> {
        match self.numbers.get(fd) {
            Ok(descriptor) => Ok(*descriptor),
            Err(_) => self.foreign_number(fd).map(Descriptor::Host),
        }
    }

    /// The host's number behind a number, `None` if the descriptor is ours. If the caller
    /// looks the number up again, the compiler joins the two look-ups.
    #[inline(always)]
    pub(super) fn host_number(&mut self, fd: u32) -> Result<Option<u32>> {
        match self.numbers.get_mut(fd) {
            Ok(Descriptor::Host(number)) => Ok(Some(*number)),
            Ok(_) => Ok(None),
            Err(_) => self.foreign_number(fd).map(Some),
        }
    }

    /// A number that is not in the table, unless the host gave it out for another number
    /// of the program.
    #[cold]
    #[inline(never)]
    fn foreign_number(&mut self, fd: u32) -> Result<u32> {
        if self.numbers.has_host(fd) {
            return Err(Errno::BADF);
        }
        self.numbers.note_foreign(fd);
        Ok(fd)
    }

    /// Gives a descriptor the lowest free number.
    #[inline(always)]
    pub(super) fn insert(&mut self, descriptor: Descriptor<F::Id>) -> Result<u32> {
        let number = self.numbers.insert(descriptor)?;
        match self.numbers.is_foreign(number) {
            true => self.insert_elsewhere(number, descriptor),
            false => Ok(number),
        }
    }

    /// Finds another number if the program may use this one for a foreign descriptor, and
    /// would reach a wrong file.
    #[cold]
    #[inline(never)]
    fn insert_elsewhere(&mut self, number: u32, descriptor: Descriptor<F::Id>) -> Result<u32> {
        let mut number = number;
        while self.numbers.take_foreign(number) && self.host_may_have(number) {
            self.numbers.keep(number);
            number = self.numbers.insert(descriptor)?;
        }
        Ok(number)
    }

    /// Frees a number. Foreign numbers are not in the table.
    pub(super) fn remove(&mut self, fd: u32) {
        if let Ok(descriptor) = self.numbers.remove(fd) {
            self.release(&descriptor);
        }
    }

    /// A descriptor is gone from the table.
    pub(super) fn release(&mut self, descriptor: &Descriptor<F::Id>) {
        if let Descriptor::Ours(handle) = descriptor {
            self.fs.release(handle.id());
        }
    }

    /// The directory that a path is relative to.
    pub(super) fn base(&mut self, fd: u32) -> Result<Base<F::Id>> {
        if let Some(number) = self.host_number(fd)? {
            return Ok(Base::Host(number));
        }
        match self.numbers.get(fd)? {
            Descriptor::Ours(Handle::Directory(directory)) => Ok(Base::Ours(*directory)),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// Our file under a number, for calls that take only files.
    pub(super) fn open_file(&mut self, fd: u32) -> Result<&mut OpenFile<F::Id>> {
        match self.numbers.get_mut(fd)? {
            Descriptor::Ours(Handle::File(file)) => Ok(file),
            _ => Err(Errno::BADF),
        }
    }

    /// Reads the path of a call.
    pub(super) fn read_path(&mut self, path: (u32, u32)) -> Result {
        Ok(self.path.read(&self.memory, path)?)
    }

    /// Reads both paths of a call.
    pub(super) fn read_paths(&mut self, path: (u32, u32), second_path: (u32, u32)) -> Result {
        self.read_path(path)?;
        Ok(self.second_path.read(&self.memory, second_path)?)
    }

    /// The id of the node that a path leads to.
    pub(super) fn existing(
        &mut self,
        start: &OpenDirectory<F::Id>,
        path: (u32, u32),
        follow_last: bool,
    ) -> Result<F::Id> {
        self.read_path(path)?;
        Ok(start.existing(&self.fs, self.path.bytes(), follow_last)?)
    }

    /// The place that a path leads to, whose name must be as expected.
    pub(super) fn place(
        &mut self,
        start: &OpenDirectory<F::Id>,
        path: (u32, u32),
        expected: Expected,
    ) -> Result<Place<F::Id>> {
        self.read_path(path)?;
        let path = (start, self.path.bytes());
        Ok(Place::find(&self.fs, path, expected)?)
    }

    /// Prepares `address` for a number of the host, and returns the bytes there. `inputs`
    /// is memory that the host reads in the same call.
    ///
    /// An error means that there is no memory at `address`. The host must not be called
    /// then, since its descriptor would have no number.
    pub(super) fn expect_number(&mut self, address: u32, inputs: (u32, u32)) -> Result<u32> {
        let before = self.memory.read_u32(address)?;
        let is_repeated = self.unwritten.take() == Some(address);
        if !is_repeated && !overlap((address, 4), inputs) {
            self.memory.write_u32(address, NO_DESCRIPTOR)?;
        }
        Ok(before)
    }

    /// Replaces the host's number at `address` by one of ours if its call succeeded.
    /// Writes the bytes `before` back if the call failed.
    ///
    /// A host that returns success without a number opened nothing so far: a host that
    /// unwinds the program writes the number later, and has the call repeated.
    pub(super) fn adopt(&mut self, code: i32, address: u32, before: u32) -> Result {
        let found = self.memory.read_u32(address)?;
        let result = from_host(code);
        if found != NO_DESCRIPTOR {
            result?;
            let ours = self.insert_host(found)?;
            return Ok(self.memory.write_u32(address, ours)?);
        }
        match result {
            Ok(()) => {
                self.unwritten = Some(address);
                Err(Errno::IO)
            }
            Err(errno) => {
                self.memory.write_u32(address, before)?;
                Err(errno)
            }
        }
    }

    /// Gives a number that the host has just handed out a number of ours.
    fn insert_host(&mut self, number: u32) -> Result<u32> {
        let inserted = self.insert(Descriptor::Host(number));
        match inserted {
            Ok(ours) => self.numbers.remove_stale(number, ours),
            Err(_) => {
                // The program learns that memory ran out. It could never close this.
                let _ = from_host(self.host.fd_close(number));
            }
        }
        inserted
    }
}
