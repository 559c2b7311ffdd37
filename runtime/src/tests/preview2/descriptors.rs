//! Questions about open descriptors.

use crate::component::ErrorCode;
use crate::preview2::Preview2;
use crate::tests::component::Component;
use crate::tests::component::{FOLLOW, LOWERING, RET};
use crate::tests::guest::{image, write_image};
use wasi_vfs_format::testing::{directory_node, file, mount};
use wasi_vfs_format::tree::{FileNode, Node, Tree};

/// The lower half of the metadata hash of a path.
fn hash(component: &Component, directory: u32, path: &str) -> (u64, u64) {
    let (address, len) = component.put_path(path);
    let server = &component.server;
    server.descriptor_metadata_hash_at(directory, FOLLOW, address, len, RET, LOWERING);
    assert_eq!(component.result(8), Ok(()));
    (component.u64_at(RET + 8), component.u64_at(RET + 16))
}

#[test]
fn stat_tells_type_links_and_size() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    let stat = component.stat(file).unwrap();
    assert_eq!(stat[0], 6);
    assert_eq!(stat[8..16], 1_u64.to_le_bytes());
    assert_eq!(stat[16..24], 12_u64.to_le_bytes());
}

/// A file with this time of its last change.
fn file_of(mtime_ns: i64) -> Node {
    match file("x") {
        Node::File(node) => Node::File(FileNode { mtime_ns, ..node }),
        other => other,
    }
}

#[test]
fn times_before_1970_are_unknown() {
    let root = directory_node([("old", file_of(-1)), ("new", file_of(1_000_000_002))]);
    let mounts = vec![mount("/", &[])];
    let (index, payload) = write_image(&Tree { root, mounts }, None);
    let component = Component::with_fs(image(index, payload));
    let root = component.root();
    let old = component.open(root, "old").unwrap();
    let stat = component.stat(old).unwrap();
    for time in [24, 48, 72] {
        assert_eq!(stat[time], 0, "none");
    }
    let new = component.open(root, "new").unwrap();
    let stat = component.stat(new).unwrap();
    for time in [24, 48, 72] {
        assert_eq!(stat[time], 1, "some");
        assert_eq!(stat[time + 8..time + 16], 1_u64.to_le_bytes());
        assert_eq!(stat[time + 16..time + 20], 2_u32.to_le_bytes());
    }
}

#[test]
fn one_node_has_one_hash_and_others_have_others() {
    let component = Component::new();
    let root = component.root();
    let deep = hash(&component, root, "lib/a/deep");
    assert_eq!(deep, hash(&component, root, "link"));
    assert_ne!(deep, hash(&component, root, "hello"));
    assert_ne!(hash(&component, root, "lib"), hash(&component, root, "."));
}

#[test]
fn objects_are_the_same_by_their_node() {
    let component = Component::new();
    let root = component.root();
    let one = component.open(root, "lib/a/deep").unwrap();
    let other = component.open(root, "link").unwrap();
    let hello = component.open(root, "hello").unwrap();
    let server = &component.server;
    let is_same = |a, b| server.descriptor_is_same_object(a, b, LOWERING);
    assert_eq!(is_same(one, other), 1);
    assert_eq!(is_same(one, hello), 0);
    assert_eq!(is_same(one, 5), 0, "a handle of the host");
}

#[test]
fn flags_are_those_of_a_read_only_tree() {
    let component = Component::new();
    let root = component.root();
    let file = component.open_with(root, "hello", (0, 0, 0)).unwrap();
    for descriptor in [root, file] {
        let server = &component.server;
        server.descriptor_get_flags(descriptor, RET, LOWERING);
        assert_eq!(component.bytes(RET, 2), [0, 1]);
    }
}

#[test]
fn a_dropped_handle_is_a_bad_descriptor() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    component.server.drop_descriptor(file, LOWERING);
    assert_eq!(component.stat(file), Err(ErrorCode::BAD_DESCRIPTOR));
    component.server.drop_descriptor(file, LOWERING);
}

#[test]
fn dropping_as_another_kind_changes_nothing() {
    let component = Component::new();
    let file = component.open(component.root(), "hello").unwrap();
    component.server.drop_input_stream(file, LOWERING);
    component.server.drop_directory_entry_stream(file, LOWERING);
    assert!(component.stat(file).is_ok());
}

#[test]
fn records_need_no_alignment() {
    let component = Component::new();
    let root = component.root();
    component.server.descriptor_stat(root, RET + 3, LOWERING);
    assert_eq!(component.bytes(RET + 3, 1), [0]);
    assert_eq!(component.bytes(RET + 11, 1), [3]);
}

#[test]
fn an_answer_outside_memory_opens_nothing() {
    let component = Component::new();
    let root = component.root();
    let (path, len) = component.put_path("hello");
    let server = &component.server;
    for ret in [0xf_fffd, u32::MAX] {
        server.descriptor_open_at(root, 0, path, len, 0, 1, ret, LOWERING);
    }
    let opened = component.open(root, "hello").unwrap();
    assert_eq!(opened, root + 2, "behind the two preopens");
}
