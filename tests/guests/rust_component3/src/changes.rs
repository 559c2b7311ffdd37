//! Operations that would change a tree, which is read-only on both sides.

use crate::Program;
use crate::codes::type_number;
use crate::nodes::path_flags;
use crate::slots::Target;
use wasip3::clocks::system_clock::Instant;
use wasip3::filesystem::types::{Advice, ErrorCode, NewTimestamp};
use wasip3::wit_bindgen::rt::async_support::{FutureReader, StreamReader};
use wasip3::wit_stream;

const TIME: Instant = Instant {
    seconds: 1,
    nanoseconds: 2,
};
const TIMES: [NewTimestamp; 3] = [
    NewTimestamp::NoChange,
    NewTimestamp::Now,
    NewTimestamp::Timestamp(TIME),
];
const ADVICE: [Advice; 6] = [
    Advice::Normal,
    Advice::Sequential,
    Advice::Random,
    Advice::WillNeed,
    Advice::DontNeed,
    Advice::NoReuse,
];
const PATH_CALLS: [&str; 5] = [
    "create-directory-at",
    "remove-directory-at",
    "unlink-file-at",
    "symlink-at",
    "set-times-at",
];
const CALLS: [&str; 5] = ["set-size", "set-times", "sync", "sync-data", "advise"];

pub async fn change(program: &mut Program) {
    match program.random.below(10) {
        0..=4 => at_path(program).await,
        5..=7 => of_descriptor(program).await,
        _ => write(program).await,
    }
}

async fn at_path(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let which = program.random.below(5) as usize;
    let follow = program.random.chance(50) && which == 4;
    let time = program.random.pick(&TIMES);
    let line = &mut program.line;
    line.word(PATH_CALLS[which]);
    line.say("lowering", program.lowering as u8);
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    let (by, of) = (program.lowering, &base.descriptor);
    line.outcome(match which {
        0 => by.create_directory_at(of, &path).await,
        1 => by.remove_directory_at(of, &path).await,
        2 => by.unlink_file_at(of, &path).await,
        3 => by.symlink_at(of, "target", &path).await,
        _ => {
            let (flags, accessed) = (path_flags(follow), NewTimestamp::NoChange);
            by.set_times_at(of, flags, &path, accessed, time).await
        }
    });
    program.say_stat("stat", &base, follow, &path).await;
}

pub async fn two_paths(program: &mut Program) {
    let (from, to) = (program.base(), program.base());
    let (old, new) = (program.draw_path(), program.draw_path());
    let renames = program.random.chance(50);
    let line = &mut program.line;
    line.word(if renames { "rename-at" } else { "link-at" });
    line.say("lowering", program.lowering as u8);
    line.say("in", &from.name);
    line.path("path", &old);
    line.say("to", &to.name);
    line.path("new", &new);
    let (from_directory, to_directory) = (&from.descriptor, &to.descriptor);
    let by = program.lowering;
    line.outcome(if renames {
        by.rename_at(from_directory, &old, to_directory, &new).await
    } else {
        by.link_at(from_directory, path_flags(false), &old, to_directory, &new)
            .await
    });
    program.say_stat("stat", &from, false, &old).await;
    program.say_stat("new-stat", &to, false, &new).await;
}

async fn of_descriptor(program: &mut Program) {
    let target = program.any();
    let which = program.random.below(CALLS.len() as u32) as usize;
    let (offset, len) = (program.random.offset(), program.random.len());
    let advice = program.random.pick(&ADVICE);
    let time = program.random.pick(&TIMES);
    let line = &mut program.line;
    line.word(CALLS[which]);
    line.say("lowering", program.lowering as u8);
    line.say("fd", &target.name);
    line.say("offset", offset);
    line.say("len", len);
    let (by, of) = (program.lowering, &target.descriptor);
    let kind = by.get_type(of).await;
    line.say("type", kind.map_or(0, |kind| type_number(&kind)));
    let result: Result<(), ErrorCode> = match which {
        0 => by.set_size(of, offset).await,
        1 => by.set_times(of, time, NewTimestamp::NoChange).await,
        2 => by.sync(of).await,
        3 => by.sync_data(of).await,
        _ => by.advise(of, offset, len, advice).await,
    };
    line.outcome(result);
}

/// Writes a stream: bytes of the program, or those of an open file.
async fn write(program: &mut Program) {
    let target = program.any();
    let (appends, offset) = (program.random.chance(50), program.random.offset());
    let len = program.random.below(6) as usize;
    let from_file = program.random.chance(30);
    let stream = from_file
        .then(|| program.take_stream(target.tree))
        .flatten();
    let line = &mut program.line;
    line.word(if appends {
        "append-via-stream"
    } else {
        "write-via-stream"
    });
    line.say("lowering", program.lowering as u8);
    line.say("fd", &target.name);
    line.say("offset", offset);
    line.say("len", len);
    line.say("file", u8::from(stream.is_some()));
    if let Some(stream) = stream {
        line.say("from", stream.offset);
        let written = write_stream(&target, (!appends).then_some(offset), stream.reader);
        line.outcome(written.await);
        line.also("read", stream.result.await);
        return;
    }
    let (mut writer, reader) = wit_stream::new();
    let written = write_stream(&target, (!appends).then_some(offset), reader);
    let left = writer.write_all(b"bytes"[..len].to_vec()).await;
    drop(writer);
    line.outcome(written.await);
    line.say("left", left.len());
}

/// The future that tells how writing ended.
fn write_stream(
    target: &Target,
    offset: Option<u64>,
    data: StreamReader<u8>,
) -> FutureReader<Result<(), ErrorCode>> {
    match offset {
        Some(offset) => target.descriptor.write_via_stream(data, offset),
        None => target.descriptor.append_via_stream(data),
    }
}
