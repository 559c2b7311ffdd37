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
    /// The number of the current call that is not in the table and went to the host.
    pub(crate) foreign: Option<u32>,
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
            foreign: None,
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

    /// Whether the host describes a descriptor under this number.
    pub(crate) fn host_has(&mut self, number: u32) -> bool {
        self.probe(|probe| probe.fdstat(number).is_ok()) == Some(true)
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
            Err(errno) if self.table.has_host(fd) => Err(errno),
            Err(_) => {
                self.foreign = Some(fd);
                Ok(Descriptor::Host(fd))
            }
            found => found,
        }
    }

    /// Ends a call. A number that the host turned out to have open is kept, so that no
    /// file of the image gets it as well.
    pub(crate) fn settle(&mut self, result: Result) -> Result {
        if let Some(fd) = self.foreign.take()
            && !matches!(result, Err(Errno::BADF | Errno::NOSYS))
        {
            self.table.keep(fd);
        }
        result
    }

    /// The directory that a path is relative to.
    pub(crate) fn base(&mut self, fd: u32) -> Result<Base> {
        match self.descriptor(fd)? {
            Descriptor::Host(number) => Ok(Base::Host(number)),
            Descriptor::Directory(directory) => Ok(Base::Image(directory)),
            Descriptor::File(_) => Err(Errno::NOTDIR),
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

    /// Has the host `open` a descriptor, which it writes to `address`, and writes our
    /// number over it. `inputs` is memory that the host reads meanwhile.
    ///
    /// The host is not asked where there is no memory at `address`: its descriptor would
    /// have no number. A host that returns success and writes nothing opened nothing.
    pub(crate) fn adopt(
        &mut self,
        address: u32,
        inputs: (u32, u32),
        open: impl FnOnce(&mut H) -> i32,
    ) -> Result {
        let before = self.memory.read_u32(address)?;
        let can_clear = !overlap((address, 4), inputs);
        if can_clear {
            self.memory.write_u32(address, NO_DESCRIPTOR)?;
        }
        let adopted = from_host(open(&mut self.host)).and_then(|()| self.number_of(address));
        match adopted {
            Ok(ours) => self.memory.write_u32(address, ours),
            Err(errno) => {
                if can_clear {
                    self.memory.write_u32(address, before)?;
                }
                Err(errno)
            }
        }
    }

    /// A number of ours for the host's number at `address`.
    fn number_of(&mut self, address: u32) -> Result<u32> {
        let number = self.memory.read_u32(address)?;
        if number == NO_DESCRIPTOR {
            return Err(Errno::IO);
        }
        self.table.insert_host(number).inspect_err(|_| {
            // Not leaving it open behind the guest's back. The guest learns of the lack
            // of memory in any case.
            let _ = from_host(self.host.fd_close(number));
        })
    }
}
