//! Operations that open and describe files and directories.

use crate::Program;
use crate::codes::type_number;
use crate::line::digest;
use crate::paths::has_absolute;
use crate::slots::Target;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, MetadataHashValue, OpenFlags, PathFlags,
};

const ALL_OPEN_FLAGS: u32 = 16;
const ALL_FLAGS: u32 = 64;

pub fn path_flags(follow: bool) -> PathFlags {
    if follow {
        PathFlags::SYMLINK_FOLLOW
    } else {
        PathFlags::empty()
    }
}

impl Program {
    /// Whether the node at a path is the same on both sides.
    fn is_comparable(base: &Target, path: &str) -> bool {
        base.is_preopen && !has_absolute(path)
    }

    fn identity(&mut self, hash: MetadataHashValue) -> usize {
        let hash = (hash.lower, hash.upper);
        let found = self.nodes.iter().position(|&node| node == hash);
        found.unwrap_or_else(|| {
            self.nodes.push(hash);
            self.nodes.len() - 1
        })
    }

    /// A host may give the number of a removed file to the next one.
    fn say_identity(&mut self, name: &str, hash: Result<MetadataHashValue, ErrorCode>) {
        if self.writes {
            return;
        }
        if let Some(hash) = self.line.also(name, hash) {
            let identity = self.identity(hash);
            self.line.say("node#", identity);
        }
    }

    /// The description of a new descriptor.
    fn say_descriptor(&mut self, opened: &Descriptor, with_identity: bool) {
        if let Some(stat) = self.line.also("opened", opened.stat()) {
            self.line.stat(&stat);
        }
        if let Some(mut flags) = self.line.also("get-flags", opened.get_flags()) {
            if self.writes {
                // A host has this flag only for preopens.
                flags.remove(DescriptorFlags::MUTATE_DIRECTORY);
            }
            self.line.say("is", flags.bits());
        }
        if with_identity {
            self.say_identity("hash", opened.metadata_hash());
        }
    }

    /// The stat of the path lets the rules check the packed result, because wasmtime
    /// rejects some calls before it looks up the path.
    pub fn say_stat(&mut self, name: &str, base: &Target, follow: bool, path: &str) {
        let stat = base.descriptor.stat_at(path_flags(follow), path);
        if let Some(stat) = self.line.also(name, stat) {
            let kind = type_number(&stat.type_);
            self.line.say(&format!("{name}-type"), kind);
        }
    }
}

/// Opens for reading, and keeps the descriptor if both sides can open it.
pub fn open(program: &mut Program) {
    let (base, path) = (program.preopen(), program.draw_path());
    let (slot, follow) = (program.descriptor_slot(), program.random.chance(70));
    let is_directory = program.random.chance(15);
    let open_flags = if is_directory {
        OpenFlags::DIRECTORY
    } else {
        OpenFlags::empty()
    };
    let flags = if program.random.chance(90) {
        DescriptorFlags::READ
    } else {
        DescriptorFlags::empty()
    };
    let line = &mut program.line;
    line.word("open-at-kept");
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    line.say("oflags", open_flags.bits());
    line.say("flags", flags.bits());
    line.say("into", slot);
    let opened = base
        .descriptor
        .open_at(path_flags(follow), &path, open_flags, flags);
    let Some(opened) = line.outcome(opened) else {
        return;
    };
    let is_comparable = Program::is_comparable(&base, &path);
    program.say_descriptor(&opened, is_comparable);
    if is_comparable {
        program.keep(slot, opened);
    }
}

/// Opens with any flags, and drops the descriptor.
pub fn open_any(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let follow = program.random.chance(50);
    let mut open_flags = program.random.below(ALL_OPEN_FLAGS) as u8;
    if open_flags & 1 == 0 {
        // EXCLUSIVE without CREATE creates a file under wasmtime.
        open_flags &= !4;
    }
    let flags = match program.random.below(3) {
        0 => program.random.below(ALL_FLAGS) as u8,
        _ => program.random.below(4) as u8,
    };
    let line = &mut program.line;
    line.word("open-at");
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    line.say("oflags", open_flags);
    line.say("flags", flags);
    let (open_bits, bits) = (
        OpenFlags::from_bits_retain(open_flags),
        DescriptorFlags::from_bits_retain(flags),
    );
    let opened = base
        .descriptor
        .open_at(path_flags(follow), &path, open_bits, bits);
    if let Some(opened) = line.outcome(opened) {
        program.say_descriptor(&opened, false);
    }
    let is_exclusive = open_flags & 5 == 5;
    program.say_stat("stat", &base, follow && !is_exclusive, &path);
}

pub fn stat(program: &mut Program) {
    let target = program.any();
    program.line.word("stat");
    program.line.say("fd", &target.name);
    if let Some(stat) = program.line.outcome(target.descriptor.stat()) {
        program.line.stat(&stat);
    }
}

pub fn stat_at(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let follow = program.random.chance(50);
    let line = &mut program.line;
    line.word("stat-at");
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    let stat = base.descriptor.stat_at(path_flags(follow), &path);
    if let Some(stat) = line.outcome(stat) {
        line.stat(&stat);
    }
}

pub fn readlink_at(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let line = &mut program.line;
    line.word("readlink-at");
    line.say("in", &base.name);
    line.path("path", &path);
    if let Some(target) = line.outcome(base.descriptor.readlink_at(&path)) {
        line.path("target", &target);
    }
}

pub fn metadata_hash_at(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let follow = program.random.chance(50);
    let line = &mut program.line;
    line.word("metadata-hash-at");
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    let hash = base.descriptor.metadata_hash_at(path_flags(follow), &path);
    if let Some(hash) = line.outcome(hash)
        && Program::is_comparable(&base, &path)
        && !program.writes
    {
        let identity = program.identity(hash);
        program.line.say("node#", identity);
    }
}

pub fn same_object(program: &mut Program) {
    let (one, other) = (program.any(), program.any());
    let line = &mut program.line;
    line.word("is-same-object");
    line.say("fd", &one.name);
    line.say("other", &other.name);
    line.outcome(Ok(()));
    line.say("same", one.descriptor.is_same_object(&other.descriptor));
}

/// Functions without a path that change nothing.
pub fn describe(program: &mut Program) {
    let target = program.any();
    let (which, offset) = (program.random.below(3), program.random.offset());
    program
        .line
        .word(["get-flags", "get-type", "metadata-hash"][which as usize]);
    program.line.say("fd", &target.name);
    program.line.say("offset", offset);
    let descriptor = &target.descriptor;
    match which {
        0 => {
            if let Some(mut flags) = program.line.outcome(descriptor.get_flags()) {
                if program.writes {
                    flags.remove(DescriptorFlags::MUTATE_DIRECTORY);
                }
                program.line.say("is", flags.bits());
            }
        }
        1 => {
            if let Some(kind) = program.line.outcome(descriptor.get_type()) {
                program.line.say("type", type_number(&kind));
            }
        }
        _ => {
            if let Some(hash) = program.line.outcome(descriptor.metadata_hash())
                && !program.writes
            {
                let identity = program.identity(hash);
                program.line.say("node#", identity);
            }
        }
    }
}

/// Reads a directory to its end, beside a second listing of it.
pub fn list(program: &mut Program) {
    let target = program.any();
    program.line.word("read-directory");
    program.line.say("fd", &target.name);
    let Some(listing) = program.line.outcome(target.descriptor.read_directory()) else {
        return;
    };
    let second = target.descriptor.read_directory();
    let mut entries = Vec::new();
    loop {
        match listing.read_directory_entry() {
            Ok(Some(entry)) => {
                entries.push(format!("{} {}", entry.name, type_number(&entry.type_)))
            }
            Ok(None) => break,
            error => {
                program.line.also("entry", error);
                break;
            }
        }
        if let (Ok(second), 1) = (&second, entries.len() % 2) {
            let _ = second.read_directory_entry();
        }
    }
    let end = program
        .line
        .also("after-end", listing.read_directory_entry());
    program.line.say("entries", entries.len());
    program
        .line
        .say("ends", end.is_some_and(|entry| entry.is_none()));
    entries.sort();
    program.line.say(
        "names",
        format_args!("{:x}", digest(entries.join("\n").as_bytes())),
    );
}
