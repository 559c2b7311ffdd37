//! Reading through descriptors.

use crate::component::ErrorCode;
use crate::preview2::Preview2;
use crate::tests::big;
use crate::tests::component::Component;
use crate::tests::component::{LOWERING, READ, RET, WRITE};

#[test]
fn a_read_returns_the_asked_bytes() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    assert_eq!(component.read(file, 5, 0), Ok((b"hello".into(), false)));
    assert_eq!(component.read(file, 100, 7), Ok((b"world".into(), false)));
}

#[test]
fn only_a_read_behind_the_last_byte_is_the_end() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    for offset in [12, 13, i64::MAX as u64] {
        assert_eq!(component.read(file, 5, offset), Ok((vec![], true)));
    }
}

#[test]
fn a_read_of_nothing_is_not_the_end() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    assert_eq!(component.read(file, 0, 3), Ok((vec![], false)));
}

#[test]
fn an_offset_of_more_than_63_bits_is_invalid() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let read = component.read(file, 5, 1 << 63);
    assert_eq!(read, Err(ErrorCode::INVALID));
}

#[test]
fn a_read_allocates_the_read_bytes_only() {
    let component = Component::new();
    let root = component.root();
    let hello = component.open(root, "hello").unwrap();
    let big = component.open(root, "lib/big").unwrap();
    component.host.allocations.borrow_mut().clear();
    component.read(hello, u64::MAX, 0).unwrap();
    component.read(big, u64::MAX, 0).unwrap();
    let allocations = component.host.allocations.borrow();
    assert_eq!(*allocations, [(LOWERING, 1, 12), (LOWERING, 1, 65536)]);
}

#[test]
fn reads_in_turn_return_the_whole_file() {
    let component = Component::new();
    let file = component.open(component.root(), "lib/big").unwrap();
    let mut all = Vec::new();
    loop {
        let (bytes, is_end) = component.read(file, 50_000, all.len() as u64).unwrap();
        all.extend(bytes);
        if is_end {
            break;
        }
    }
    assert_eq!(all, big());
}

#[test]
fn a_link_is_read_whole() {
    let component = Component::new();
    let root = component.root();
    let (path, len) = component.put_path("link");
    let server = &component.server;
    server.descriptor_readlink_at(root, path, len, RET, LOWERING);
    assert_eq!(component.result(4), Ok(()));
    assert_eq!(component.list_at(RET + 4), b"lib/a/deep");
}

#[test]
fn flags_that_do_not_exist_count_for_nothing() {
    let component = Component::new();
    let all = (!0, !0b1111, READ | !0b11_1111);
    let opened = component.open_with(component.root(), "hello", all);
    assert!(opened.is_ok());
}

/// As wasmtime opens a directory with a read-only preopen. Each change then fails.
#[test]
fn a_packed_directory_opens_with_mutate_directory() {
    const MUTATE_DIRECTORY: u32 = 32;
    let component = Component::new();
    let root = component.root();
    let flags = (0, 0, READ | MUTATE_DIRECTORY);
    assert!(component.open_with(root, "lib", flags).is_ok());
    let missing = component.open_with(root, "missing", flags);
    assert_eq!(missing, Err(ErrorCode::NO_ENTRY));
    let flags = (0, 0, READ | WRITE | MUTATE_DIRECTORY);
    let opened = component.open_with(root, "lib", flags);
    assert_eq!(opened, Err(ErrorCode::IS_DIRECTORY));
}

#[test]
fn a_packed_file_is_not_written() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let refused = ErrorCode::READ_ONLY;
    assert_eq!(component.write(file, b"x", 0), Err(refused));
    let server = &component.server;
    server.descriptor_write_via_stream(file, 0, RET, LOWERING);
    assert_eq!(component.result(4), Err(refused));
    server.descriptor_append_via_stream(file, RET, LOWERING);
    assert_eq!(component.result(4), Err(refused));
}

#[test]
fn advice_ignores_its_range() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let server = &component.server;
    server.descriptor_advise(file, u64::MAX, u64::MAX, 0, RET, LOWERING);
    assert_eq!(component.result(1), Ok(()));
}
