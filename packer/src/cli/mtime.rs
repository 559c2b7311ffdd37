//! The option `--mtime` and the variable `SOURCE_DATE_EPOCH`.

use super::time;
use std::env;
use wasi_vfs::Mtime;

/// Parses the value of `--mtime`.
pub(super) fn parse(text: &str) -> Result<Mtime, String> {
    if text == "source" {
        return Ok(Mtime::Source);
    }
    let time = match text.strip_prefix('@') {
        Some(seconds) => from_seconds(seconds),
        None => time::parse(text),
    };
    let expected = "expected `source`, a time such as 2000-02-29 or 2000-02-29T12:30:00Z, \
                    or seconds since 1970 such as @951782400, in the years 1678 to 2261";
    time.map(Mtime::Fixed).ok_or_else(|| expected.to_owned())
}

/// The times that `SOURCE_DATE_EPOCH` sets.
pub(super) fn from_environment() -> Result<Mtime, String> {
    let Some(value) = env::var_os(VARIABLE) else {
        return Ok(Mtime::Source);
    };
    let time = value.to_str().and_then(from_seconds);
    time.map(Mtime::AtMost).ok_or_else(|| {
        format!(
            "the environment variable {VARIABLE} is `{}`; expected seconds since 1970, \
             or give --mtime",
            value.display()
        )
    })
}

const VARIABLE: &str = "SOURCE_DATE_EPOCH";

fn from_seconds(text: &str) -> Option<i64> {
    text.parse::<i64>().ok()?.checked_mul(1_000_000_000)
}
