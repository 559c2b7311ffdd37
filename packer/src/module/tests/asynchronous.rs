//! Entries of asynchronous lowerings, which pass records and return a status.

use super::super::{HOST_COUNT, HOST_FUNCTIONS, Lowering, Lowerings};
use super::wired::{OURS, Wired, entry};
use crate::module::MemoryKind;

/// A stub with an import for each of [`lowerings`] and two functions of the host.
const STUB: &str = r#"(module
  (import "program" "memory" (memory 0))
  (import "program" "lowered 0" (func (param i32 i32) (result i32)))
  (import "program" "lowered 1" (func (param i32 i32) (result i32)))
  (import "program" "lowered 2" (func (param i32 i32 i32 i32 i32) (result i32)))
  (import "program" "lowered 3" (func (param i32 i32 i32) (result i32)))
  (import "program" "lowered 4" (func (param i32 i32 i64 i32) (result i32)))
  (import "program" "lowered 5" (func (param i32) (result i32)))
  (import "program" "lowered 6" (func (param i32 i32) (result i32)))
  (import "program" "lowered 7" (func (param i32 i32 i32) (result i32)))
  (import "program" "host 0" (func (param i32)))
  (import "program" "host 1" (func (param i32)))
  (export "0" (func 0)) (export "1" (func 1)) (export "2" (func 2)) (export "3" (func 3))
  (export "4" (func 4)) (export "5" (func 5)) (export "6" (func 6)) (export "7" (func 7)))"#;

/// The status of a complete call.
const RETURNED: Option<i64> = Some(2);

fn lowerings() -> Lowerings {
    let lowering = |export: &str, host: Option<(&str, u32)>| {
        let mut answers = [None; HOST_COUNT];
        for (answer, function) in answers.iter_mut().zip(&HOST_FUNCTIONS) {
            *answer = host
                .filter(|(name, _)| function.import == *name)
                .map(|(_, import)| import);
        }
        Lowering {
            entry: entry(export, true),
            realloc: None,
            host: answers,
        }
    };
    let mut read = lowering("0.3 [stream-read]u8", None);
    read.entry.is_async = false;
    Lowerings(vec![
        lowering("0.3 [method]descriptor.open-at", None),
        lowering("0.3 [method]descriptor.set-times", None),
        lowering("0.3 [method]descriptor.stat-at", None),
        lowering("0.3 [method]descriptor.is-same-object", None),
        lowering(
            "0.3 [method]descriptor.write-via-stream",
            Some(("0.3 [stream-drop-readable]u8", 9)),
        ),
        lowering("0.3 get-directories", Some(("0.3 get-directories", 8))),
        lowering("0.3 [method]descriptor.rename-at", None),
        read,
    ])
}

fn start() -> Wired {
    Wired::of(STUB, &lowerings(), MemoryKind::Separate)
}

/// Stores 32-bit numbers.
fn store(wired: &mut Wired, address: usize, numbers: &[u32]) {
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    wired.store(address, &bytes);
}

fn load(wired: &Wired, address: usize, count: usize) -> Vec<u32> {
    (0..count).map(|at| wired.load(address + 4 * at)).collect()
}

#[test]
fn fields_of_a_record_become_parameters() {
    let mut wired = start();
    // Bytes between fields mean nothing.
    store(
        &mut wired,
        64,
        &[OURS as u32, 0xffff_ff01, 700, 9, 0xffff_0405],
    );
    assert_eq!(wired.call("0", &[64, 128]), (RETURNED, vec![]));
    assert_eq!(load(&wired, 128, 7), [OURS as u32, 1, 700, 9, 5, 4, 0]);
}

#[test]
fn fields_of_64_bits_keep_their_sign() {
    let mut wired = start();
    let times = [1, 0, u32::MAX, u32::MAX, 7, 0, 2, 0, 3, 0, 8, 0];
    store(&mut wired, 64, &[&[OURS as u32, 0][..], &times].concat());
    assert_eq!(wired.call("1", &[64, 160]).0, RETURNED);
    assert_eq!(load(&wired, 160, 5), [u32::MAX, u32::MAX, 3, 0, 2]);
}

#[test]
fn four_parameters_are_passed_directly() {
    let mut wired = start();
    let called = wired.call("2", &[OURS, 1, 700, 9, 128]);
    assert_eq!(called, (RETURNED, vec![]));
    assert_eq!(wired.load(128), 9);
}

#[test]
fn returned_values_are_stored() {
    let mut wired = start();
    wired.store(128, &[7; 4]);
    // A `bool` is one byte.
    assert_eq!(wired.call("3", &[5, OURS, 128]), (RETURNED, vec![]));
    assert_eq!(wired.load(128), 0x0707_0763);
    let (status, noted) = wired.call("4", &[OURS, 6, 0, 128]);
    assert_eq!(
        (status, &*noted),
        (RETURNED, &["host 1 [6]".to_owned()][..])
    );
    assert_eq!(wired.load(128), 0x4000_0123);
}

#[test]
fn calls_without_a_handle_of_the_runtime_go_to_the_host() {
    let mut wired = start();
    store(&mut wired, 64, &[5, 0, 0, 6]);
    for (name, args) in [
        ("0", &[64, 128][..]),
        ("1", &[64, 128]),
        ("2", &[5, 1, 700, 9, 128]),
        ("3", &[5, 6, 128]),
        ("4", &[5, OURS, 0, 128]),
        ("6", &[64, 128]),
        ("7", &[5, 700, 9]),
    ] {
        let (status, noted) = wired.call(name, args);
        assert_eq!(status, Some(500));
        assert_eq!(noted, [format!("lowered {name} {args:?}")]);
    }
}

#[test]
fn either_directory_of_a_rename_may_be_packed() {
    let mut wired = start();
    for record in [[OURS as u32, 0, 0, 6], [5, 0, 0, OURS as u32]] {
        store(&mut wired, 64, &record);
        assert_eq!(wired.call("6", &[64, 128]), (RETURNED, vec![]));
    }
}

#[test]
fn directories_of_the_host_come_from_its_synchronous_lowering() {
    let mut wired = start();
    let (status, noted) = wired.call("5", &[128]);
    assert_eq!(
        (status, &*noted),
        (RETURNED, &["host 0 [128]".to_owned()][..])
    );
}

#[test]
fn reads_return_the_status_of_the_runtime() {
    let mut wired = start();
    assert_eq!(wired.call("7", &[OURS, 64, 9]), (Some(99), vec![]));
}

/// An engine traps on these. The host's function is the engine's.
#[test]
fn misaligned_records_go_to_the_host() {
    let mut wired = start();
    store(&mut wired, 66, &[OURS as u32]);
    assert_eq!(wired.call("0", &[66, 128]).1, ["lowered 0 [66, 128]"]);
    store(&mut wired, 68, &[OURS as u32]);
    assert_eq!(wired.call("1", &[68, 128]).1, ["lowered 1 [68, 128]"]);
}

#[test]
fn records_outside_of_memory_trap() {
    let mut wired = start();
    for address in [65536, 65536 - 16, 0xffff_fffc] {
        if address == 65536 - 16 {
            store(&mut wired, address as usize, &[OURS as u32]);
        }
        let (called, _, noted) = wired.try_call("0", &[address, 128]);
        assert!(called.is_err() && noted.is_empty(), "{address}");
    }
}
