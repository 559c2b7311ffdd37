//! Polling files and the host's pollables together.

use crate::component::handles::POLLABLE;
use crate::preview2::Preview2;
use crate::tests::component::Component;
use crate::tests::component::{LOWERING, RET};

const LIST: u32 = 0x3000;

fn poll(component: &Component, pollables: &[u32]) -> Vec<u32> {
    for (at, pollable) in (LIST..).step_by(4).zip(pollables) {
        component.put(at, &pollable.to_le_bytes());
    }
    let count = pollables.len() as u32;
    component.server.poll(LIST, count, RET, LOWERING);
    let (list, count) = (component.u32_at(RET), component.u32_at(RET + 4));
    let words = (list..).step_by(4).take(count as usize);
    words.map(|word| component.u32_at(word)).collect()
}

#[test]
fn a_file_is_ready_beside_ready_pollables_of_the_host() {
    let component = Component::new();
    component.host.ready.set(6);
    assert_eq!(poll(&component, &[5, POLLABLE, 6, 5, POLLABLE]), [1, 2, 4]);
    let calls = component.host.calls.borrow();
    assert_eq!(*calls, ["ready"; 3], "nothing waits");
}

#[test]
fn pollables_of_the_host_alone_are_polled_by_the_host() {
    let component = Component::new();
    component.put(LIST, &5_u32.to_le_bytes());
    component.server.poll(LIST, 1, RET, LOWERING);
    assert_eq!(*component.host.calls.borrow(), ["poll"]);
    assert_eq!(component.bytes(RET, 8), [0xee; 8], "as the host answered");
}

#[test]
fn the_list_is_as_long_as_its_memory() {
    let component = Component::new();
    poll(&component, &[5, POLLABLE, 6]);
    assert_eq!(*component.host.allocations.borrow(), [(LOWERING, 4, 4)]);
}

#[test]
fn without_memory_the_list_is_empty() {
    let component = Component::new();
    component.host.allowed.set(0);
    assert_eq!(poll(&component, &[POLLABLE]), []);
}

#[test]
fn a_list_outside_memory_is_left_to_the_host() {
    let component = Component::new();
    for (pollables, count) in [(u32::MAX - 8, 9), (0, u32::MAX), (0, 1 << 30)] {
        component.server.poll(pollables, count, RET, LOWERING);
    }
    assert_eq!(*component.host.calls.borrow(), ["poll"; 3]);
}
