//! Questions about descriptors, in the layout of 0.3.

use super::Component;
use crate::component::ErrorCode;
use crate::fuzz::memory_fs::MemoryFs;
use crate::preview3::Preview3;
use crate::tests::component::{CREATE, FOLLOW, LOWERING, READ, RET, WRITE};
use crate::tests::guest::{image, write_image};
use wasi_vfs_format::testing::{directory_node, file, mount};
use wasi_vfs_format::tree::{FileNode, Node, Tree};

#[test]
fn stat_tells_type_links_and_size() {
    let component = Component::new();
    let file = component.open("hello").unwrap();
    component.put(RET, &[0xee; 112]);
    component.server.descriptor_stat(file, RET, LOWERING);
    assert_eq!(component.outcome_at(8), Ok(()));
    let descriptor_type = component.bytes(RET + 8, 16);
    assert_eq!(descriptor_type[0], 5);
    assert_eq!(descriptor_type[1..], [0; 15], "no text");
    assert_eq!(component.u64_at(RET + 24), 1);
    assert_eq!(component.u64_at(RET + 32), 12);
}

#[test]
fn the_type_has_no_text() {
    let component = Component::new();
    component.put(RET, &[0xee; 20]);
    let root = component.root();
    component.server.descriptor_get_type(root, RET, LOWERING);
    let mut expected = [0; 16];
    expected[0] = 2;
    assert_eq!(component.bytes(RET + 4, 16), expected);
}

/// An image with a file of this time of its last change.
fn image_of(mtime_ns: i64) -> Component {
    let node = match file("x") {
        Node::File(node) => Node::File(FileNode { mtime_ns, ..node }),
        other => other,
    };
    let root = directory_node([("file", node)]);
    let mounts = vec![mount("/", &[])];
    let (index, payload) = write_image(&Tree { root, mounts }, None);
    Component::with_fs(image(index, payload))
}

#[test]
fn times_before_1970_have_negative_seconds() {
    for (mtime_ns, seconds, nanoseconds) in [
        (1_000_000_002, 1, 2),
        (-1, -1_i64, 999_999_999),
        (-2_000_000_000, -2, 0),
    ] {
        let component = image_of(mtime_ns);
        let file = component.open("file").unwrap();
        component.server.descriptor_stat(file, RET, LOWERING);
        for time in [40, 64, 88] {
            assert_eq!(component.bytes(RET + time, 1), [1], "some");
            assert_eq!(component.u64_at(RET + time + 8) as i64, seconds);
            assert_eq!(component.u32_at(RET + time + 16), nanoseconds);
        }
    }
}

#[test]
fn times_before_1970_are_set() {
    let component = Component::with_fs(MemoryFs::new());
    let flags = (FOLLOW, CREATE, READ | WRITE);
    let file = component.open_with(component.root(), "file", flags);
    let file = file.unwrap();
    let server = &*component.server;
    let set = |seconds: i64| {
        let seconds = seconds as u64;
        server.descriptor_set_times(file, 0, 0, 0, 2, seconds, 5, RET, LOWERING);
        component.outcome_at(4)
    };
    assert_eq!(set(i64::MAX), Err(ErrorCode::OVERFLOW));
    assert_eq!(set(i64::MIN), Err(ErrorCode::OVERFLOW));
    assert_eq!(set(-3), Ok(()));
    server.descriptor_stat(file, RET, LOWERING);
    assert_eq!(component.u64_at(RET + 64 + 8) as i64, -3);
    assert_eq!(component.u32_at(RET + 64 + 16), 5);
}

#[test]
fn one_node_is_the_same_object() {
    let component = Component::new();
    let one = component.open("lib/a/deep").unwrap();
    let other = component.open("link").unwrap();
    let server = &*component.server;
    assert_eq!(server.descriptor_is_same_object(one, other, LOWERING), 1);
    let root = component.root();
    assert_eq!(server.descriptor_is_same_object(one, root, LOWERING), 0);
}
