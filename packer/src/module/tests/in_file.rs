//! Reading a module from a file finds the same image as reading its bytes.

use super::fake::linked_text;
use super::merged::program;
use super::{INDEX, KINDS, Parts, VERSION, embed, find, runtime, wasm};
use crate::module::{find_in, len_without_image, unmounted_in, without_image};
use crate::testing::NotedFile;
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// Longer than the segments in a skeleton, and with zeros that a snapshot omits.
fn parts() -> Parts<'static> {
    let numbers = (0..50_000_u32).map(|number| match number % 10_000 {
        0..=500 => 0,
        _ => number.wrapping_mul(2_654_435_761),
    });
    Parts {
        index: INDEX,
        index_level: None,
        payload: numbers
            .flat_map(u32::to_le_bytes)
            .collect::<Vec<_>>()
            .into(),
        metadata: b"cold",
        writable: None,
    }
}

/// The packed modules: merged with each kind of memory, and linked.
fn modules() -> Vec<Vec<u8>> {
    let long = "some text ".repeat(10_000);
    let text = format!(r#"(data (i32.const 1000) "{long}") (data $p "{long}")"#);
    let program = wasm(&program(&text));
    let merged = KINDS.map(|kind| embed(&program, &parts(), &runtime(), VERSION, Some(kind)));
    let linked = embed(
        &wasm(&linked_text(VERSION, "")),
        &parts(),
        &[],
        VERSION,
        None,
    );
    let all = merged.into_iter().chain([linked]);
    all.map(|packed| packed.expect("can be packed").module)
        .collect()
}

fn source(wasm: &[u8]) -> Arc<dyn ReadAt> {
    Arc::new(wasm.to_vec())
}

/// The results or errors for the bytes and for the file.
fn both(wasm: &[u8]) -> [Result<Option<Vec<Vec<u8>>>, String>; 2] {
    let whole = find(wasm).map(|found| {
        found.map(|found| {
            let metadata = found.metadata.unwrap_or_default().to_vec();
            vec![
                found.index.into_owned(),
                found.payload.into_owned(),
                metadata,
            ]
        })
    });
    let filed = find_in(&source(wasm)).map(|found| {
        found.map(|found| {
            let payload = found.payload.bytes().expect("in memory").into_owned();
            vec![found.index, payload, found.metadata.unwrap_or_default()]
        })
    });
    [whole, filed].map(|found| found.map_err(|error| error.to_string()))
}

#[test]
fn an_image_in_a_file_is_found_as_in_its_bytes() {
    for module in modules() {
        let [whole, filed] = both(&module);
        let found = whole.expect("readable").expect("packed");
        assert!(found[1] == *parts().payload);
        assert!(filed.expect("readable").expect("packed") == found);
    }
}

#[test]
fn a_payload_is_read_from_any_place_of_the_file() {
    for module in modules() {
        let found = find_in(&source(&module))
            .expect("readable")
            .expect("packed");
        let (payload, expected) = (found.payload, parts().payload);
        for start in (0..expected.len()).step_by(1777) {
            let len = 4000.min(expected.len() - start);
            let read = payload.read(start as u64, len).expect("within");
            assert!(*read == expected[start..start + len], "{start}");
        }
    }
}

#[test]
fn damage_is_the_same_in_a_file_and_in_bytes() {
    for module in modules() {
        let places = (0..module.len()).step_by(4999);
        let places = places
            .chain(0..300)
            .chain(module.len() - 3000..module.len());
        for at in places.step_by(7) {
            let mut damaged = module.clone();
            damaged[at] ^= 0x41;
            for module in [&module[..at], &damaged] {
                let [whole, filed] = both(module);
                // Code is not looked at in a file.
                let is_of_code = whole.is_err() && filed.is_ok();
                assert!(whole == filed || is_of_code, "{at}: {whole:?} {filed:?}");
            }
        }
    }
}

#[test]
fn length_without_image_is_that_of_the_program() {
    for module in modules() {
        let source = source(&module);
        let found = find_in(&source).expect("readable").expect("packed");
        let expected = without_image(&module).expect("readable").len() as u64;
        for segment in [found.payload_segment, None] {
            let len = len_without_image(&source, segment).expect("readable");
            assert_eq!(len, expected, "{segment:?}");
        }
    }
}

#[test]
fn taking_a_program_out_leaves_its_payload_unread() {
    for kind in KINDS {
        let parts = parts();
        let packed = embed(&wasm(&program("")), &parts, &runtime(), VERSION, Some(kind));
        let bytes = packed.expect("can be packed").module;
        let payload = memchr::memmem::find(&bytes, &parts.payload).expect("stored") as u64;
        let payload = payload..payload + parts.payload.len() as u64;
        let noted = NotedFile::new(bytes);
        let source: Arc<dyn ReadAt> = noted.clone();
        let found = find_in(&source).expect("readable").expect("packed");
        unmounted_in(&source, found.payload_segment).expect("readable");
        let len = noted.len_read_in(&payload);
        // A window of 16 KiB may reach into it, in each of two walks.
        assert!(len <= 32 << 10, "{kind:?}: {len} bytes");
    }
}

#[test]
fn short_segments_are_read_together() {
    let segments: String = (0..5000)
        .map(|number| {
            format!(
                r#"(data (i32.const {}) "segment {number:06}")"#,
                number * 20
            )
        })
        .collect();
    let [packed, _] = super::each_packed(&program(&segments));
    let noted = NotedFile::new(packed.clone());
    let source: Arc<dyn ReadAt> = noted.clone();
    let found = find_in(&source).expect("readable").expect("packed");
    assert_eq!(found.index, INDEX);
    unmounted_in(&source, found.payload_segment).expect("readable");
    let count = noted.read_count();
    assert!(count < 100, "{count} reads of {} bytes", packed.len());
}
