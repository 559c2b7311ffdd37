//! Memory of the program: its allocator fails, or calls the runtime.

use crate::component::ErrorCode;
use crate::guest::Memory;
use crate::preview2::Preview2;
use crate::tests::component::Component;
use crate::tests::component::{LOWERING, PATH, RET, StreamError};

#[test]
fn a_failed_allocation_is_insufficient_memory() {
    let component = Component::new();
    let root = component.root();
    let file = component.open(root, "hello").unwrap();
    let stream = component.stream(file, 0).unwrap();
    component.host.allowed.set(0);
    let no_memory = ErrorCode::INSUFFICIENT_MEMORY;
    assert_eq!(component.read(file, 5, 0), Err(no_memory));
    let read = component.read_stream(stream, 5);
    assert_eq!(read, Err(StreamError::Failed(no_memory)));
    let (path, len) = component.put_path("link");
    let server = &component.server;
    server.descriptor_readlink_at(root, path, len, RET, LOWERING);
    assert_eq!(component.result(4), Err(no_memory));
}

#[test]
fn an_address_outside_memory_is_insufficient_memory() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    // The fake allocator never looks at the end of the memory.
    while component.read(file, 12, 0).is_ok() {}
    let read = component.read(file, 12, 0);
    assert_eq!(read, Err(ErrorCode::INSUFFICIENT_MEMORY));
}

#[test]
fn paths_outside_memory_are_invalid() {
    let component = Component::new();
    let root = component.root();
    let server = &component.server;
    for path in [(u32::MAX, 1), (0xf_ffff, 2), (0, u32::MAX)] {
        server.descriptor_stat_at(root, 0, path.0, path.1, RET, LOWERING);
        assert_eq!(component.result(8), Err(ErrorCode::INVALID), "{path:?}");
    }
    component.put(PATH, b"\xff");
    server.descriptor_stat_at(root, 0, PATH, 1, RET, LOWERING);
    let illegal = ErrorCode::ILLEGAL_BYTE_SEQUENCE;
    assert_eq!(component.result(8), Err(illegal));
}

#[test]
fn the_allocator_may_use_files() {
    let component = Component::new();
    let root = component.root();
    let file = component.open(root, "hello").unwrap();
    let server = component.server.clone();
    let nested = move || server.descriptor_stat(file, RET + 0x200, LOWERING);
    *component.host.nested.borrow_mut() = Some(Box::new(nested));
    assert_eq!(component.read(file, 5, 0), Ok((b"hello".into(), false)));
    assert_eq!(component.bytes(RET + 0x200, 1), [0]);
    assert_eq!(component.u64_at(RET + 0x200 + 24), 12);
}

#[test]
fn the_allocator_may_drop_the_stream() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let stream = component.stream(file, 0).unwrap();
    let server = component.server.clone();
    let nested = move || server.drop_input_stream(stream, LOWERING);
    *component.host.nested.borrow_mut() = Some(Box::new(nested));
    assert_eq!(component.read_stream(stream, 5), Ok(b"hello".into()));
    let stale = StreamError::Failed(ErrorCode::BAD_DESCRIPTOR);
    assert_eq!(component.read_stream(stream, 5), Err(stale));
}

/// Lets the next allocation replace the stream by another of the same file.
fn replace_in_allocator(component: &Component, file: u32, stream: u32) {
    let server = component.server.clone();
    let memory = component.memory.clone();
    let nested = move || {
        server.drop_input_stream(stream, LOWERING);
        server.descriptor_read_via_stream(file, 0, RET + 0x200, LOWERING);
        assert_eq!(memory.read_u32(RET + 0x204), Ok(stream));
    };
    *component.host.nested.borrow_mut() = Some(Box::new(nested));
}

#[test]
fn a_stream_opened_by_the_allocator_stays_at_its_start() {
    for allowed in [usize::MAX, 0] {
        let component = Component::new();
        let file = component.open(component.root(), "hello").unwrap();
        let stream = component.stream(file, 0).unwrap();
        replace_in_allocator(&component, file, stream);
        component.host.allowed.set(allowed);
        let read = component.read_stream(stream, 5);
        assert_eq!(read.is_ok(), allowed > 0);
        component.host.allowed.set(usize::MAX);
        assert_eq!(component.read_stream(stream, 5), Ok(b"hello".into()));
    }
}

#[test]
fn a_listing_opened_by_the_allocator_stays_at_its_start() {
    let component = Component::new();
    let root = component.root();
    let stream = component.listing(root).unwrap();
    let server = component.server.clone();
    let nested = move || {
        server.drop_directory_entry_stream(stream, LOWERING);
        server.descriptor_read_directory(root, RET + 0x200, LOWERING);
    };
    *component.host.nested.borrow_mut() = Some(Box::new(nested));
    let first = component.entry(stream).unwrap();
    assert_eq!(component.u32_at(RET + 0x204), stream);
    assert_eq!(component.entry(stream), Ok(first));
}
