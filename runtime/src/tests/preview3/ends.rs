//! Dropping streams and futures.

use super::Component;
use super::component::DROPPED;
use crate::component::ErrorCode;
use crate::fuzz::memory_fs::MemoryFs;
use crate::preview3::Preview3;
use crate::tests::component::{CREATE, FOLLOW, LOWERING, READ, WRITE};

#[test]
fn ends_are_dropped_in_any_order() {
    let component = Component::new();
    let file = component.open("hello").unwrap();
    let server = &*component.server;
    let (first, _) = component.bytes_of(file, 0);
    server.bytes_drop(first, LOWERING);
    // The future of the first stream is open, so its slot is taken.
    for stream_first in [true, false] {
        let (stream, future) = component.bytes_of(file, 0);
        assert_eq!(stream, first + 1);
        assert_ne!(stream, future);
        if stream_first {
            server.bytes_drop(stream, LOWERING);
            assert_eq!(component.outcome(future), Ok(()));
            server.result_drop(future, LOWERING);
        } else {
            server.result_drop(future, LOWERING);
            assert_eq!(component.read(stream, 5), Some(b"hello".into()));
            server.bytes_drop(stream, LOWERING);
        }
        assert_eq!(component.read(stream, 5), None);
        assert_eq!(component.outcome(future), Err(ErrorCode::BAD_DESCRIPTOR));
    }
}

#[test]
fn ends_outlive_their_descriptor() {
    let component = Component::new();
    let file = component.open("hello").unwrap();
    let (stream, future) = component.bytes_of(file, 0);
    component.server.drop_descriptor(file, LOWERING);
    assert_eq!(component.read_all(stream), b"hello, world");
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn dropping_as_another_kind_changes_nothing() {
    let component = Component::new();
    let (stream, future) = component.bytes_at("hello");
    let server = &*component.server;
    server.entries_drop(stream, LOWERING);
    server.drop_descriptor(stream, LOWERING);
    server.drop_descriptor(future, LOWERING);
    server.bytes_drop(future, LOWERING);
    server.result_drop(stream, LOWERING);
    assert_eq!(server.entries_read(stream, 0, 1, LOWERING), DROPPED);
    assert_eq!(component.read_all(stream), b"hello, world");
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn a_node_lives_as_long_as_both_ends() {
    let component = Component::with_fs(MemoryFs::new());
    let count = || component.server.with_files(|files| files.fs.node_count());
    let flags = (FOLLOW, CREATE, READ | WRITE);
    let root = component.root();
    let file = component.open_with(root, "file", flags).unwrap();
    let (stream, future) = component.bytes_of(file, 0);
    let server = &*component.server;
    let (path, len) = component.put_path("file");
    server.descriptor_unlink_file_at(root, path, len, 0x2000, LOWERING);
    server.drop_descriptor(file, LOWERING);
    server.result_drop(future, LOWERING);
    assert_eq!(component.read(stream, 1), None);
    assert_eq!(count(), 2);
    server.bytes_drop(stream, LOWERING);
    assert_eq!(count(), 1);
}

#[test]
fn a_directory_has_no_bytes() {
    let component = Component::new();
    let (stream, future) = component.bytes_of(component.root(), 0);
    assert_eq!(component.read(stream, 5), None);
    assert_eq!(component.outcome(future), Err(ErrorCode::IS_DIRECTORY));
    component.server.bytes_drop(stream, LOWERING);
    component.server.result_drop(future, LOWERING);
}

/// As the host does for a file that cannot be written.
#[test]
fn a_stream_for_a_packed_file_is_dropped() {
    let component = Component::new();
    let file = component.open("hello").unwrap();
    let (ours, future) = component.bytes_of(file, 0);
    let server = &*component.server;
    let written = server.descriptor_write_via_stream(file, ours, 0, LOWERING);
    assert_eq!(component.outcome(written), Err(ErrorCode::READ_ONLY));
    assert_eq!(component.read(ours, 5), None);
    assert_eq!(component.outcome(future), Ok(()));
    let written = server.descriptor_append_via_stream(file, 9, LOWERING);
    assert_eq!(component.outcome(written), Err(ErrorCode::READ_ONLY));
    assert_eq!(*component.host.dropped.borrow(), [9], "the host's stream");
}
