//! The state of the runtime and what all calls share.

use crate::descriptor::{Descriptor, DescriptorTable, OpenDirectory, OpenFile};
use crate::errno::{Errno, Result, from_host};
use crate::image::{Image, Payload};
use crate::memory::{Lent, Memory, overlap};
use crate::preview1::Preview1;
use crate::probe::Probe;
use crate::resolve::{Resolution, resolve};
use alloc::vec::Vec;
use wasi_vfs_format::limits::MAX_PATH_LEN;
use wasi_vfs_format::{Index, InodeNumber};

/// No host gives this number to a descriptor.
const NO_DESCRIPTOR: u32 = u32::MAX;

/// Preview 1, served from an image where a descriptor belongs to it and from
/// the host where not.
pub struct Vfs<M, H, P> {
    pub(crate) memory: M,
    pub(crate) host: H,
    pub(crate) image: Image<P>,
    pub(crate) table: DescriptorTable,
    /// Where the host wrote no number although its last open succeeded.
    unwritten: Option<u32>,
    /// The path of the current call; kept for its memory.
    path: Vec<u8>,
    /// Whether the host has been asked for its descriptors.
    is_started: bool,
    /// The guest's bytes where the host writes its answers meanwhile.
    lent: Lent,
}

/// A directory descriptor of one side or the other.
pub(crate) enum Base {
    Host(u32),
    Image(OpenDirectory),
}

impl<M: Memory, H: Preview1, P: Payload> Vfs<M, H, P> {
    /// Serves the image with this index, whose checksum is checked here; `None`
    /// stands for one that cannot be read.
    pub fn new(index: Option<Index<'static>>, memory: M, host: H, payload: P) -> Self {
        Self {
            memory,
            host,
            image: Image::new(index, payload),
            table: DescriptorTable::default(),
            unwritten: None,
            path: Vec::new(),
            is_started: false,
            lent: Lent::default(),
        }
    }

    /// Fills the descriptor table before the first call: standard input and
    /// output, what the host opened, then our preopens.
    pub(crate) fn start(&mut self) -> Result {
        if self.is_started {
            return Ok(());
        }
        // A start that was refused memory left a part of it.
        self.table = DescriptorTable::default();
        // While the memory has no page there is none to ask in, and nothing that a
        // guest could ask for.
        let Some(host_count) = self.host_descriptor_count() else {
            return Ok(());
        };
        for number in 0..host_count {
            self.table.insert(Descriptor::Host(number))?;
        }
        for position in 0..self.mount_count() {
            let inode = self.mount_inode(position).unwrap_or(InodeNumber::ROOT);
            self.table.insert(Descriptor::Directory(OpenDirectory {
                inode,
                root: inode,
                mount: Some(position),
            }))?;
        }
        self.is_started = true;
        Ok(())
    }

    /// A damaged index counts as one mount, so that a program meets the damage
    /// as `IO` when it looks for its preopens, and not as missing files.
    fn mount_count(&self) -> u32 {
        self.image.index().map_or(1, |index| index.mount_count())
    }

    fn mount_inode(&self, position: u32) -> Result<InodeNumber> {
        Ok(self.image.index()?.mount(position)?.inode)
    }

    fn host_descriptor_count(&mut self) -> Option<u32> {
        self.probe(|probe| probe.first_free())
    }

    /// Whether the host does not say that it has no descriptor under this number.
    pub(crate) fn host_may_have(&mut self, number: u32) -> bool {
        self.probe(|probe| probe.fdstat(number)) != Some(Err(Errno::BADF))
    }

    fn probe<R>(&mut self, ask: impl FnOnce(&mut Probe<'_, M, H>) -> R) -> Option<R> {
        let host = &mut self.host;
        self.memory.with_scratch(&mut self.lent, |memory, record| {
            ask(&mut Probe::new(memory, host, record))
        })
    }

    /// What a number denotes. Programs get descriptors from other imports, too, as from
    /// `sock_open`: a number that is not in the table is the host's, unless the host
    /// gave it out for another number of the guest.
    pub(crate) fn descriptor(&mut self, fd: u32) -> Result<Descriptor> {
        match self.table.get(fd) {
            Err(_) => self.foreign_number(fd).map(Descriptor::Host),
            found => found,
        }
    }

    /// The host's number behind a number, `None` if the image is behind it. Where an open
    /// number is looked up again, the compiler makes one look-up of the two.
    #[inline(always)]
    pub(crate) fn host_number(&mut self, fd: u32) -> Result<Option<u32>> {
        match self.table.get_mut(fd) {
            Ok(Descriptor::Host(number)) => Ok(Some(*number)),
            Ok(_) => Ok(None),
            Err(_) => self.foreign_number(fd).map(Some),
        }
    }

    #[cold]
    #[inline(never)]
    fn foreign_number(&mut self, fd: u32) -> Result<u32> {
        if self.table.has_host(fd) {
            return Err(Errno::BADF);
        }
        self.table.note_foreign(fd);
        Ok(fd)
    }

    /// Gives a descriptor the lowest free number.
    #[inline(always)]
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32> {
        let number = self.table.insert(descriptor)?;
        match self.table.is_foreign(number) {
            true => self.insert_elsewhere(number, descriptor),
            false => Ok(number),
        }
    }

    /// A number that went to the host before may be in use there: the program would reach
    /// a file in its place.
    #[cold]
    #[inline(never)]
    fn insert_elsewhere(&mut self, number: u32, descriptor: Descriptor) -> Result<u32> {
        let mut number = number;
        while self.table.take_foreign(number) && self.host_may_have(number) {
            self.table.keep(number);
            number = self.table.insert(descriptor)?;
        }
        Ok(number)
    }

    /// The directory that a path is relative to.
    pub(crate) fn base(&mut self, fd: u32) -> Result<Base> {
        if let Some(number) = self.host_number(fd)? {
            return Ok(Base::Host(number));
        }
        match self.table.get_mut(fd)? {
            Descriptor::Directory(directory) => Ok(Base::Image(*directory)),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// The file that a descriptor denotes, for calls that take only files.
    pub(crate) fn open_file(&mut self, fd: u32) -> Result<&mut OpenFile> {
        match self.table.get_mut(fd)? {
            Descriptor::File(file) => Ok(file),
            _ => Err(Errno::BADF),
        }
    }

    /// Resolves a path in the guest's memory.
    pub(crate) fn resolve(
        &mut self,
        start: &OpenDirectory,
        path: (u32, u32),
        follow_last: bool,
    ) -> Result<Resolution> {
        self.read_path(path)?;
        resolve(&self.image, start, &self.path, follow_last)
    }

    /// Takes a path out of the guest's memory, if it is text and not too long.
    pub(crate) fn read_path(&mut self, (path, path_len): (u32, u32)) -> Result {
        self.memory.check(path, path_len.into())?;
        if path_len as usize > MAX_PATH_LEN {
            return Err(Errno::NAMETOOLONG);
        }
        self.path.clear();
        self.path
            .try_reserve(MAX_PATH_LEN)
            .map_err(|_| Errno::NOMEM)?;
        self.path.resize(path_len as usize, 0);
        self.memory.read(path, &mut self.path)?;
        core::str::from_utf8(&self.path).map_err(|_| Errno::ILSEQ)?;
        Ok(())
    }

    /// Prepares `address` for a number of the host, and returns the bytes there. `inputs`
    /// is memory that the host reads in the same call.
    ///
    /// The host must not be asked where there is no memory at `address`: its descriptor
    /// would have no number.
    pub(crate) fn expect_number(&mut self, address: u32, inputs: (u32, u32)) -> Result<u32> {
        let before = self.memory.read_u32(address)?;
        let is_repeated = self.unwritten.take() == Some(address);
        if !is_repeated && !overlap((address, 4), inputs) {
            self.memory.write_u32(address, NO_DESCRIPTOR)?;
        }
        Ok(before)
    }

    /// Replaces the host's number at `address` by one of ours, if its call succeeded. If
    /// the call failed, the bytes `before` it are there again.
    ///
    /// A host that returns success and writes nothing opened nothing so far. A host that
    /// unwinds the program writes the number later, and has the call repeated.
    pub(crate) fn adopt(&mut self, code: i32, address: u32, before: u32) -> Result {
        let found = self.memory.read_u32(address)?;
        let result = from_host(code);
        if found != NO_DESCRIPTOR {
            result?;
            let ours = self.insert_host(found)?;
            return self.memory.write_u32(address, ours);
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

    /// A number of ours for a number that the host has just handed out.
    fn insert_host(&mut self, number: u32) -> Result<u32> {
        let inserted = self.insert(Descriptor::Host(number));
        match inserted {
            Ok(ours) => self.table.remove_stale(number, ours),
            Err(_) => {
                // Not leaving it open behind the guest's back, which learns of the lack of
                // memory in any case.
                let _ = from_host(self.host.fd_close(number));
            }
        }
        inserted
    }
}
