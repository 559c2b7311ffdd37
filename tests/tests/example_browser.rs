//! The page of `examples/browser` in headless Chromium: built as a person builds it,
//! served by its own server, used as by a person.
//!
//! What is done there is in `engines/example_browser.mjs`, which leaves pictures of
//! the page in `target/examples/pictures`.

use serde_json::{Value, json};
use std::process::Command;
use std::sync::LazyLock;
use wasi_vfs_tests::command::{self, Pack, run};
use wasi_vfs_tests::guest::{self, Form};
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
    let foreign = Pack::new(guest::c("notes", Form::COMMAND))
        .option("--writable=/data")
        .run();
    let mut node = Command::new(tool("node", "node"));
    node.arg("--no-warnings")
        .arg(here("engines/example_browser.mjs"))
        .args([&page, &pictures])
        .arg(&foreign);
    let seen = run(&mut node, "").expect_success();
    serde_json::from_str(&seen).expect("JSON")
});

fn text<'a>(seen: &'a Value, of: &str, part: &str) -> &'a str {
    seen[of][part]
        .as_str()
        .unwrap_or_else(|| panic!("no {of} {part} in {seen:#}"))
}

/// What the page tells of the files: the state, the notice, the paths, and whether they can be
/// forgotten.
#[track_caller]
fn assert_files(seen: &Value, state: &str, notice: Option<&str>, paths: &[&str]) {
    assert_eq!(seen["state"], state, "{seen:#}");
    assert_eq!(seen["paths"], json!(paths), "{seen:#}");
    assert_eq!(
        seen["forget"],
        notice.is_some() || !paths.is_empty(),
        "{seen:#}"
    );
    let found = seen["notice"].as_str();
    let agrees = found.map(|text| notice.is_some_and(|part| text.contains(part)));
    assert_eq!(agrees, notice.map(|_| true), "{seen:#}");
}

fn output(seen: &Value) -> &str {
    seen["output"]
        .as_str()
        .unwrap_or_else(|| panic!("{seen:#}"))
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

const VISITS: [&str; 2] = ["/home/lib/visits.rb", "/home/visits.pstore"];

#[test]
fn edited_and_required_files_survive_a_reload() {
    for (number, visit) in SEEN["visits"]
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
    {
        let (number, output) = (number + 1, output(visit));
        assert!(output.starts_with(&format!("visit {number}\n")), "{output}");
        assert!(
            output.ends_with("in /tmp\nlib\nlib/visits.rb\nvisits.pstore\n"),
            "{output}"
        );
        // Each run adds one time.
        assert_eq!(output.matches(" UTC\n").count(), number, "{output}");
        assert_files(visit, "2 files changed, saved", None, &VISITS);
    }
    assert_files(&SEEN["reloaded"], "2 files changed, saved", None, &VISITS);
    // It was not packed, so removing it leaves no trace.
    let rest = &VISITS[..1];
    assert_files(&SEEN["removed"], "1 file changed, saved", None, rest);
}

#[test]
fn forgotten_files_are_gone_after_a_reload() {
    assert_files(&SEEN["forgotten"], "No changed files", None, &[]);
    assert_eq!(SEEN["forgotten"]["stored"], json!(null));
    let [reloaded, visit] = [&SEEN["after_forget"][0], &SEEN["after_forget"][1]];
    assert_files(reloaded, "No changed files", None, &[]);
    assert!(output(visit).starts_with("visit 1\n"), "{visit:#}");
}

#[test]
fn temporary_files_and_utilities_work() {
    let output = text(&SEEN, "utilities", "output");
    assert_eq!(output, "/tmp\n1\n/home\nErrno::EROFS\n");
    let paths = ["/home/moved/b/tmpdir.rb", "/home/unclosed"];
    assert_files(&SEEN["utilities"], "2 files changed, saved", None, &paths);
    let next = text(&SEEN, "next", "output");
    assert_eq!(next, "\"buffered\"\n[]\ntrue\n");
}

#[test]
fn ended_program_leaves_files_and_stopped_one_does_not() {
    let paths = ["/home/last", "/home/moved/b/tmpdir.rb", "/home/unclosed"];
    for of in ["exit_keeps", "stop_loses"] {
        assert_files(&SEEN[of], "3 files changed, saved", None, &paths);
    }
    assert_eq!(SEEN["forget_while_running"], false);
}

#[test]
fn damaged_files_are_reported_and_stay_until_replaced() {
    let notice = Some("because they are damaged");
    assert_files(&SEEN["damaged"], "No changed files", notice, &[]);
    let new = &["/home/new"];
    let run = &SEEN["run_beside_damaged"];
    assert_files(run, "1 file changed, not saved", notice, new);
    assert_eq!(output(run), "1\n");
    assert_eq!(SEEN["damaged_stays"], "no image".len());
    assert_eq!(text(&SEEN, "next_beside_damaged", "output"), "text\n");
    for seen in SEEN["replaced"].as_array().expect("a list") {
        assert_files(seen, "1 file changed, saved", None, new);
    }
}

#[test]
fn files_of_another_module_are_reported() {
    let notice = Some("because they change directories that this module keeps read-only");
    assert_files(&SEEN["foreign"], "No changed files", notice, &[]);
    assert_files(&SEEN["after_foreign"], "No changed files", None, &[]);
}

#[test]
fn full_or_denied_storage_is_reported() {
    let large = &["/home/large"];
    let notice = Some("storage for this page is full");
    assert_files(&SEEN["full"], "1 file changed, not saved", notice, large);
    assert_eq!(text(&SEEN, "next_of_full", "output"), "5000000\n");
    for seen in SEEN["not_full"].as_array().expect("a list") {
        assert_files(seen, "1 file changed, saved", None, large);
    }
    let [loaded, run] = [&SEEN["no_storage"][0], &SEEN["no_storage"][1]];
    let notice = Some("The browser's storage failed: no access.");
    assert_files(loaded, "No changed files", notice, &[]);
    assert_files(run, "1 file changed, not saved", notice, &["/home/short"]);
}

#[test]
fn tabs_never_overwrite_each_other_silently() {
    let one = &["/home/one"];
    assert_files(&SEEN["other_tab"], "1 file changed, saved", None, one);
    let both = &["/home/one", "/home/two"];
    let notice = Some("Another tab saved its files first");
    let overtaken = &SEEN["overtaken"];
    assert_files(overtaken, "2 files changed, not saved", notice, both);
    assert_eq!(SEEN["overtaken_stays"], "of another tab".len());
    for seen in SEEN["replaced_other"].as_array().expect("a list") {
        assert_files(seen, "2 files changed, saved", None, both);
    }
    let notice = Some("they are damaged");
    assert_files(&SEEN["loaded_other"], "No changed files", notice, &[]);
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
        "button: Show",
        "button: Forget",
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
