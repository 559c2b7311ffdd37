//! Copying a file's stream into an output stream of the host.
//!
//! The host's functions write their results to the place of the answer: the result of
//! `check-write` has the layout of the answer. Those of `write` and `blocking-flush` are
//! shorter, with the error at offset 4 instead of 8.
//!
//! The bytes go through a buffer in the program's memory, allocated once. The stream
//! advances only behind bytes that the host took, so an error loses nothing.

use super::calls::Host;
use super::errors::{Result, StreamError};
use super::handles::InputStream;
use super::layout::{payload, stream_error, tag};
use super::reading::READ_LEN_MAX;
use super::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;

/// A call of `splice`.
#[derive(Clone, Copy)]
pub(super) struct Splice {
    /// The host's output stream.
    pub(super) target: u32,
    /// The stream of a file.
    pub(super) source: u32,
    pub(super) len: u64,
    /// The address of the `result<u64, stream-error>`.
    pub(super) ret: u32,
    pub(super) lowering: u32,
    /// Wait until the target can take bytes.
    pub(super) may_block: bool,
}

/// An error that the host has reported, and that lies at the address of the answer.
struct Reported;

/// A piece of the source, in the buffer.
struct Piece {
    address: u32,
    len: u32,
}

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    pub(super) fn splice(&self, call: Splice) {
        if !self
            .program
            .has(call.ret, payload::OF_LONG + stream_error::LEN)
        {
            return;
        }
        let Ok(permit) = self.permit(&call) else {
            return;
        };
        match self.piece(&call, permit) {
            Ok(piece) => self.give(&call, &piece),
            Err(error) => self.answer(call.ret, || Err::<u64, _>(error)),
        }
    }

    /// How many bytes the target takes now.
    fn permit(&self, call: &Splice) -> Result<u64, Reported> {
        let permit = self.check_write(call)?;
        if permit > 0 || !call.may_block {
            return Ok(permit);
        }
        let host = &self.program.host;
        host.host_output_stream_blocking_flush(call.target, call.ret, call.lowering);
        self.check_short(call)?;
        self.check_write(call)
    }

    fn check_write(&self, call: &Splice) -> Result<u64, Reported> {
        let host = &self.program.host;
        host.host_output_stream_check_write(call.target, call.ret, call.lowering);
        match self.program.read_u8(call.ret) {
            Ok(tag::OK) => {
                let permit = self.program.read_u64(call.ret + payload::OF_LONG);
                permit.map_err(|_| Reported)
            }
            _ => Err(Reported),
        }
    }

    /// Moves the error of a `result<_, stream-error>` to its place in the answer.
    fn check_short(&self, call: &Splice) -> Result<(), Reported> {
        if self.program.read_u8(call.ret) == Ok(tag::OK) {
            return Ok(());
        }
        let mut error = [0; stream_error::LEN as usize];
        // The place of the answer exists.
        let _ = self.program.read(call.ret + payload::OF_WORD, &mut error);
        let _ = self.program.write(call.ret + payload::OF_LONG, &error);
        Err(Reported)
    }

    /// Reads the next bytes that the target may take, without advancing.
    fn piece(&self, call: &Splice, permit: u64) -> Result<Piece, StreamError> {
        let stream = self.open_stream(call.source)?;
        let len = call.len.min(permit);
        let piece = self.read_piece(&stream, len, call.lowering);
        let piece = piece.map_err(|code| self.fail(call.source, code))?;
        match piece.len == 0 && len > 0 {
            true => Err(self.close(call.source)),
            false => Ok(piece),
        }
    }

    /// Copies the next bytes of a stream to the buffer. None are left only at the end.
    fn read_piece(&self, stream: &InputStream<F::Id>, len: u64, lowering: u32) -> Result<Piece> {
        let offset = stream.position;
        let len = self.readable(stream.id, (offset, len))?;
        if len == 0 {
            return Ok(Piece { address: 0, len });
        }
        let address = self.buffer(lowering)?;
        let len = self.fill(stream.id, offset, (address, len))?;
        Ok(Piece { address, len })
    }

    /// The buffer, of [`READ_LEN_MAX`] bytes.
    fn buffer(&self, lowering: u32) -> Result<u32> {
        if let Some(address) = self.buffer.get() {
            return Ok(address);
        }
        let address = self.program.allocate(lowering, 1, READ_LEN_MAX)?;
        self.buffer.set(Some(address));
        Ok(address)
    }

    /// Gives the bytes to the target.
    fn give(&self, call: &Splice, piece: &Piece) {
        if piece.len > 0 {
            let (host, len) = (&self.program.host, piece.len);
            let (target, ret) = (call.target, call.ret);
            host.host_output_stream_write(target, piece.address, len, ret, call.lowering);
            if self.check_short(call).is_err() {
                return;
            }
            self.advance(call.source, len.into());
        }
        self.answer(call.ret, || Ok::<_, StreamError>(u64::from(piece.len)));
    }
}
