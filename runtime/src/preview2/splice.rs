//! Copying a file's stream into an output stream: of the host, or of another file.
//!
//! The host's functions write their results to the place of the answer: the result of
//! `check-write` has the layout of the answer. Those of `write` and `blocking-flush` are
//! shorter, with the error at offset 4 instead of 8.
//!
//! The host reads the bytes in a piece of the program's memory, which is borrowed for the
//! call: the canonical ABI needs no allocator for `splice`, so its lowering may name none.
//! The stream advances only behind bytes that the host took, so an error loses nothing.
//! For example, a splice of 1 MiB from a file of 20 KiB moves 16 KiB, the next one 4 KiB,
//! and the third one returns `closed`.

use super::calls::Host;
use super::errors::StreamError;
use super::release::Wasi02;
use crate::component::answers::Value;
use crate::component::handles::InputStream;
use crate::component::layout::{Layout, tag};
use crate::component::memory::LOAN_LEN;
use crate::component::server::Server;
#[cfg(any(test, feature = "writable"))]
use crate::component::{errors::ErrorCode, handles::is_ours, writing::Source};
use crate::fs::Filesystem;
use crate::guest::Memory;

/// The payload of the `result<u64, stream-error>`.
const PAYLOAD: Layout = <u64 as Value<Wasi02>>::LAYOUT.or(StreamError::LAYOUT);
/// The length of the `result<u64, stream-error>`.
const ANSWER_LEN: u32 = PAYLOAD.behind_tag().len;

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

/// Why nothing was copied.
enum Failure {
    /// The host has reported an error, which lies at the address of the answer.
    Reported,
    Stream(StreamError),
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    pub(super) fn splice(&self, call: Splice) {
        #[cfg(any(test, feature = "writable"))]
        if is_ours(call.target) {
            return self.answer::<Wasi02, _, _>(call.ret, || self.splice_files(&call));
        }
        if !self.program.has(call.ret, ANSWER_LEN) {
            return;
        }
        let permit = self.permit(&call);
        match permit.and_then(|permit| self.copy(&call, permit)) {
            Ok(len) => {
                self.answer::<Wasi02, _, _>(call.ret, || Ok::<_, StreamError>(u64::from(len)))
            }
            Err(Failure::Stream(error)) => {
                self.answer::<Wasi02, _, _>(call.ret, || Err::<u64, _>(error))
            }
            Err(Failure::Reported) => {}
        }
    }

    /// Copies the next bytes of a file to another one. A stream of the host is the source of
    /// no such call: the runtime has no memory into which the host could read it.
    #[cfg(any(test, feature = "writable"))]
    fn splice_files(&self, call: &Splice) -> Result<u64, StreamError> {
        self.open_output_stream(call.target)?;
        if !is_ours(call.source) {
            return Err(StreamError::Failed(ErrorCode::UNSUPPORTED));
        }
        let stream = self.open_stream(call.source)?;
        let fail = |code| self.fail(call.source, &stream, code);
        let len = self.readable(stream.id, (stream.position, call.len));
        let bytes = len.and_then(|len| self.bytes_of_file(stream.id, stream.position, len));
        let bytes = bytes.map_err(fail)?;
        if bytes.is_empty() && call.len > 0 {
            return Err(self.close(call.source, &stream));
        }
        let len = bytes.len() as u64;
        self.write_to(call.target, (Source::Bytes(&bytes), len))?;
        self.advance(call.source, &stream, len);
        Ok(len)
    }

    /// How many bytes the target takes now.
    fn permit(&self, call: &Splice) -> Result<u64, Failure> {
        let permit = self.check_write(call)?;
        if permit > 0 || !call.may_block {
            return Ok(permit);
        }
        let host = &self.program.host;
        host.host_output_stream_blocking_flush(call.target, call.ret, call.lowering);
        self.check_short(call)?;
        self.check_write(call)
    }

    fn check_write(&self, call: &Splice) -> Result<u64, Failure> {
        let host = &self.program.host;
        host.host_output_stream_check_write(call.target, call.ret, call.lowering);
        match self.program.read_u8(call.ret) {
            Ok(tag::OK) => {
                let permit = self.program.read_u64(call.ret + PAYLOAD.align);
                permit.map_err(|_| Failure::Reported)
            }
            _ => Err(Failure::Reported),
        }
    }

    /// Moves the error of a `result<_, stream-error>` to its place in the answer.
    fn check_short(&self, call: &Splice) -> Result<(), Failure> {
        if self.program.read_u8(call.ret) == Ok(tag::OK) {
            return Ok(());
        }
        let mut error = [0; StreamError::LAYOUT.len as usize];
        // The place of the answer exists.
        let _ = self
            .program
            .read(call.ret + StreamError::LAYOUT.align, &mut error);
        let _ = self.program.write(call.ret + PAYLOAD.align, &error);
        Err(Failure::Reported)
    }

    /// Copies the next bytes that the target may take. Returns their number.
    fn copy(&self, call: &Splice, permit: u64) -> Result<u32, Failure> {
        let stream = self.open_stream(call.source)?;
        let fail = |code| self.fail(call.source, &stream, code);
        let wanted = call.len.min(permit).min(LOAN_LEN.into());
        let len = self.readable(stream.id, (stream.position, wanted));
        let len = len.map_err(fail)?;
        match len {
            0 if wanted == 0 => Ok(0),
            0 => Err(self.close(call.source, &stream).into()),
            len => {
                let give = |address| self.give(call, &stream, (address, len));
                let answer = (call.ret, ANSWER_LEN);
                self.program.with_loan(len, answer, give).map_err(fail)?
            }
        }
    }

    /// Copies bytes of the stream to the lent range, and gives them to the target.
    fn give(
        &self,
        call: &Splice,
        stream: &InputStream<F::Id>,
        lent: (u32, u32),
    ) -> Result<u32, Failure> {
        let len = self.fill(stream.id, stream.position, lent);
        let len = len.map_err(|code| self.fail(call.source, stream, code))?;
        if len == 0 {
            return Err(self.close(call.source, stream).into());
        }
        let host = &self.program.host;
        host.host_output_stream_write(call.target, lent.0, len, call.ret, call.lowering);
        self.check_short(call)?;
        self.advance(call.source, stream, len.into());
        Ok(len)
    }
}
