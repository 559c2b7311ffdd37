//! Streams that write to files.

use super::changing::Writable;
use crate::component::ErrorCode;
use crate::fs::Flush;
use crate::preview2::{OutputStreams, Preview2};
use crate::tests::component::{CREATE, FOLLOW, LOWERING, READ, RET, StreamError, WRITE};

const BUFFER: u32 = 0x8_0000;

type Result<T = ()> = std::result::Result<T, StreamError>;

impl Writable {
    fn output(&self, file: u32, offset: u64) -> u32 {
        let server = &self.component.server;
        server.descriptor_write_via_stream(file, offset, RET, LOWERING);
        assert_eq!(self.component.result(4), Ok(()));
        self.component.u32_at(RET + 4)
    }

    fn append(&self, file: u32) -> u32 {
        let server = &self.component.server;
        server.descriptor_append_via_stream(file, RET, LOWERING);
        assert_eq!(self.component.result(4), Ok(()));
        self.component.u32_at(RET + 4)
    }

    fn write_to(&self, stream: u32, bytes: &[u8]) -> Result {
        self.component.put(BUFFER, bytes);
        let server = &self.component.server;
        server.output_stream_write(stream, BUFFER, bytes.len() as u32, RET, LOWERING);
        self.component.stream_result(4)
    }

    fn permit(&self, stream: u32) -> Result<u64> {
        let server = &self.component.server;
        server.output_stream_check_write(stream, RET, LOWERING);
        self.component.stream_result(8)?;
        Ok(self.component.u64_at(RET + 8))
    }

    fn flush(&self, stream: u32) -> Result {
        let server = &self.component.server;
        server.output_stream_flush(stream, RET, LOWERING);
        let flushed = self.component.stream_result(4);
        server.output_stream_blocking_flush(stream, RET, LOWERING);
        assert_eq!(self.component.stream_result(4), flushed);
        flushed
    }

    fn splice(&self, target: u32, source: u32, len: u64) -> Result<u64> {
        let server = &self.component.server;
        server.output_stream_blocking_splice(target, source, len, RET, LOWERING);
        self.component.stream_result(8)?;
        Ok(self.component.u64_at(RET + 8))
    }

    fn set_space(&self, space: usize) {
        let server = &self.component.server;
        server.with_files(|files| files.fs.space = space);
    }
}

#[test]
fn each_write_continues_the_last_one() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let stream = fs.output(file, 2);
    assert!(fs.permit(stream).is_ok_and(|len| len >= 4096));
    assert_eq!(fs.write_to(stream, b"one"), Ok(()));
    assert_eq!(fs.write_to(stream, b""), Ok(()));
    fs.component.put(BUFFER, b" two");
    let server = &fs.component.server;
    server.output_stream_blocking_write_and_flush(stream, BUFFER, 4, RET, LOWERING);
    assert_eq!(fs.component.stream_result(4), Ok(()));
    assert_eq!(fs.flush(stream), Ok(()));
    assert_eq!(fs.content("file"), b"\0\0one two");
}

#[test]
fn an_appending_stream_finds_the_end_each_time() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let stream = fs.append(file);
    fs.write_to(stream, b"one").unwrap();
    fs.component.write(file, b"two", 3).unwrap();
    fs.write_to(stream, b"three").unwrap();
    assert_eq!(fs.content("file"), b"onetwothree");
}

#[test]
fn zeros_overwrite_bytes() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    fs.component.write(file, &[7; 20_000], 0).unwrap();
    let stream = fs.output(file, 1);
    let server = &fs.component.server;
    server.output_stream_write_zeroes(stream, 9000, RET, LOWERING);
    assert_eq!(fs.component.stream_result(4), Ok(()));
    server.output_stream_blocking_write_zeroes_and_flush(stream, 1, RET, LOWERING);
    assert_eq!(fs.component.stream_result(4), Ok(()));
    fs.write_to(stream, b"x").unwrap();
    let (bytes, _) = fs.component.read(file, 20_000, 0).unwrap();
    assert_eq!((bytes[0], bytes[9002], bytes[9003]), (7, b'x', 7));
    assert!(bytes[1..9002].iter().all(|&byte| byte == 0));
}

#[test]
fn an_error_keeps_the_bytes_before_it_and_closes_the_stream() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let stream = fs.output(file, 0);
    fs.set_space(5);
    let full = Err(StreamError::Failed(ErrorCode::INSUFFICIENT_SPACE));
    assert_eq!(fs.write_to(stream, b"too long"), full);
    let closed = StreamError::Closed;
    assert_eq!(fs.permit(stream), Err(closed));
    assert_eq!(fs.write_to(stream, b"x"), Err(closed));
    assert_eq!(fs.flush(stream), Err(closed));
    assert_eq!(fs.content("file"), b"too l");
}

#[test]
fn a_position_has_an_end() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    for offset in [i64::MAX as u64, u64::MAX] {
        let stream = fs.output(file, offset);
        let large = StreamError::Failed(ErrorCode::FILE_TOO_LARGE);
        assert_eq!(fs.write_to(stream, b"x"), Err(large));
    }
    assert_eq!(fs.content("file"), b"");
}

#[test]
fn bytes_outside_of_memory_are_invalid() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let stream = fs.output(file, 0);
    let server = &fs.component.server;
    server.output_stream_write(stream, u32::MAX, 2, RET, LOWERING);
    let invalid = StreamError::Failed(ErrorCode::INVALID);
    assert_eq!(fs.component.stream_result(4), Err(invalid));
    assert_eq!(fs.write_to(stream, b"x"), Ok(()));
}

#[test]
fn a_stream_outlives_its_descriptor_and_its_name() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let stream = fs.append(file);
    let server = &fs.component.server;
    server.drop_descriptor(file, LOWERING);
    let (path, len) = fs.component.put_path("file");
    server.descriptor_unlink_file_at(fs.root, path, len, RET, LOWERING);
    assert_eq!(fs.write_to(stream, b"kept"), Ok(()));
    let count = || server.with_files(|files| files.fs.node_count());
    assert_eq!(count(), 2);
    server.drop_output_stream(stream, LOWERING);
    assert_eq!(count(), 1);
    let stale = StreamError::Failed(ErrorCode::BAD_DESCRIPTOR);
    assert_eq!(fs.write_to(stream, b"x"), Err(stale));
}

#[test]
fn a_descriptor_for_reading_has_no_stream_for_writing() {
    let fs = Writable::new();
    fs.create("file").unwrap();
    let file = fs.component.open(fs.root, "file").unwrap();
    let server = &fs.component.server;
    server.descriptor_write_via_stream(file, 0, RET, LOWERING);
    assert_eq!(fs.component.result(4), Err(ErrorCode::BAD_DESCRIPTOR));
    server.descriptor_append_via_stream(fs.root, RET, LOWERING);
    assert_eq!(fs.component.result(4), Err(ErrorCode::BAD_DESCRIPTOR));
}

#[test]
fn a_stream_is_always_ready() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let stream = fs.append(file);
    let server = &fs.component.server;
    let pollable = server.output_stream_subscribe(stream, LOWERING);
    assert_eq!(server.pollable_ready(pollable, LOWERING), 1);
}

#[test]
fn a_file_is_spliced_into_another_one() {
    let fs = Writable::new();
    let (from, to) = (fs.create("from").unwrap(), fs.create("to").unwrap());
    let bytes: Vec<u8> = (0..150_000_u32).map(|at| at as u8).collect();
    fs.component.write(from, &bytes, 0).unwrap();
    let source = fs.component.stream(from, 0).unwrap();
    let target = fs.output(to, 0);
    assert_eq!(fs.splice(target, source, 0), Ok(0));
    assert_eq!(fs.splice(target, source, 10), Ok(10));
    let mut total = 10;
    let error = loop {
        match fs.splice(target, source, u64::MAX) {
            Ok(len) => total += len,
            Err(error) => break error,
        }
    };
    assert_eq!((total, error), (150_000, StreamError::Closed));
    let (read, _) = fs.component.read(to, 65_536, 90_000).unwrap();
    assert_eq!(read, bytes[90_000..]);
}

#[test]
fn a_full_storage_stops_a_splice() {
    let fs = Writable::new();
    let (from, to) = (fs.create("from").unwrap(), fs.create("to").unwrap());
    fs.component.write(from, b"hello", 0).unwrap();
    let source = fs.component.stream(from, 0).unwrap();
    let target = fs.append(to);
    fs.set_space(2);
    let full = StreamError::Failed(ErrorCode::INSUFFICIENT_SPACE);
    assert_eq!(fs.splice(target, source, 5), Err(full));
    assert_eq!(fs.splice(target, source, 5), Err(StreamError::Closed));
    assert_eq!(fs.content("to"), b"he");
}

#[test]
fn a_synchronous_stream_is_flushed() {
    const FILE_INTEGRITY: u32 = 4;
    let fs = Writable::new();
    let flags = (FOLLOW, CREATE, READ | WRITE | FILE_INTEGRITY);
    let file = fs.component.open_with(fs.root, "file", flags).unwrap();
    let stream = fs.append(file);
    fs.write_to(stream, b"x").unwrap();
    assert_eq!(fs.flushes(), [(1, Flush::Everything)]);
}
