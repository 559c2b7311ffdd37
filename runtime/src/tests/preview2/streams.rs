//! Streams of files.

use crate::component::ErrorCode;
use crate::component::handles::POLLABLE;
use crate::preview2::Preview2;
use crate::tests::component::Component;
use crate::tests::component::{LOWERING, RET, StreamError};
use crate::tests::guest::{image, write_image};
use crate::tests::{big, sample_tree};

fn skip(component: &Component, stream: u32, len: u64) -> Result<u64, StreamError> {
    let server = &component.server;
    server.input_stream_skip(stream, len, RET, LOWERING);
    component.stream_result(8)?;
    Ok(component.u64_at(RET + 8))
}

#[test]
fn a_stream_ends_closed() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let stream = component.stream(file, 7).unwrap();
    assert_eq!(component.read_stream(stream, 3), Ok(b"wor".into()));
    assert_eq!(component.read_stream(stream, 0), Ok(vec![]));
    assert_eq!(component.read_stream(stream, 9), Ok(b"ld".into()));
    for len in [1, 0] {
        let read = component.read_stream(stream, len);
        assert_eq!(read, Err(StreamError::Closed));
    }
}

#[test]
fn a_stream_outlives_its_descriptor() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let stream = component.stream(file, 0).unwrap();
    component.server.drop_descriptor(file, LOWERING);
    assert_eq!(component.read_stream(stream, 5), Ok(b"hello".into()));
    component.server.drop_input_stream(stream, LOWERING);
    let stale = StreamError::Failed(ErrorCode::BAD_DESCRIPTOR);
    assert_eq!(component.read_stream(stream, 5), Err(stale));
}

#[test]
fn a_directory_has_no_stream_of_bytes() {
    let component = Component::new();
    let stream = component.stream(component.root(), 0);
    assert_eq!(stream, Err(ErrorCode::IS_DIRECTORY));
}

#[test]
fn skipped_bytes_are_not_read() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let stream = component.stream(file, 0).unwrap();
    assert_eq!(skip(&component, stream, 7), Ok(7));
    assert_eq!(skip(&component, stream, 0), Ok(0));
    assert_eq!(component.read_stream(stream, 2), Ok(b"wo".into()));
    assert_eq!(skip(&component, stream, u64::MAX), Ok(3));
    assert_eq!(skip(&component, stream, 1), Err(StreamError::Closed));
}

#[test]
fn the_pollable_of_a_stream_is_ready() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let stream = component.stream(file, 0).unwrap();
    let server = &component.server;
    let pollable = server.input_stream_subscribe(stream, LOWERING);
    assert_eq!(pollable, POLLABLE);
    assert_eq!(server.pollable_ready(pollable, LOWERING), 1);
    server.pollable_block(pollable, LOWERING);
    server.drop_pollable(pollable, LOWERING);
}

/// A component whose `lib/big` is damaged from somewhere behind its start on.
fn damaged() -> Component {
    let (index, mut payload) = write_image(&sample_tree(), None);
    let at = payload.len() - 100_000;
    payload[at] ^= 1;
    Component::with_fs(image(index, payload))
}

#[test]
fn damage_fails_behind_the_bytes_before_it() {
    let component = damaged();
    let file = component.open(component.root(), "lib/big").unwrap();
    let stream = component.stream(file, 0).unwrap();
    let mut all = Vec::new();
    let error = loop {
        match component.read_stream(stream, u64::MAX) {
            Ok(bytes) => all.extend(bytes),
            Err(error) => break error,
        }
    };
    assert_eq!(error, StreamError::Failed(ErrorCode::IO));
    assert!(all.len() > 200_000, "{}", all.len());
    assert_eq!(all, big()[..all.len()]);
    let again = component.read_stream(stream, 1);
    assert_eq!(again, Err(StreamError::Closed));
}

/// Adapters of preview 1 trap at the second allocation of a call.
#[test]
fn a_damaged_read_allocates_once() {
    let component = damaged();
    let file = component.open(component.root(), "lib/big").unwrap();
    let mut offset = 0;
    let len = loop {
        component.host.allocations.borrow_mut().clear();
        component.host.allowed.set(1);
        let (bytes, _) = component.read(file, 65536, offset).unwrap();
        offset += bytes.len() as u64;
        if bytes.len() < 65536 {
            break bytes.len() as u32;
        }
    };
    assert_eq!(
        *component.host.allocations.borrow(),
        [(LOWERING, 1, len)],
        "memory of exactly the length of the list"
    );
    component.host.allocations.borrow_mut().clear();
    let read = component.read(file, 65536, offset);
    assert_eq!(read, Err(ErrorCode::IO));
    assert!(component.host.allocations.borrow().is_empty());
}

#[test]
fn a_stream_behind_every_file_is_closed() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let stream = component.stream(file, u64::MAX).unwrap();
    let read = component.read_stream(stream, 9);
    assert_eq!(read, Err(StreamError::Closed));
}

#[test]
fn an_error_tells_its_cause() {
    let component = damaged();
    let file = component.open(component.root(), "lib/big").unwrap();
    let stream = component.stream(file, 300_000).unwrap();
    let read = component.read_stream(stream, 1);
    assert_eq!(read, Err(StreamError::Failed(ErrorCode::IO)));
    let error = component.u32_at(RET + 8);
    let server = &component.server;
    server.error_to_debug_string(error, RET, LOWERING);
    let text = String::from_utf8(component.list_at(RET)).unwrap();
    assert!(text.contains("damaged"), "{text}");
    server.drop_error(error, LOWERING);
    assert_eq!(component.code(5), None, "no error of ours");
}
