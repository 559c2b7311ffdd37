//! Streams of a file's bytes.

use super::Component;
use super::component::{BUFFER, CANCELLED, COMPLETED, DROPPED};
use crate::component::ErrorCode;
use crate::preview3::Preview3;
use crate::tests::big;
use crate::tests::component::{LOWERING, RET, StreamError};

#[test]
fn a_stream_has_the_bytes_of_its_file() {
    let component = Component::new();
    let (stream, future) = component.bytes_at("lib/big");
    assert_eq!(component.read_all(stream), big());
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn a_read_fills_the_whole_buffer() {
    let component = Component::new();
    let (stream, _) = component.bytes_at("lib/big");
    let read = component.read(stream, 300_000).unwrap();
    assert_eq!(read, big()[..300_000]);
    assert!(
        component
            .host
            .allocations
            .borrow()
            .iter()
            .all(|a| a.2 < 100)
    );
}

#[test]
fn a_stream_starts_at_its_offset() {
    let component = Component::new();
    let file = component.open("hello").unwrap();
    let (stream, _) = component.bytes_of(file, 7);
    assert_eq!(component.read(stream, 3), Some(b"wor".into()));
    assert_eq!(component.read(stream, 9), Some(b"ld".into()));
    assert_eq!(component.read(stream, 9), None);
    assert_eq!(component.read(stream, 9), None);
}

#[test]
fn a_stream_behind_every_file_ends_at_once() {
    let component = Component::new();
    let file = component.open("hello").unwrap();
    for offset in [12, 1 << 63, u64::MAX] {
        let (stream, future) = component.bytes_of(file, offset);
        assert_eq!(component.read(stream, 9), None, "{offset}");
        assert_eq!(component.outcome(future), Ok(()), "{offset}");
    }
}

/// As in wasmtime.
#[test]
fn a_read_of_nothing_completes_until_the_end() {
    let component = Component::new();
    let (stream, _) = component.bytes_at("empty");
    assert_eq!(component.read(stream, 0), Some(vec![]));
    assert_eq!(component.read(stream, 1), None);
    assert_eq!(component.read(stream, 0), None);
}

#[test]
fn damage_ends_the_stream_and_fails_the_future() {
    let component = Component::damaged();
    let (stream, future) = component.bytes_at("lib/big");
    let read = component.read_all(stream);
    assert!(read.len() > 200_000 && read.len() < 400_000);
    assert_eq!(read, big()[..read.len()]);
    component.server.bytes_drop(stream, LOWERING);
    assert_eq!(component.outcome(future), Err(ErrorCode::IO));
}

/// Otherwise a program that asks the future first takes damage for the end of the file.
#[test]
fn a_future_that_is_read_first_knows_of_damage() {
    let component = Component::damaged();
    let (stream, future) = component.bytes_at("lib/big");
    assert_eq!(component.outcome(future), Err(ErrorCode::IO));
    assert_eq!(component.read(stream, 4), Some(big()[..4].into()));
    let (_, future) = component.bytes_at("hello");
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn a_stream_that_was_dropped_early_succeeded() {
    let component = Component::damaged();
    let (stream, future) = component.bytes_at("lib/big");
    component.read(stream, 9).unwrap();
    component.server.bytes_drop(stream, LOWERING);
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn a_buffer_outside_memory_is_invalid() {
    let component = Component::new();
    for (address, len) in [(0xf_ffff, 2), (u32::MAX, 1), (0, u32::MAX)] {
        let (stream, future) = component.bytes_at("hello");
        let server = &component.server;
        let status = server.bytes_read(stream, address, len, LOWERING);
        assert_eq!(status, DROPPED);
        assert_eq!(component.outcome(future), Err(ErrorCode::INVALID));
    }
}

#[test]
fn no_read_of_ours_can_be_cancelled() {
    let component = Component::new();
    let (stream, future) = component.bytes_at("hello");
    let server = &*component.server;
    server.waitable_join(stream, 5, LOWERING);
    assert_eq!(server.bytes_cancel_read(stream, LOWERING), CANCELLED);
    assert_eq!(server.entries_cancel_read(stream, LOWERING), CANCELLED);
    assert_eq!(server.result_cancel_read(future, LOWERING), CANCELLED);
    assert_eq!(component.read(stream, 5), Some(b"hello".into()));
}

#[test]
fn an_answer_outside_memory_changes_nothing() {
    let component = Component::new();
    let file = component.open("hello").unwrap();
    let server = &*component.server;
    for ret in [0xf_fffd, u32::MAX] {
        server.descriptor_read_via_stream(file, 0, ret, LOWERING);
        server.descriptor_read_directory(component.root(), ret, LOWERING);
    }
    let (stream, future) = component.bytes_of(file, 0);
    let roots = 2 * 3;
    assert_eq!(stream, (1 << 30) + roots + 1, "behind preopens and file");
    assert_eq!(server.result_read(future, u32::MAX, LOWERING), COMPLETED);
}

#[test]
fn both_releases_see_one_file() {
    let component = Component::new();
    let file = component.open("hello").unwrap();
    let server = &*component.server;
    crate::preview2::Preview2::descriptor_read(server, file, 5, 0, RET, LOWERING);
    assert_eq!(component.list_at(RET + 4), b"hello");
    let (stream, _) = component.bytes_of(file, 0);
    crate::preview2::Preview2::input_stream_read(server, stream, 5, RET, LOWERING);
    let stale = StreamError::Failed(ErrorCode::BAD_DESCRIPTOR);
    assert_eq!(component.stream_result(4), Err(stale), "no stream of 0.2");
    assert_eq!(server.bytes_read(stream, BUFFER, 5, LOWERING), 5 << 4);
}
