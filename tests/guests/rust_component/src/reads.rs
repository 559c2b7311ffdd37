//! Operations that read files.

use crate::Program;
use crate::codes::number;
use crate::line::{digest, digest_more};
use std::rc::Rc;
use wasip2::cli::stderr::get_stderr;
use wasip2::filesystem::types::filesystem_error_code;
use wasip2::io::streams::{InputStream, StreamError};

/// Calls without progress before the program gives up.
const MAX_IDLE: u32 = 1000;

/// Reads until the length is reached or the file ends, because the host chooses how much
/// one call returns.
pub fn read(program: &mut Program) {
    let target = program.any();
    let (len, offset) = (program.random.len(), program.random.offset());
    let line = &mut program.line;
    line.word("read");
    line.say("fd", &target.name);
    line.say("offset", offset);
    line.say("len", len);
    let (mut total, mut hash, mut at_end) = (0_u64, digest(b""), false);
    let error = loop {
        let at = offset.saturating_add(total);
        match target.descriptor.read(len - total, at) {
            Ok((bytes, end)) => {
                total += bytes.len() as u64;
                hash = digest_more(hash, &bytes);
                at_end = end;
                if end || bytes.is_empty() || total >= len {
                    break Ok(());
                }
            }
            Err(error) => break Err(error),
        }
    };
    if line.outcome(error).is_some() {
        line.say("count", total);
        line.say("bytes", format_args!("{hash:x}"));
        line.say("end", at_end);
    }
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
    if let Some(stream) = line.outcome(target.descriptor.read_via_stream(offset)) {
        program.keep_stream(slot, offset, stream);
    }
}

/// The sum of several calls.
struct Sum {
    total: u64,
    hash: u64,
    outcome: Result<(), StreamError>,
}

/// Calls `step` with the rest of the length until nothing is left.
fn sum(
    stream: &InputStream,
    len: u64,
    mut step: impl FnMut(u64) -> Result<(u64, Vec<u8>), StreamError>,
) -> Sum {
    let (mut total, mut hash, mut idle) = (0, digest(b""), 0);
    let outcome = loop {
        match step(len - total) {
            Ok((count, bytes)) => {
                assert!(count <= len - total, "{count} of {} bytes", len - total);
                total += count;
                hash = digest_more(hash, &bytes);
                if total == len {
                    break Ok(());
                }
                if count == 0 {
                    idle += 1;
                    assert!(idle < MAX_IDLE, "the stream makes no progress");
                    stream.subscribe().block();
                }
            }
            Err(error) => break Err(error),
        }
    };
    Sum {
        total,
        hash,
        outcome,
    }
}

impl Program {
    fn say_sum(&mut self, sum: Sum) {
        let line = &mut self.line;
        line.outcome(Ok(()));
        line.say("count", sum.total);
        line.say("bytes", format_args!("{:x}", sum.hash));
        let state = match sum.outcome {
            Ok(()) => "open".to_owned(),
            Err(StreamError::Closed) => "closed".to_owned(),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = filesystem_error_code(&error);
                code.map_or("failed".to_owned(), |code| format!("E{}", number(&code)))
            }
        };
        line.say("state", state);
    }

    fn named_stream(&mut self, word: &str, len: u64) -> Option<(usize, Rc<InputStream>)> {
        self.line.word(word);
        let Some((at, stream)) = self.stream() else {
            self.line.outcome(Ok(()));
            return None;
        };
        self.line.say("stream", at);
        self.line.say("offset", stream.offset);
        self.line.say("len", len);
        Some((at, stream.stream))
    }
}

pub fn read_stream(program: &mut Program) {
    const NAMES: [&str; 4] = [
        "input-stream.read",
        "blocking-read",
        "skip",
        "blocking-skip",
    ];
    let (which, len) = (program.random.below(4) as usize, program.random.len());
    let Some((slot, stream)) = program.named_stream(NAMES[which], len) else {
        return;
    };
    let with_len = |bytes: Vec<u8>| (bytes.len() as u64, bytes);
    let skipped = |count| (count, Vec::new());
    let sum = sum(&stream, len, |len| match which {
        0 => stream.read(len).map(with_len),
        1 => stream.blocking_read(len).map(with_len),
        2 => stream.skip(len).map(skipped),
        _ => stream.blocking_skip(len).map(skipped),
    });
    program.say_sum(sum);
    if len == 0 && matches!(which, 1 | 3) {
        // wasmtime has closed it.
        program.drop_stream(slot);
    }
}

/// Splices into standard error, whose bytes the test compares.
pub fn splice(program: &mut Program) {
    let blocks = program.random.chance(50);
    let len = program.random.len().min(5000);
    let word = if blocks { "blocking-splice" } else { "splice" };
    let Some((_, stream)) = program.named_stream(word, len) else {
        return;
    };
    let error = get_stderr();
    let sum = sum(&stream, len, |len| {
        let count = if blocks {
            error.blocking_splice(&stream, len)?
        } else {
            error.splice(&stream, len)?
        };
        if count == 0 {
            error.blocking_flush()?;
        }
        Ok((count, Vec::new()))
    });
    program.say_sum(sum);
}
