//! Metadata of files and directories.

use super::abi::{Filestat, filetype_of};
use super::numbers::Descriptor;
use super::opening::follows;
use super::server::Base;
use super::{Memory, Preview1, Result, Server, from_host};
use crate::fs::Filesystem;

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    pub(super) fn fd_filestat_get(&mut self, fd: u32, stat: u32) -> Result {
        let id = match self.descriptor(fd)? {
            Descriptor::Host(number) => {
                return from_host(self.host.fd_filestat_get(number, stat));
            }
            Descriptor::Ours(handle) => handle.id(),
        };
        let node = self.fs.node(id)?;
        let filestat = filestat(&self.fs, &node)?;
        Ok(self.memory.write(stat, &filestat.to_bytes())?)
    }

    pub(super) fn path_filestat_get(
        &mut self,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        stat: u32,
    ) -> Result {
        let directory = match self.base(fd)? {
            Base::Host(number) => {
                return from_host(
                    self.host
                        .path_filestat_get(number, flags, path, path_len, stat),
                );
            }
            Base::Ours(directory) => directory,
        };
        let follow = follows(flags)?;
        self.read_path((path, path_len))?;
        let found = directory.resolve(&self.fs, self.path.bytes(), follow)?;
        let filestat = filestat(&self.fs, found.existing()?)?;
        Ok(self.memory.write(stat, &filestat.to_bytes())?)
    }
}

fn filestat<F: Filesystem>(fs: &F, node: &F::Node) -> Result<Filestat> {
    let stat = fs.stat(node)?;
    Ok(Filestat {
        device: fs.device(node)?,
        inode: stat.serial,
        filetype: filetype_of(stat.kind),
        link_count: stat.link_count,
        size: stat.len,
        times_ns: [stat.accessed_ns, stat.modified_ns, stat.changed_ns].map(since_1970),
    })
}

/// Preview 1 has no times before 1970, so these become its start.
fn since_1970(time_ns: i64) -> u64 {
    u64::try_from(time_ns).unwrap_or(0)
}
