//! Components with writable directories: the functions of output streams are intercepted, and
//! the runtime asks the clock of the program.

use super::streams::WRITES;
use super::text::{LIBC, MAIN, OPTIONS, imports, lowerings, of_0_3, program};
use super::{PARTS, VERSION, Wiring, wasm, wired_runtime};
use crate::component::ComponentError;
use crate::component::wire_error::WireError;
use crate::module::tests::writable_wired_runtime;
use crate::module::{Parts, Writable};
use crate::warning::Warning;
use wasi_vfs_embedding::preview2::CLOCK;

const CHECK: &str = "[method]output-stream.check-write";

fn parts() -> Parts<'static> {
    Parts {
        writable: Some(Writable {
            directories: vec![0],
            limit_len: 1 << 20,
        }),
        ..PARTS
    }
}

/// A program with lowerings of `functions` of output streams, and with a clock.
fn streams(functions: &[&str]) -> Vec<u8> {
    let lowered = functions
        .iter()
        .map(|name| format!(r#"(core func (canon lower (func $streams "{name}") {OPTIONS}))"#));
    wasm(&program(&lowered.collect::<String>()))
}

/// The names of the intercepted functions, and of those that wiring lowers for the runtime.
fn planned(component: &[u8], keeps_changes: bool) -> (Vec<&'static str>, Vec<&'static str>) {
    let wiring = Wiring::new(component, None, false).expect("can be wired");
    let wiring = wiring.keeping_changes(keeps_changes).expect("can be wired");
    let plan = &wiring.planned.plan;
    let functions = plan.functions.iter().map(|entry| entry.function.name);
    let host = plan.host.iter().map(|host| host.function.name);
    (functions.collect(), host.collect())
}

#[test]
fn output_streams_are_intercepted_only_in_writable_components() {
    let component = streams(&[CHECK]);
    assert!(!planned(&component, false).0.contains(&CHECK));
    assert!(planned(&component, true).0.contains(&CHECK));
}

#[test]
fn either_stream_of_a_splice_may_be_one_of_a_file() {
    const SPLICE: &str = "[method]output-stream.splice";
    let component = streams(&[SPLICE]);
    for (keeps_changes, expected) in [(false, &[1][..]), (true, &[0, 1])] {
        let wiring = Wiring::new(&component, None, false).expect("can be wired");
        let wiring = wiring.keeping_changes(keeps_changes).expect("can be wired");
        let functions = &mut wiring.planned.plan.functions.iter();
        let splice = functions.find(|entry| entry.function.name == SPLICE);
        assert_eq!(splice.expect("lowered").function.handles, expected);
    }
}

#[test]
fn a_writable_component_has_its_record_and_can_be_restored() {
    let component = streams(&[CHECK]);
    let wiring = Wiring::new(&component, None, false).expect("can be wired");
    // Unwires the result, and compares it with the component.
    let embedded = wiring.embed(parts(), &writable_wired_runtime(), VERSION);
    let packed = embedded.expect("can be wired").module;
    let (_, found) = crate::component::find(&packed)
        .expect("readable")
        .expect("packed");
    assert_eq!(found.writable, parts().writable);
    let again = Wiring::new(&packed, None, false).expect("can be wired");
    let read_only = again.embed(PARTS, &wired_runtime(), VERSION);
    let direct = Wiring::new(&component, None, false).expect("can be wired");
    let direct = direct.embed(PARTS, &wired_runtime(), VERSION);
    assert!(read_only.expect("wired").module == direct.expect("wired").module);
}

/// A program with `clock` before the functions that open files.
fn with_clock(clock: &str) -> Vec<u8> {
    let (imports, lowerings) = (imports("0.2.0", ""), lowerings("", OPTIONS));
    wasm(&format!(
        "(component {imports} {LIBC} {clock} {lowerings} {MAIN})"
    ))
}

#[test]
fn the_runtime_gets_the_clock_that_the_program_lowers() {
    let clock = r#"(import "wasi:clocks/wall-clock@0.2.0" (instance $clock
        (export "now" (func (result (tuple u64 u32))))))"#;
    let lowered = r#"(core func (canon lower (func $clock "now") (memory $memory)))"#;
    let only_imported = with_clock(clock);
    assert!(!planned(&only_imported, true).1.contains(&CLOCK));
    let component = with_clock(&format!("{clock} {lowered}"));
    assert!(planned(&component, true).1.contains(&CLOCK));
    assert!(!planned(&component, false).1.contains(&CLOCK));
}

#[test]
fn functions_that_take_an_output_stream_are_named() {
    let text = program(&format!(
        r#"(alias export $streams "output-stream" (type $output))
        (import "local:log/log" (instance $log
          (alias outer 1 $output (type $o'))
          (export "output-stream" (type $o (eq $o')))
          (export "send" (func (param "to" (borrow $o))))))
        (core func (canon lower (func $log "send") {OPTIONS}))"#
    ));
    let component = wasm(&text);
    let wiring = Wiring::new(&component, None, false).expect("read-only");
    match wiring.keeping_changes(true).map(|_| ()) {
        Err(ComponentError::Wire(error @ WireError::Escape { .. })) => {
            let error = error.to_string();
            assert!(error.contains("`send` of `local:log/log`"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let allowed = Wiring::new(&component, None, true).expect("allowed");
    assert!(allowed.keeping_changes(true).is_ok());
}

#[test]
fn writes_of_0_3_that_fail_are_named() {
    let component = wasm(&of_0_3(""));
    let wiring = Wiring::new(&component, None, false).expect("can be wired");
    let embedded = wiring.embed(parts(), &writable_wired_runtime(), VERSION);
    let warnings = embedded.expect("can be wired").warnings;
    let write = "descriptor.write-via-stream".to_owned();
    let expected = [
        Warning::Streams(vec![WRITES.to_owned()]),
        Warning::CannotWrite(vec![write]),
    ];
    assert_eq!(warnings, expected);
}
