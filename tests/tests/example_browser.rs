//! The page of `examples/browser` in headless Chromium: built as a person builds it,
//! served by its own server, used as by a person.
//!
//! What is done there is in `engines/example_browser.mjs`, which leaves pictures of
//! the page in `target/examples/pictures`.

use serde_json::{Value, json};
use std::process::Command;
use std::sync::LazyLock;
use wasi_vfs_tests::command::{self, run};
use wasi_vfs_tests::workspace::{here, root, tool};

/// What was seen, once for all tests.
static SEEN: LazyLock<Value> = LazyLock::new(|| {
    for needed in ["ruby-lib", "npm-shim"] {
        tool(needed, needed.trim_start_matches("npm-"));
    }
    let [page, pictures] =
        ["browser-test", "pictures"].map(|name| root().join("target/examples").join(name));
    let mut build = Command::new(root().join("examples/browser/build"));
    // How long it takes to pack is no matter here.
    build
        .arg(command::binary())
        .arg(&page)
        .args(["--compress=1", "--memory", "single"]);
    run(&mut build, "").expect_success();
    let mut node = Command::new(tool("node", "node"));
    node.arg(here("engines/example_browser.mjs"))
        .args([&page, &pictures]);
    let seen = run(&mut node, "").expect_success();
    serde_json::from_str(&seen).expect("JSON")
});

fn text<'a>(seen: &'a Value, of: &str, part: &str) -> &'a str {
    seen[of][part]
        .as_str()
        .unwrap_or_else(|| panic!("no {of} {part} in {seen:#}"))
}

fn ended_with(of: &str, code: u32) {
    let status = text(&SEEN, of, "status");
    let expected = format!("Ended with exit code {code} after ");
    assert!(status.starts_with(&expected), "{of}: {:#}", SEEN[of]);
}

#[test]
fn the_first_program_requires_libraries_and_runs() {
    ended_with("first", 0);
    let output = text(&SEEN, "first", "output");
    assert!(output.contains("\"fruit\": \"apple\""), "{output}");
    assert!(
        output.ends_with("months: September, October\n* apple\n* pear\n* quince\n"),
        "{output}"
    );
}

#[test]
fn loading_shows_the_received_bytes() {
    let bytes = SEEN["bytes"].as_str().expect("a text");
    let (come, of) = bytes.split_once(" of ").expect("both");
    assert_eq!(come, of);
    assert!(of.ends_with(" MB"), "{bytes}");
}

#[test]
fn page_loads_nothing_from_other_servers() {
    assert_eq!(SEEN["elsewhere"], json!([]));
}

#[test]
fn exceptions_are_shown_with_their_line() {
    ended_with("exception", 1);
    let output = text(&SEEN, "exception", "output");
    let last = "from main.rb:2:in 'Object#parse'\n\tfrom main.rb:3:in '<main>'\n";
    assert!(
        output.contains("(JSON::ParserError)") && output.ends_with(last),
        "{output}"
    );
}

#[test]
fn syntax_errors_are_shown_with_their_line() {
    ended_with("syntax", 1);
    let output = text(&SEEN, "syntax", "output");
    assert!(
        output.starts_with("main.rb:1: syntax error") && !output.contains('\u{1b}'),
        "{output:?}"
    );
}

#[test]
fn exit_codes_are_shown() {
    ended_with("exit", 3);
    assert_eq!(text(&SEEN, "exit", "output"), "no\n");
    ended_with("exit_at_once", 4);
    assert_eq!(text(&SEEN, "exit_at_once", "output"), "a");
}

#[test]
fn programs_are_utf_8_and_have_no_input_or_directory() {
    ended_with("unicode", 0);
    assert_eq!(text(&SEEN, "unicode", "output"), "本日 eßürg\nnil\nfalse\n");
}

#[test]
fn endless_recursion_is_an_exception() {
    ended_with("deep", 1);
    let output = text(&SEEN, "deep", "output");
    assert!(
        output.contains("stack level too deep (SystemStackError)"),
        "{output}"
    );
}

#[test]
fn endless_program_is_stopped_and_another_runs() {
    assert_eq!(SEEN["while_running"], "Running");
    assert_eq!(
        SEEN["stopped"],
        json!({ "output": "begun\n", "status": "Stopped" })
    );
    ended_with("after_stop", 0);
    assert_eq!(text(&SEEN, "after_stop", "output"), "42\n");
}

#[test]
fn endless_output_is_cut() {
    let len = SEEN["flood"]["len"].as_u64().expect("a number");
    assert!((200_000..200_100).contains(&len), "{len}");
    assert_eq!(SEEN["flood"]["status"], "Stopped");
}

#[test]
fn every_control_has_a_name() {
    let names = SEEN["names"].as_array().expect("a list");
    for expected in [
        "textbox: Program",
        "combobox: Example",
        "button: Run",
        "button: Stop",
        "log: Output",
    ] {
        assert!(
            names.contains(&json!(expected)),
            "no {expected} in {names:?}"
        );
    }
}

#[test]
fn page_fits_a_phone() {
    let phones = SEEN["phone"].as_array().expect("a list");
    assert_eq!(phones.len(), 2);
    for phone in phones {
        assert_eq!(phone["over"], 0, "{phone}");
        assert!(phone["height"].as_f64() >= Some(44.0), "{phone}");
        assert!(
            phone["status"]
                .as_str()
                .is_some_and(|status| status.contains("exit code 0")),
            "{phone}"
        );
    }
}

#[test]
fn failed_download_is_an_error_and_can_be_repeated() {
    let reason = |of: &str| SEEN[of].as_str().expect("a text");
    assert!(
        reason("unreachable").starts_with("The module could not be loaded: "),
        "{:#}",
        *SEEN
    );
    assert_eq!(text(&SEEN, "after_retry", "output"), "here\n");
    assert!(
        reason("missing").contains("the server answered 404"),
        "{:#}",
        *SEEN
    );
    assert!(
        reason("refused").starts_with("This browser does not take the module"),
        "{:#}",
        *SEEN
    );
}
