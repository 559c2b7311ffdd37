//! Operations that list directories by streams.

use crate::Program;
use crate::codes::type_number;
use crate::line::digest;
use wasip3::wit_bindgen::rt::async_support::StreamResult;

/// Reads a directory to its end, beside a second listing of it that is dropped early.
pub async fn list(program: &mut Program) {
    let target = program.any();
    let part = program.random.pick(&[1, 2, 3, 10, 500]);
    let line = &mut program.line;
    line.word("read-directory");
    line.say("fd", &target.name);
    line.say("part", part);
    let (mut entries, result) = target.descriptor.read_directory();
    let (mut second, second_result) = target.descriptor.read_directory();
    let mut names = Vec::new();
    loop {
        let (state, found) = entries.read(Vec::with_capacity(part)).await;
        let lines = found
            .iter()
            .map(|entry| format!("{} {}", entry.name, type_number(&entry.type_)));
        names.extend(lines);
        if state == StreamResult::Dropped {
            break;
        }
        if names.len() % 2 == 1 {
            let _ = second.read(Vec::with_capacity(1)).await;
        }
    }
    line.outcome(result.await);
    drop(second_result);
    line.say("entries", names.len());
    names.sort();
    let hash = digest(names.join("\n").as_bytes());
    line.say("names", format_args!("{hash:x}"));
}
