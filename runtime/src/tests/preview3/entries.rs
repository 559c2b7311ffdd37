//! Streams of a directory's entries, and preopens.

use super::Component;
use super::component::{COMPLETED, DROPPED};
use crate::component::ErrorCode;
use crate::preview3::Preview3;
use crate::tests::component::{LOWERING, RET};

#[test]
fn a_directory_lists_its_entries_once() {
    let component = Component::new();
    let directory = component.open("lib").unwrap();
    let (stream, future) = component.entries_of(directory);
    component.server.drop_descriptor(directory, LOWERING);
    let first = component.entries(stream, 2).unwrap();
    assert_eq!(first, [(2, "a".into()), (4, "absolute".into())]);
    let rest = component.entries(stream, 100).unwrap();
    assert_eq!(rest, [(5, "big".into()), (4, "up".into())]);
    assert_eq!(component.entries(stream, 100), None);
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn a_read_of_no_entries_completes() {
    let component = Component::new();
    let (stream, _) = component.entries_of(component.root());
    let status = component.server.entries_read(stream, u32::MAX, 0, LOWERING);
    assert_eq!(status, COMPLETED);
    assert_eq!(component.entries(stream, 100).unwrap().len(), 8);
}

#[test]
fn without_memory_for_the_first_name_the_stream_fails() {
    let component = Component::new();
    let (stream, future) = component.entries_of(component.root());
    component.host.allowed.set(0);
    assert_eq!(component.entries(stream, 100), None);
    let outcome = component.outcome(future);
    assert_eq!(outcome, Err(ErrorCode::INSUFFICIENT_MEMORY));
}

#[test]
fn without_memory_for_a_later_name_the_entries_before_count() {
    let component = Component::new();
    let (stream, future) = component.entries_of(component.root());
    component.host.allowed.set(3);
    assert_eq!(component.entries(stream, 100).unwrap().len(), 3);
    component.host.allowed.set(usize::MAX);
    assert_eq!(component.entries(stream, 100).unwrap().len(), 5);
    assert_eq!(component.entries(stream, 100), None);
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn records_outside_memory_are_invalid() {
    let component = Component::new();
    for (address, count) in [(0xf_fff0, 1), (0, u32::MAX), (u32::MAX, 1)] {
        let (stream, future) = component.entries_of(component.root());
        let status = component
            .server
            .entries_read(stream, address, count, LOWERING);
        assert_eq!(status, DROPPED);
        assert_eq!(component.outcome(future), Err(ErrorCode::INVALID));
    }
}

#[test]
fn the_allocator_may_drop_the_stream() {
    let component = Component::new();
    let (stream, future) = component.entries_of(component.root());
    let server = component.server.clone();
    let nested = move || server.entries_drop(stream, LOWERING);
    *component.host.nested.borrow_mut() = Some(Box::new(nested));
    assert_eq!(component.entries(stream, 100).unwrap().len(), 1);
    assert_eq!(component.entries(stream, 100), None);
    assert_eq!(component.outcome(future), Ok(()));
}

#[test]
fn preopens_follow_those_of_the_host() {
    let component = Component::new();
    *component.host.preopens.borrow_mut() = vec![(3, "/tmp")];
    component.server.get_directories(RET, LOWERING);
    let (list, count) = (component.u32_at(RET), component.u32_at(RET + 4));
    let records = (list..).step_by(12).take(count as usize);
    let paths: Vec<_> = records
        .map(|record| component.list_at(record + 4))
        .collect();
    assert_eq!(paths, [&b"/tmp"[..], b"/", b"/lib"]);
}

#[test]
fn a_stream_opened_by_the_allocator_stays_at_its_start() {
    for allowed in [usize::MAX, 0] {
        let component = Component::new();
        let root = component.root();
        let (stream, future) = component.entries_of(root);
        let server = component.server.clone();
        let nested = move || {
            server.entries_drop(stream, LOWERING);
            server.result_drop(future, LOWERING);
            server.descriptor_read_directory(root, RET + 0x200, LOWERING);
        };
        *component.host.nested.borrow_mut() = Some(Box::new(nested));
        component.host.allowed.set(allowed);
        let read = component.entries(stream, 100);
        assert_eq!(
            read.map(|entries| entries.len()),
            (allowed > 0).then_some(1)
        );
        assert_eq!(component.u32_at(RET + 0x200), stream);
        component.host.allowed.set(usize::MAX);
        assert_eq!(component.entries(stream, 100).unwrap().len(), 8);
        assert_eq!(component.entries(stream, 100), None);
        assert_eq!(component.outcome(future), Ok(()));
    }
}
