//! Operations of the standard library, which uses WASI 0.2.

use crate::Program;
use crate::line::digest;
use crate::paths::has_absolute;
use crate::slots::PREOPENS;
use std::fs;

/// Reads the file or lists the directory at a path.
pub fn read(program: &mut Program) {
    let (base, path) = (program.preopen(), program.draw_path());
    let line = &mut program.line;
    line.word("std");
    line.say("in", &base.name);
    line.path("path", &path);
    // The library resolves an absolute path against all preopens.
    if path.starts_with('/') || has_absolute(&path) {
        line.outcome(Ok(()));
        return;
    }
    let whole = format!("{}/{path}", PREOPENS[base.tree]);
    let answer = match fs::metadata(&whole) {
        Ok(found) if found.is_dir() => listing(&whole),
        Ok(_) => fs::read(&whole),
        Err(error) => Err(error),
    };
    line.word("=>");
    match answer {
        Ok(bytes) => {
            line.word("E0");
            line.say("count", bytes.len());
            line.say("bytes", format_args!("{:x}", digest(&bytes)));
        }
        // An error without a number has not come from a call.
        Err(error) => line.word(&format!("E{}", error.raw_os_error().unwrap_or(28))),
    }
}

/// The sorted names of a directory.
fn listing(path: &str) -> std::io::Result<Vec<u8>> {
    let mut names = fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name().into_encoded_bytes()))
        .collect::<std::io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names.join(&b'\n'))
}
