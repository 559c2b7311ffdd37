//! Listing directories, and preopens.

use crate::blocks::Blocks;
use crate::component::ErrorCode;
use crate::image::ImageFs;
use crate::preview2::Preview2;
use crate::tests::component::Component;
use crate::tests::component::LOWERING;
use crate::tests::guest::{NoBudget, PlainPayload, image};
use crate::tests::sample_image;
use wasi_vfs_format::Index;

fn names(component: &Component, stream: u32) -> Vec<String> {
    let entries = std::iter::from_fn(|| component.entry(stream).unwrap());
    entries.map(|(_, name)| name).collect()
}

#[test]
fn preopens_follow_those_of_the_host() {
    let component = Component::new();
    *component.host.preopens.borrow_mut() = vec![(3, "/tmp"), (9, "/home")];
    let preopens = component.preopens();
    let paths: Vec<_> = preopens.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, ["/tmp", "/home", "/", "/lib"]);
    assert_eq!((preopens[0].0, preopens[1].0), (3, 9));
    assert!(component.open(preopens[2].0, "hello").is_ok());
    assert!(component.open(preopens[3].0, "big").is_ok());
}

#[test]
fn preopens_asked_for_again_have_new_handles() {
    let component = Component::new();
    let (first, second) = (component.root(), component.root());
    assert_ne!(first, second);
    component.server.drop_descriptor(first, LOWERING);
    assert!(component.open(second, "hello").is_ok());
}

#[test]
fn without_memory_the_preopens_of_the_host_stay() {
    for allowed in 0..3 {
        let component = Component::new();
        *component.host.preopens.borrow_mut() = vec![(3, "/tmp")];
        component.host.allowed.set(allowed);
        assert_eq!(component.preopens(), [(3, "/tmp".into())]);
        component.host.allowed.set(usize::MAX);
        let preopens = component.preopens();
        assert_eq!(preopens[1].0, 1 << 30, "no handle leaked");
    }
}

#[test]
fn a_damaged_index_is_a_preopen_that_fails() {
    let (mut index, payload) = sample_image();
    index[200] ^= 1;
    let component = Component::with_fs(image(index, payload));
    let preopens = component.preopens();
    assert_eq!(preopens, [(1 << 30, "/".into())]);
    assert_eq!(component.open(preopens[0].0, "hello"), Err(ErrorCode::IO));
}

#[test]
fn an_index_that_found_no_memory_is_read_later() {
    let (index, payload) = sample_image();
    let blocks = Blocks::new(PlainPayload(payload), NoBudget);
    let component = Component::with_fs(ImageFs::without_index(blocks));
    let preopens = component.preopens();
    assert_eq!(preopens, [(1 << 30, "/".into())]);
    let root = preopens[0].0;
    let no_memory = Err(ErrorCode::INSUFFICIENT_MEMORY);
    assert_eq!(component.open(root, "hello"), no_memory);
    component.server.with_files(|files| {
        assert!(files.fs.needs_index());
        files.fs.set_index(Index::parse(index.leak()).ok());
        assert!(!files.fs.needs_index());
    });
    let file = component.open(root, "hello").unwrap();
    assert_eq!(component.read(file, 5, 0), Ok((b"hello".into(), false)));
}

#[test]
fn a_directory_lists_its_entries_once() {
    let component = Component::new();
    let directory = component.open(component.root(), "lib").unwrap();
    let stream = component.listing(directory).unwrap();
    component.server.drop_descriptor(directory, LOWERING);
    assert_eq!(component.entry(stream), Ok(Some((3, "a".into()))));
    assert_eq!(component.entry(stream), Ok(Some((5, "absolute".into()))));
    assert_eq!(component.entry(stream), Ok(Some((6, "big".into()))));
    assert_eq!(names(&component, stream), ["up"]);
    assert_eq!(component.entry(stream), Ok(None));
}

#[test]
fn an_entry_without_memory_is_read_again() {
    let component = Component::new();
    let stream = component.listing(component.root()).unwrap();
    component.host.allowed.set(0);
    let failed = component.entry(stream);
    assert_eq!(failed, Err(ErrorCode::INSUFFICIENT_MEMORY));
    component.host.allowed.set(usize::MAX);
    assert_eq!(names(&component, stream).len(), 8);
}

#[test]
fn two_streams_of_a_directory_do_not_disturb_each_other() {
    let component = Component::new();
    let root = component.root();
    let (one, other) = (component.listing(root), component.listing(root));
    let (one, other) = (one.unwrap(), other.unwrap());
    component.entry(one).unwrap();
    assert_eq!(names(&component, other).len(), 8);
    assert_eq!(names(&component, one).len(), 7);
}
