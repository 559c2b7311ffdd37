//! Functions by which streams of packed files go to the host.

use super::streams::{STDOUT, WRITES, check, given, printed};
use super::text::of_0_3;
use super::wasm;
use crate::component::without_image;

/// A task with a callback.
const TASK: &str = r#"
  (core module $task
    (func (export "start") (result i32) i32.const 0)
    (func (export "callback") (param i32 i32 i32) (result i32) i32.const 0))
  (core instance $task (instantiate $task))
  (func (export "task") async
    (canon lift (core func $task "start") async (callback (core func $task "callback"))))"#;

/// A task without a callback.
const BLOCKING: &str = r#"
  (core module $task (func (export "start")))
  (core instance $task (instantiate $task))
  (func (export "task") async (canon lift (core func $task "start")))"#;

/// An import that takes a body in the arguments `params`.
fn body(params: &str) -> String {
    format!(
        r#"(import "local:web/bodies" (instance $web (export "send" (func {params}))))
  (core func $send (canon lower (func $web "send") (memory $memory)))"#
    )
}

#[test]
fn functions_that_take_streams_need_no_warning() {
    for task in [TASK, BLOCKING] {
        assert!(given(&of_0_3(&format!("{STDOUT} {task}"))).is_empty());
    }
    // No task could wait for the host.
    assert!(given(&of_0_3(STDOUT)).contains(&WRITES.to_owned()));
}

#[test]
fn streams_in_lists_are_named() {
    let hidden = body(r#"(param "bodies" (list (stream u8)))"#);
    let named = "the import `send` of `local:web/bodies`";
    assert_eq!(given(&of_0_3(&(hidden + TASK))), [named]);
}

/// The call may return only when the host has read the stream.
#[test]
fn calls_that_block_are_named() {
    let send = body(r#"(param "body" (stream u8))"#).replace("(func (param", "(func async (param");
    let named = "the import `send` of `local:web/bodies`";
    assert_eq!(given(&of_0_3(&(send.clone() + TASK))), [named]);
    let send = send.replace("(memory $memory)))", "(memory $memory) async))");
    assert!(given(&of_0_3(&(send + TASK))).is_empty());
}

/// Tasks would share the one stack of the runtime.
#[test]
fn tasks_with_stacks_of_their_own_give_no_stream() {
    let lift = r#"(core func $task "start")"#;
    let stacks = BLOCKING.replace(lift, &format!("{lift} async"));
    assert!(given(&of_0_3(&format!("{STDOUT} {stacks}"))).contains(&WRITES.to_owned()));
}

/// The caller reads the body of a response only after the lift has returned it.
#[test]
fn blocking_tasks_that_return_resources_are_named() {
    let response = |task: &str| {
        let core = task.replace(
            "(export \"start\"))",
            "(export \"start\") (result i32) i32.const 0)",
        );
        core.replace(
            "(func (export \"task\") async",
            r#"(type $own (resource (rep i32)))
  (export $response "response" (type $own))
  (func (export "task") async (result (own $response))"#,
        )
    };
    let named = "a caller of the export `task`";
    assert_eq!(given(&of_0_3(&response(BLOCKING))), [named]);
    assert!(given(&of_0_3(&response(TASK))).is_empty());
}

/// Each stream is code in the entry.
#[test]
fn functions_with_too_many_streams_are_named() {
    let send = |count: usize| {
        let params: String = (0..count)
            .map(|n| format!("(param \"s{n}\" (stream u8))"))
            .collect();
        given(&of_0_3(&(body(&params) + TASK)))
    };
    assert!(send(64).is_empty());
    assert_eq!(send(65), ["the import `send` of `local:web/bodies`"]);
}

#[test]
fn waiting_is_intercepted_only_if_streams_go_to_the_host() {
    let sets = r#"
  (core func $wait (canon waitable-set.wait (memory $memory)))
  (core func $poll (canon waitable-set.poll (memory $memory)))
  (core func $drop-set (canon waitable-set.drop))"#;
    let names = ["wait", "poll", "drop-set"];
    let receiver = super::text::receiver(&names);
    check(&of_0_3(&format!("{sets} {receiver} {TASK}")), &names, true);
    check(&of_0_3(&format!("{sets} {receiver}")), &names, false);
}

/// The instructions of the component, in one line.
fn instructions(params: &str) -> String {
    let text = printed(&of_0_3(&(body(params) + TASK)));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn streams_are_found_in_variants_and_records() {
    let optional = instructions(r#"(param "size" u64) (param "body" (option (stream u8)))"#);
    let is_some = "local.get 1 i32.const 1 i32.eq if ;; label = @1 local.get 2 i32.const 30";
    assert!(optional.contains(is_some));
    // Joined with a case of 64 bits.
    let wide = instructions(r#"(param "body" (result u64 (error (stream u8))))"#);
    assert!(wide.contains("i64.extend_i32_u local.set 1"));
    // More than 16 core parameters are in memory: 8 strings, and the stream at 64.
    let strings: String = (0..8).map(|n| format!("(param \"s{n}\" string)")).collect();
    let record = instructions(&format!(r#"{strings} (param "body" (stream u8))"#));
    assert!(record.contains("i32.store offset=64"));
}

#[test]
fn components_with_pumps_are_restored() {
    for task in [TASK, BLOCKING] {
        let text = of_0_3(&format!("{STDOUT} {task}"));
        let wired = super::wired(&text);
        assert!(*without_image(&wired).expect("restores") == wasm(&text));
    }
}
