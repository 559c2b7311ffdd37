//! Operations that open and describe files and directories.

use crate::Program;
use crate::codes::type_number;
use crate::paths::has_absolute;
use crate::slots::Target;
use wasip3::filesystem::types::{
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
    /// Whether the path leads to the same node on both sides. Nodes are numbered in the
    /// order of their first answers, so one that only one side finds would shift all others.
    fn is_comparable(base: &Target, path: &str) -> bool {
        let ends_in_slash = path.ends_with('/') || path.ends_with("/.");
        base.is_preopen && !has_absolute(path) && !ends_in_slash
    }

    fn identity(&mut self, hash: MetadataHashValue) -> usize {
        let hash = (hash.lower, hash.upper);
        let found = self.nodes.iter().position(|&node| node == hash);
        found.unwrap_or_else(|| {
            self.nodes.push(hash);
            self.nodes.len() - 1
        })
    }

    fn say_identity(&mut self, name: &str, hash: Result<MetadataHashValue, ErrorCode>) {
        if let Some(hash) = self.line.also(name, hash) {
            let identity = self.identity(hash);
            self.line.say("node#", identity);
        }
    }

    /// The description of a new descriptor.
    async fn say_descriptor(&mut self, opened: &Descriptor, with_identity: bool) {
        let by = self.lowering;
        if let Some(stat) = self.line.also("opened", by.stat(opened).await) {
            self.line.stat(&stat);
        }
        if let Some(flags) = self.line.also("get-flags", by.get_flags(opened).await) {
            self.line.say("is", flags.bits());
        }
        if with_identity {
            let hash = by.metadata_hash(opened).await;
            self.say_identity("hash", hash);
        }
    }

    /// The stat of the path lets the rules check the packed result, because wasmtime
    /// rejects some calls before it looks up the path.
    pub async fn say_stat(&mut self, name: &str, base: &Target, follow: bool, path: &str) {
        let by = self.lowering;
        let stat = by.stat_at(&base.descriptor, path_flags(follow), path).await;
        if let Some(stat) = self.line.also(name, stat) {
            let kind = type_number(&stat.type_);
            self.line.say(&format!("{name}-type"), kind);
        }
    }
}

/// Opens for reading, and keeps the descriptor if both sides can open it.
pub async fn open(program: &mut Program) {
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
    let by = program.lowering;
    let opened = by
        .open_at(
            &base.descriptor,
            path_flags(follow),
            &path,
            open_flags,
            flags,
        )
        .await;
    let Some(opened) = line.outcome(opened) else {
        return;
    };
    let is_comparable = Program::is_comparable(&base, &path);
    program.say_descriptor(&opened, is_comparable).await;
    if is_comparable {
        program.keep(slot, base.tree, opened);
    }
}

/// Opens with any flags, and drops the descriptor.
pub async fn open_any(program: &mut Program) {
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
    line.say("lowering", program.lowering as u8);
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    line.say("oflags", open_flags);
    line.say("flags", flags);
    let (open_bits, bits) = (
        OpenFlags::from_bits_retain(open_flags),
        DescriptorFlags::from_bits_retain(flags),
    );
    let by = program.lowering;
    let opened = by
        .open_at(&base.descriptor, path_flags(follow), &path, open_bits, bits)
        .await;
    if let Some(opened) = line.outcome(opened) {
        program.say_descriptor(&opened, false).await;
    }
    let is_exclusive = open_flags & 5 == 5;
    program
        .say_stat("stat", &base, follow && !is_exclusive, &path)
        .await;
}

pub async fn stat(program: &mut Program) {
    let target = program.any();
    program.line.word("stat");
    program.line.say("fd", &target.name);
    if let Some(stat) = program
        .line
        .outcome(program.lowering.stat(&target.descriptor).await)
    {
        program.line.stat(&stat);
    }
}

pub async fn stat_at(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let follow = program.random.chance(50);
    let line = &mut program.line;
    line.word("stat-at");
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    let stat = program
        .lowering
        .stat_at(&base.descriptor, path_flags(follow), &path)
        .await;
    if let Some(stat) = line.outcome(stat) {
        line.stat(&stat);
    }
}

pub async fn readlink_at(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let line = &mut program.line;
    line.word("readlink-at");
    line.say("in", &base.name);
    line.path("path", &path);
    if let Some(target) = line.outcome(program.lowering.readlink_at(&base.descriptor, &path).await)
    {
        line.path("target", &target);
    }
}

pub async fn metadata_hash_at(program: &mut Program) {
    let (base, path) = (program.base(), program.draw_path());
    let follow = program.random.chance(50);
    let line = &mut program.line;
    line.word("metadata-hash-at");
    line.say("in", &base.name);
    line.path("path", &path);
    line.say("follow", u8::from(follow));
    let by = program.lowering;
    let hash = by
        .metadata_hash_at(&base.descriptor, path_flags(follow), &path)
        .await;
    if let Some(hash) = line.outcome(hash)
        && Program::is_comparable(&base, &path)
    {
        let identity = program.identity(hash);
        program.line.say("node#", identity);
    }
}

pub async fn same_object(program: &mut Program) {
    let (one, other) = (program.any(), program.any());
    let line = &mut program.line;
    line.word("is-same-object");
    line.say("fd", &one.name);
    line.say("other", &other.name);
    line.outcome(Ok(()));
    let same = program
        .lowering
        .is_same_object(&one.descriptor, &other.descriptor)
        .await;
    line.say("same", same);
}

/// Functions without a path that change nothing.
pub async fn describe(program: &mut Program) {
    let target = program.any();
    let (which, offset) = (program.random.below(3), program.random.offset());
    program
        .line
        .word(["get-flags", "get-type", "metadata-hash"][which as usize]);
    program.line.say("fd", &target.name);
    program.line.say("offset", offset);
    let (by, descriptor) = (program.lowering, &target.descriptor);
    match which {
        0 => {
            if let Some(flags) = program.line.outcome(by.get_flags(descriptor).await) {
                // The command of wasmtime preopens directories for changes.
                let flags = flags - DescriptorFlags::MUTATE_DIRECTORY;
                program.line.say("is", flags.bits());
            }
        }
        1 => {
            if let Some(kind) = program.line.outcome(by.get_type(descriptor).await) {
                program.line.say("type", type_number(&kind));
            }
        }
        _ => {
            if let Some(hash) = program.line.outcome(by.metadata_hash(descriptor).await) {
                let identity = program.identity(hash);
                program.line.say("node#", identity);
            }
        }
    }
}
