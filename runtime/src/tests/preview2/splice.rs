//! Files spliced into an output stream of the host.

use super::Component;
use super::component::{LOWERING, RET, StreamError};
use crate::preview2::{ErrorCode, Preview2};
use crate::tests::big;

/// The host's output stream.
const TARGET: u32 = 5;

/// A component with a stream of a file, and a host that permits these lengths.
fn component(path: &str, permits: &[Option<u64>]) -> (Component, u32) {
    let component = Component::new();
    let file = component.open(component.root(), path).unwrap();
    let stream = component.stream(file, 0).unwrap();
    component.host.permits.borrow_mut().extend(permits);
    component.host.allocations.borrow_mut().clear();
    (component, stream)
}

fn splice(component: &Component, stream: u32, len: u64) -> Result<u64, StreamError> {
    let server = &component.server;
    server.output_stream_splice(TARGET, stream, len, RET, LOWERING);
    component.stream_result(8)?;
    Ok(component.u64_at(RET + 8))
}

fn blocking_splice(component: &Component, stream: u32, len: u64) -> Result<u64, StreamError> {
    let server = &component.server;
    server.output_stream_blocking_splice(TARGET, stream, len, RET, LOWERING);
    component.stream_result(8)?;
    Ok(component.u64_at(RET + 8))
}

#[test]
fn a_file_is_spliced_whole() {
    let (component, stream) = component("lib/big", &[Some(100_000); 8]);
    let mut total = 0;
    let error = loop {
        match splice(&component, stream, u64::MAX) {
            Ok(len) => total += len,
            Err(error) => break error,
        }
    };
    assert_eq!((error, total), (StreamError::Closed, 400_000));
    assert_eq!(*component.host.taken.borrow(), big());
    let allocations = component.host.allocations.borrow();
    assert_eq!(*allocations, [(LOWERING, 1, 65536)], "one buffer");
}

#[test]
fn no_more_is_spliced_than_the_host_permits() {
    let (component, stream) = component("hello", &[Some(4), Some(0), Some(20)]);
    assert_eq!(splice(&component, stream, 9), Ok(4));
    assert_eq!(splice(&component, stream, 9), Ok(0));
    assert_eq!(splice(&component, stream, 3), Ok(3));
    assert_eq!(*component.host.taken.borrow(), b"hello, ");
}

#[test]
fn a_blocking_splice_waits_until_the_host_permits() {
    let (component, stream) = component("hello", &[Some(0), Some(20)]);
    assert_eq!(blocking_splice(&component, stream, 20), Ok(12));
    let calls = component.host.calls.borrow();
    let expected = ["check-write", "blocking-flush", "check-write", "write"];
    assert_eq!(calls[1..], expected);
}

#[test]
fn a_failed_write_loses_no_bytes() {
    let (component, stream) = component("hello", &[Some(20); 3]);
    component.host.is_broken.set(true);
    let failed = splice(&component, stream, 20);
    assert_eq!(failed, Err(StreamError::Closed));
    component.host.is_broken.set(false);
    assert_eq!(
        component.read_stream(stream, 20),
        Ok(b"hello, world".into())
    );
}

#[test]
fn errors_of_the_host_are_reported() {
    let (component, stream) = component("hello", &[None, Some(0)]);
    let closed = Err(StreamError::Closed);
    assert_eq!(splice(&component, stream, 20), closed);
    component.host.is_broken.set(true);
    assert_eq!(blocking_splice(&component, stream, 20), closed);
    component.host.is_broken.set(false);
    assert_eq!(component.read_stream(stream, 5), Ok(b"hello".into()));
}

#[test]
fn without_a_buffer_nothing_is_written() {
    let (component, stream) = component("hello", &[Some(20)]);
    component.host.allowed.set(0);
    let failed = splice(&component, stream, 20);
    let no_memory = StreamError::Failed(ErrorCode::INSUFFICIENT_MEMORY);
    assert_eq!(failed, Err(no_memory));
    assert!(component.host.taken.borrow().is_empty());
}
