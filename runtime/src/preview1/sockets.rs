//! Sockets belong to the host. Only their numbers are ours.

use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::fs::Filesystem;

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    pub(super) fn sock_accept(&mut self, fd: u32, flags: u32, accepted: u32) -> Result {
        let number = self.socket(fd)?;
        let before = self.expect_number(accepted, (0, 0))?;
        let code = self.host.sock_accept(number, flags, accepted);
        self.adopt(code, accepted, before)
    }

    pub(super) fn sock_recv(
        &mut self,
        fd: u32,
        iovecs: u32,
        iovec_count: u32,
        flags: u32,
        received: u32,
        received_flags: u32,
    ) -> Result {
        let number = self.socket(fd)?;
        from_host(
            self.host
                .sock_recv(number, iovecs, iovec_count, flags, received, received_flags),
        )
    }

    pub(super) fn sock_send(
        &mut self,
        fd: u32,
        iovecs: u32,
        iovec_count: u32,
        flags: u32,
        sent: u32,
    ) -> Result {
        let number = self.socket(fd)?;
        from_host(
            self.host
                .sock_send(number, iovecs, iovec_count, flags, sent),
        )
    }

    pub(super) fn sock_shutdown(&mut self, fd: u32, how: u32) -> Result {
        let number = self.socket(fd)?;
        from_host(self.host.sock_shutdown(number, how))
    }

    fn socket(&mut self, fd: u32) -> Result<u32> {
        match self.host_number(fd)? {
            Some(number) => Ok(number),
            None => Err(Errno::NOTSOCK),
        }
    }
}
