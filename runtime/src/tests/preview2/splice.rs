//! Files spliced into an output stream of the host.

use crate::guest::Memory;
use crate::preview2::Preview2;
use crate::tests::big;
use crate::tests::component::Component;
use crate::tests::component::{LOWERING, RET, StreamError};

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
    let (component, stream) = component("lib/big", &[Some(100_000); 32]);
    let mut total = 0;
    let error = loop {
        match splice(&component, stream, u64::MAX) {
            Ok(len) => total += len,
            Err(error) => break error,
        }
    };
    assert_eq!((error, total), (StreamError::Closed, 400_000));
    assert_eq!(*component.host.taken.borrow(), big());
}

/// The canonical ABI needs no allocator for `splice`, so its lowering may name none.
#[test]
fn splice_changes_no_byte_of_the_program() {
    let (component, stream) = component("lib/big", &[Some(100_000); 3]);
    component.host.allowed.set(0);
    let len = component.memory.byte_len() as u32;
    let noise: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
    // Both places of the loan, and the answer inside each.
    for ret in [RET, 1024, 0x8000 + 8] {
        component.put(0, &noise);
        let server = &component.server;
        server.output_stream_splice(TARGET, stream, u64::MAX, ret, LOWERING);
        assert_eq!(component.bytes(ret, 1), [0], "{ret:#x}");
        assert!(component.u64_at(ret + 8) > 0, "{ret:#x}");
        let answer = ret as usize..ret as usize + 16;
        let after = component.bytes(0, len);
        assert!(after[..answer.start] == noise[..answer.start], "{ret:#x}");
        assert!(after[answer.end..] == noise[answer.end..], "{ret:#x}");
    }
    let taken = component.host.taken.borrow();
    assert!(!taken.is_empty() && *taken == big()[..taken.len()]);
    assert!(component.host.allocations.borrow().is_empty());
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
