//! Operations that change directories. Both sides may be changed.
//!
//! Bytes that one call takes are the host's to choose, so each operation goes on until all are
//! written. Times other than those that the program sets are not printed.

use crate::Program;
use crate::changes::change_two;
use crate::codes::number;
use crate::line::{digest, digest_more};
use crate::nodes::path_flags;
use crate::paths::has_absolute;
use crate::slots::Target;
use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, NewTimestamp, OpenFlags,
    filesystem_error_code,
};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

/// Places of new names.
const PLACES: [&str; 6] = ["", "", "dir/", "sub/", "always/", "new-0/"];
/// Where new links lead.
const TARGETS: [&str; 5] = ["a", "new-1", "../dir", "new-0/new-2", "nowhere"];
/// The longest `blocking-write-and-flush`.
const BLOCKING_LEN: usize = 4096;
/// Calls without progress before the program gives up.
const MAX_IDLE: u32 = 1000;

impl Program {
    /// A new name, or an existing path as it is. A host follows no absolute link.
    fn changed_path(&mut self) -> String {
        if self.random.chance(60) {
            let number = self.random.below(8);
            return format!("{}new-{number}", self.random.pick(&PLACES));
        }
        loop {
            let at = self.random.below(self.paths.len() as u32) as usize;
            if !has_absolute(&self.paths[at]) {
                return self.paths[at].clone();
            }
        }
    }

    fn place(&mut self) -> u64 {
        u64::from(self.random.below(100_000))
    }

    /// Random bytes.
    fn bytes(&mut self, most: u32) -> Vec<u8> {
        let len = self.random.below(most);
        let seed = self.random.next();
        (0..len).map(|at| (seed >> (at % 57)) as u8).collect()
    }

    /// What the calls before left in a file.
    fn say_written(&mut self, target: &Target) {
        if let Some(stat) = self.line.also("now", target.descriptor.stat()) {
            self.line.stat(&stat);
        }
    }
}

/// Opens for writing, and keeps the descriptor.
pub fn open_write(program: &mut Program) {
    const CREATE: OpenFlags = OpenFlags::CREATE;
    let open_flags = [
        OpenFlags::empty(),
        CREATE,
        CREATE,
        CREATE,
        CREATE | OpenFlags::EXCLUSIVE,
        CREATE | OpenFlags::TRUNCATE,
        OpenFlags::TRUNCATE,
    ];
    let (base, path) = (program.preopen(), program.changed_path());
    let (slot, follow) = (program.descriptor_slot(), program.random.chance(70));
    let open_flags = program.random.pick(&open_flags);
    let flags = match program.random.chance(80) {
        true => DescriptorFlags::READ | DescriptorFlags::WRITE,
        false => DescriptorFlags::WRITE,
    };
    let line = &mut program.line;
    line.word("open-at-write");
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    line.say("oflags", open_flags.bits());
    line.say("flags", flags.bits());
    line.say("into", slot);
    let opened = base
        .descriptor
        .open_at(path_flags(follow), &path, open_flags, flags);
    if let Some(opened) = line.outcome(opened) {
        if let Some(stat) = line.also("opened", opened.stat()) {
            line.stat(&stat);
        }
        if let Some(flags) = line.also("get-flags", opened.get_flags()) {
            line.say("is", flags.bits());
        }
        program.keep(slot, opened);
    }
}

fn write_all(file: &Descriptor, mut bytes: &[u8], mut offset: u64) -> Result<(), ErrorCode> {
    loop {
        let done = file.write(bytes, offset)?;
        bytes = &bytes[done as usize..];
        offset += done;
        if bytes.is_empty() || done == 0 {
            return Ok(());
        }
    }
}

pub fn write(program: &mut Program) {
    let (target, offset, bytes) = (program.any(), program.place(), program.bytes(70_000));
    let line = &mut program.line;
    line.word("write");
    line.say("fd", &target.name);
    line.say("offset", offset);
    line.say("len", bytes.len());
    line.outcome(write_all(&target.descriptor, &bytes, offset));
    program.say_written(&target);
}

/// The code of a stream's error. A closed stream has none.
fn code(error: StreamError) -> Option<ErrorCode> {
    match error {
        StreamError::Closed => None,
        StreamError::LastOperationFailed(error) => {
            Some(filesystem_error_code(&error).unwrap_or(ErrorCode::Io))
        }
    }
}

/// Waits until a stream takes bytes, as a program must.
fn permit(stream: &OutputStream) -> Result<usize, StreamError> {
    stream.subscribe().block();
    Ok(stream.check_write()? as usize)
}

/// Writes bytes by one of the functions.
fn write_by(stream: &OutputStream, which: u32, mut bytes: &[u8]) -> Result<(), StreamError> {
    while !bytes.is_empty() {
        let permitted = permit(stream)?;
        let (now, later) = bytes.split_at(permitted.min(bytes.len()).min(match which {
            0 | 2 => usize::MAX,
            _ => BLOCKING_LEN,
        }));
        match which {
            0 => stream.write(now)?,
            1 => stream.blocking_write_and_flush(now)?,
            2 => stream.write_zeroes(now.len() as u64)?,
            _ => stream.blocking_write_zeroes_and_flush(now.len() as u64)?,
        }
        bytes = later;
    }
    stream.flush()?;
    stream.blocking_flush()
}

impl Program {
    /// A stream of a file, and the words that describe it.
    fn output(&mut self, target: &Target) -> Result<OutputStream, ErrorCode> {
        let (appends, offset) = (self.random.chance(40), self.place());
        self.line.say("appends", u8::from(appends));
        self.line.say("offset", offset);
        match appends {
            true => target.descriptor.append_via_stream(),
            false => target.descriptor.write_via_stream(offset),
        }
    }
}

/// Writes by a stream, several times. A host may report at the first write what fails here
/// when the stream is opened.
pub fn write_stream(program: &mut Program) {
    let target = program.any();
    program.line.word("write-via-stream");
    program.line.say("fd", &target.name);
    let stream = program.output(&target);
    let mut result = stream.as_ref().map(|_| ()).map_err(|&code| Some(code));
    for _ in 0..=program.random.below(3) {
        let (which, mut bytes) = (program.random.below(4), program.bytes(20_000));
        bytes.push(1);
        program.line.say("by", which);
        program.line.say("len", bytes.len());
        if let (Ok(stream), Ok(())) = (&stream, &result) {
            result = write_by(stream, which, &bytes).map_err(code);
        }
    }
    say_result(program, result);
    program.say_written(&target);
}

fn say_result(program: &mut Program, result: Result<(), Option<ErrorCode>>) {
    program.line.outcome(Ok(()));
    let state = match result {
        Ok(()) => "open".to_owned(),
        Err(None) => "closed".to_owned(),
        Err(Some(code)) => format!("E{}", number(&code)),
    };
    program.line.say("state", state);
}

/// Copies one file to another.
fn splice_all(
    target: &OutputStream,
    source: &InputStream,
    (blocks, len): (bool, u64),
) -> Result<u64, (u64, Option<ErrorCode>)> {
    let (mut total, mut idle) = (0, 0);
    while total < len {
        let count = match blocks {
            true => target.blocking_splice(source, len - total),
            false => target.splice(source, len - total),
        };
        match count {
            Ok(0) => {
                idle += 1;
                assert!(idle < MAX_IDLE, "the splice makes no progress");
                source.subscribe().block();
                target.subscribe().block();
            }
            Ok(count) => total += count,
            Err(error) => return Err((total, code(error))),
        }
    }
    target
        .blocking_flush()
        .map_err(|error| (total, code(error)))?;
    Ok(total)
}

/// Splices between two files, not the same, that are open for it.
pub fn splice(program: &mut Program) {
    let (from, target) = (program.any(), program.any());
    let (blocks, len) = (program.random.chance(50), 1 + program.place());
    let line = &mut program.line;
    line.word("splice-to-file");
    line.say("from", &from.name);
    line.say("fd", &target.name);
    line.say("blocks", u8::from(blocks));
    line.say("len", len);
    let has = |descriptor: &Descriptor, flag| {
        let flags = descriptor.get_flags();
        flags.is_ok_and(|flags| flags.contains(flag))
    };
    let fits = !from.descriptor.is_same_object(&target.descriptor)
        && has(&from.descriptor, DescriptorFlags::READ)
        && has(&target.descriptor, DescriptorFlags::WRITE);
    let source = from.descriptor.read_via_stream(0);
    let output = program.output(&target);
    let result = match (source, output) {
        _ if !fits => Err((0, None)),
        (Ok(source), Ok(output)) => splice_all(&output, &source, (blocks, len)),
        (Err(code), _) | (_, Err(code)) => Err((0, Some(code))),
    };
    // Behind an error, a host may have taken bytes that it did not write.
    let (total, result) = match result {
        Ok(total) => (total, Ok(())),
        Err((total, None)) => (total, Err(None)),
        Err((_, code)) => (0, Err(code)),
    };
    say_result(program, result);
    program.line.say("count", total);
    program.say_written(&target);
}

/// Reads a file to its end by a stream. A host may report at the first read what fails here
/// when the stream is opened.
pub fn read_stream(program: &mut Program) {
    let (target, offset) = (program.any(), program.place());
    let line = &mut program.line;
    line.word("read-via-stream-all");
    line.say("fd", &target.name);
    line.say("offset", offset);
    let (mut total, mut hash) = (0, digest(b""));
    let result = match target.descriptor.read_via_stream(offset) {
        Err(code) => Some(code),
        Ok(stream) => loop {
            match stream.blocking_read(1 << 16) {
                Ok(bytes) => {
                    total += bytes.len();
                    hash = digest_more(hash, &bytes);
                }
                Err(error) => break code(error),
            }
        },
    };
    say_result(program, Err(result));
    program.line.say("count", total);
    program.line.say("bytes", format_args!("{hash:x}"));
}

pub fn resize(program: &mut Program) {
    let (target, len) = (program.any(), program.place());
    program.line.word("set-size");
    program.line.say("fd", &target.name);
    program.line.say("len", len);
    program.line.outcome(target.descriptor.set_size(len));
    program.say_written(&target);
}

/// Sets times, and prints those that were set.
pub fn set_times(program: &mut Program) {
    let (target, base) = (program.any(), program.preopen());
    // A host cannot set the times of an open directory.
    let is_directory = target.descriptor.get_type() == Ok(DescriptorType::Directory);
    let (at, path, follow) = (
        program.random.chance(50) || is_directory,
        program.changed_path(),
        program.random.chance(50),
    );
    let time = Datetime {
        seconds: u64::from(program.random.below(2_000_000_000)),
        nanoseconds: program.random.below(1_000_000_000),
    };
    let line = &mut program.line;
    line.word(if at { "set-times-at" } else { "set-times" });
    let (accessed, modified) = (NewTimestamp::NoChange, NewTimestamp::Timestamp(time));
    let stat = if at {
        line.say("in", &base.name);
        line.path("path", &path);
        line.say("follow", u8::from(follow));
        let flags = path_flags(follow);
        line.outcome(
            base.descriptor
                .set_times_at(flags, &path, accessed, modified),
        );
        base.descriptor.stat_at(flags, &path)
    } else {
        line.say("fd", &target.name);
        line.outcome(target.descriptor.set_times(accessed, modified));
        target.descriptor.stat()
    };
    let is_set = stat.is_ok_and(|stat| {
        let found = stat.data_modification_timestamp;
        found.is_some_and(|found| {
            (found.seconds, found.nanoseconds) == (time.seconds, time.nanoseconds)
        })
    });
    line.say("is-set", is_set);
}

/// Makes or removes a name.
pub fn change_name(program: &mut Program) {
    const CALLS: [&str; 4] = [
        "create-directory-at",
        "remove-directory-at",
        "unlink-file-at",
        "symlink-at",
    ];
    let (base, path) = (program.preopen(), program.changed_path());
    let (which, target) = (program.random.below(4), program.random.pick(&TARGETS));
    let line = &mut program.line;
    line.word(CALLS[which as usize]);
    line.say("in", &base.name);
    line.path("path", &path);
    line.path("target", target);
    let descriptor = &base.descriptor;
    line.outcome(match which {
        0 => descriptor.create_directory_at(&path),
        1 => descriptor.remove_directory_at(&path),
        2 => descriptor.unlink_file_at(&path),
        _ => descriptor.symlink_at(target, &path),
    });
    program.say_stat("stat", &base, false, &path);
}

/// Adds or moves a name.
pub fn move_name(program: &mut Program) {
    let directories = [program.preopen(), program.preopen()];
    let paths = [program.changed_path(), program.changed_path()];
    let renames = program.random.chance(60);
    change_two(program, directories, paths, renames);
}

pub fn flush(program: &mut Program) {
    let (target, data) = (program.any(), program.random.chance(50));
    program.line.word(if data { "sync-data" } else { "sync" });
    program.line.say("fd", &target.name);
    program.line.outcome(match data {
        true => target.descriptor.sync_data(),
        false => target.descriptor.sync(),
    });
}
