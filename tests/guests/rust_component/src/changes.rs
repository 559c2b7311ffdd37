//! Operations that would change a tree, which is read-only on both sides.

use crate::Program;
use crate::codes::type_number;
use crate::nodes::path_flags;
use crate::slots::Target;
use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::types::{Advice, Descriptor, ErrorCode, NewTimestamp};

const TIME: Datetime = Datetime {
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
const CALLS: [&str; 8] = [
    "write",
    "write-via-stream",
    "append-via-stream",
    "set-size",
    "set-times",
    "sync",
    "sync-data",
    "advise",
];

pub fn change(program: &mut Program) {
    if program.random.chance(50) {
        at_path(program)
    } else {
        of_descriptor(program)
    }
}

fn at_path(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let which = program.random.below(5) as usize;
    let follow = program.random.chance(50) && which == 4;
    let time = program.random.pick(&TIMES);
    let line = &mut program.line;
    line.word(PATH_CALLS[which]);
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    let descriptor = &base.descriptor;
    line.outcome(match which {
        0 => descriptor.create_directory_at(&path),
        1 => descriptor.remove_directory_at(&path),
        2 => descriptor.unlink_file_at(&path),
        3 => descriptor.symlink_at("target", &path),
        _ => descriptor.set_times_at(path_flags(follow), &path, time, NewTimestamp::NoChange),
    });
    program.say_stat("stat", &base, follow, &path);
}

pub fn two_paths(program: &mut Program) {
    let directories = [program.base(), program.base()];
    let paths = [program.draw_path(), program.draw_path()];
    let renames = program.random.chance(50);
    change_two(program, directories, paths, renames);
}

/// Moves the first path to the second, or gives its file the second as a further name.
pub fn change_two(
    program: &mut Program,
    [from, to]: [Target; 2],
    [old, new]: [String; 2],
    renames: bool,
) {
    let line = &mut program.line;
    line.word(if renames { "rename-at" } else { "link-at" });
    line.say("in", &from.name);
    line.path("path", &old);
    line.say("to", &to.name);
    line.path("new", &new);
    let (from_directory, to_directory) = (&from.descriptor, &to.descriptor);
    line.outcome(if renames {
        from_directory.rename_at(&old, to_directory, &new)
    } else {
        from_directory.link_at(path_flags(false), &old, to_directory, &new)
    });
    program.say_stat("stat", &from, false, &old);
    program.say_stat("new-stat", &to, false, &new);
}

fn of_descriptor(program: &mut Program) {
    let target = program.any();
    let which = program.random.below(CALLS.len() as u32) as usize;
    let (offset, len) = (program.random.offset(), program.random.len());
    let advice = program.random.pick(&ADVICE);
    let time = program.random.pick(&TIMES);
    let line = &mut program.line;
    line.word(CALLS[which]);
    line.say("fd", &target.name);
    line.say("offset", offset);
    line.say("len", len);
    let kind = target.descriptor.get_type();
    line.say("type", kind.map_or(0, |kind| type_number(&kind)));
    let descriptor: &Descriptor = &target.descriptor;
    let result: Result<(), ErrorCode> = match which {
        0 => descriptor
            .write(&b"bytes"[..(len % 6) as usize], offset)
            .map(drop),
        1 => descriptor.write_via_stream(offset).map(drop),
        2 => descriptor.append_via_stream().map(drop),
        3 => descriptor.set_size(offset),
        4 => descriptor.set_times(time, NewTimestamp::NoChange),
        5 => descriptor.sync(),
        6 => descriptor.sync_data(),
        _ => descriptor.advise(offset, len, advice),
    };
    line.outcome(result);
}
