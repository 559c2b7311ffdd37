//! Operations that read files by streams.

use crate::Program;
use crate::codes::ErrorCode;
use crate::line::{digest, digest_more};
use crate::slots::Stream;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasip3::wit_bindgen::rt::async_support::{StreamReader, StreamResult};

/// The most bytes that one call asks for.
const PART_LEN: u64 = 70_000;

/// The bytes of several reads.
pub struct Sum {
    total: u64,
    hash: u64,
}

impl Stream {
    /// Reads until `len` bytes came or the stream ends.
    async fn read(&mut self, len: u64, cancels: bool) -> Sum {
        let (mut total, mut hash) = (0, digest(b""));
        self.was_read = true;
        loop {
            if self.is_at_end {
                // A host traps at a read behind the end.
                return Sum { total, hash };
            }
            let part = Vec::with_capacity((len - total).min(PART_LEN) as usize);
            let (result, bytes) = if cancels {
                read_or_cancel(&mut self.reader, part)
            } else {
                self.reader.read(part).await
            };
            total += bytes.len() as u64;
            hash = digest_more(hash, &bytes);
            self.is_at_end = result == StreamResult::Dropped;
            if total >= len {
                return Sum { total, hash };
            }
        }
    }

    /// Drops the stream and reads its future.
    async fn finish(self) -> Result<(), ErrorCode> {
        drop(self.reader);
        self.result.await
    }
}

/// Starts a read, and cancels it unless it is complete. A host may return bytes then, too.
fn read_or_cancel(reader: &mut StreamReader<u8>, part: Vec<u8>) -> (StreamResult, Vec<u8>) {
    let mut read = pin!(reader.read(part));
    match read.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => read.cancel(),
    }
}

impl Program {
    fn say_sum(&mut self, sum: &Sum, is_at_end: bool) {
        let line = &mut self.line;
        line.say("count", sum.total);
        line.say("bytes", format_args!("{:x}", sum.hash));
        line.say("state", if is_at_end { "closed" } else { "open" });
    }
}

/// Reads a part of a file, and its future unless that is dropped.
pub async fn read(program: &mut Program) {
    let target = program.any();
    let (len, offset) = (program.random.len(), program.random.offset());
    let keeps_future = program.random.chance(70);
    let line = &mut program.line;
    line.word("read");
    line.say("fd", &target.name);
    line.say("offset", offset);
    line.say("len", len);
    line.say("future", u8::from(keeps_future));
    let mut stream = Stream::open(&target, offset);
    let sum = stream.read(len, false).await;
    let is_at_end = stream.is_at_end;
    let result = if keeps_future {
        stream.finish().await
    } else {
        drop(stream.result);
        drop(stream.reader);
        Ok(())
    };
    program.line.outcome(result);
    program.say_sum(&sum, is_at_end);
}

pub fn open_stream(program: &mut Program) {
    let target = program.any();
    // Random offsets are behind the end of most files.
    let offset = match program.random.chance(50) {
        true => 0,
        false => program.random.offset(),
    };
    let slot = program.stream_slot();
    let line = &mut program.line;
    line.word("read-via-stream");
    line.say("fd", &target.name);
    line.say("offset", offset);
    line.say("into", slot);
    line.outcome(Ok(()));
    program.keep_stream(slot, Stream::open(&target, offset));
}

pub async fn read_stream(program: &mut Program) {
    let (len, cancels) = (program.random.len(), program.random.chance(25));
    let slot = program.open_slot();
    let line = &mut program.line;
    line.word("stream.read");
    line.say("len", len);
    line.say("cancels", u8::from(cancels));
    let Some((slot, mut stream)) = slot else {
        line.outcome(Ok(()));
        return;
    };
    line.say("stream", slot);
    line.say("offset", stream.offset);
    line.outcome(Ok(()));
    let sum = stream.read(len, cancels).await;
    program.say_sum(&sum, stream.is_at_end);
    program.keep_stream(slot, stream);
}

/// Drops a stream at any position, and reads its future.
pub async fn finish_stream(program: &mut Program) {
    let slot = program.open_slot();
    let line = &mut program.line;
    line.word("future.read");
    let Some((slot, stream)) = slot else {
        line.outcome(Ok(()));
        return;
    };
    line.say("stream", slot);
    line.say("offset", stream.offset);
    line.outcome(stream.finish().await);
}
