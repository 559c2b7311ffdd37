//! Modification times: `--mtime` and `SOURCE_DATE_EPOCH`.

use crate::scratch::*;
use std::process::Output;

/// Packs `lib` with `options` and the variable, if any.
fn pack(scratch: &Scratch, options: &str, variable: Option<&str>) -> Output {
    let mut command = scratch.command();
    if let Some(value) = variable {
        command.env("SOURCE_DATE_EPOCH", value);
    }
    let arguments = format!("image --dir lib::/lib -q -o out.wvfs {options}");
    command.args(arguments.split_whitespace()).output().unwrap()
}

/// The times in the image, each once.
#[track_caller]
fn times(scratch: &Scratch, options: &str, variable: Option<&str>) -> Vec<String> {
    assert_success(&pack(scratch, options, variable));
    let listed = stdout(&scratch.run("ls -R --json out.wvfs /lib"));
    let entries: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let entries = entries.as_array().unwrap().iter();
    let times = entries.map(|entry| entry["mtime"].as_str().unwrap().to_owned());
    let mut times: Vec<_> = times.collect();
    times.sort();
    times.dedup();
    times
}

const FIXED: &str = "2000-02-29T00:00:00.000000005Z";
const EPOCH: &str = "1970-01-01T00:00:00.000000000Z";

#[test]
fn one_time_makes_fresh_checkouts_equal() {
    let mut images = Vec::new();
    for seconds in [1_000_000_000, 1_700_000_000] {
        let scratch = Scratch::with_tree();
        scratch.fix_times("lib");
        set_mtime(&scratch.path("lib/hello.txt"), seconds, 7);
        set_mtime(&scratch.path("lib/link"), seconds, 7);
        assert_success(&pack(&scratch, "", None));
        let own = scratch.read("out.wvfs");
        assert_success(&pack(&scratch, "--mtime @0", None));
        images.push((own, scratch.read("out.wvfs")));
    }
    assert!(images[0].0 != images[1].0);
    assert!(images[0].1 == images[1].1);
}

#[test]
fn times_are_chosen_in_three_forms() {
    let scratch = Scratch::with_tree();
    scratch.fix_times("lib");
    assert_eq!(times(&scratch, "", None), [FIXED]);
    assert_eq!(times(&scratch, "--mtime source", None), [FIXED]);
    assert_eq!(times(&scratch, "--mtime @0", None), [EPOCH]);
    let day = times(&scratch, "--mtime 2024-12-31", None);
    assert_eq!(day, ["2024-12-31T00:00:00.000000000Z"]);
    let second = times(&scratch, "--mtime 1969-12-31T23:59:58Z", None);
    assert_eq!(second, times(&scratch, "--mtime @-2", None));
}

#[test]
fn variable_limits_times_without_the_option() {
    let scratch = Scratch::with_tree();
    scratch.fix_times("lib");
    set_mtime(&scratch.path("lib/hello.txt"), 1_700_000_000, 7);
    let limited = times(&scratch, "", Some("951782401"));
    assert_eq!(limited, [FIXED, "2000-02-29T00:00:01.000000000Z"]);
    assert_eq!(times(&scratch, "", Some("0")), [EPOCH]);
    assert_eq!(times(&scratch, "--mtime @0", Some("951782401")), [EPOCH]);
    assert_eq!(times(&scratch, "--mtime source", Some("0")).len(), 2);
}

#[test]
fn unusable_times_are_wrong_usage() {
    let scratch = Scratch::with_tree();
    for time in ["yesterday", "@", "@1.5", "2001-02-29", "@99999999999"] {
        let output = pack(&scratch, &format!("--mtime {time}"), None);
        assert_failure(&output, 2, &[time, "2000-02-29", "`source`"]);
    }
    let output = pack(&scratch, "", Some("now"));
    assert_failure(&output, 2, &["SOURCE_DATE_EPOCH is `now`", "--mtime"]);
}

#[test]
fn python_caches_that_a_time_makes_stale_are_named() {
    let scratch = Scratch::empty();
    std::fs::create_dir_all(scratch.path("lib/__pycache__")).unwrap();
    scratch.write("lib/a.py", b"");
    set_mtime(&scratch.path("lib/a.py"), 951_782_400, 0);
    let header = [[0; 4], [0; 4], 951_782_400_u32.to_le_bytes(), [0; 4]].concat();
    scratch.write("lib/__pycache__/a.cpython-313.pyc", &header);
    let said = stderr(&pack(&scratch, "--mtime source", None));
    assert_eq!(said, "");
    for (options, variable) in [("--mtime @0", None), ("", Some("0"))] {
        let said = stderr(&pack(&scratch, options, variable));
        assert!(said.contains("a.cpython-313.pyc"), "{said}");
        assert!(said.contains("unchecked-hash"), "{said}");
    }
}
