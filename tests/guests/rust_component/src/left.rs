//! The files that a program leaves behind, one line for each.

use crate::Program;
use crate::codes::type_number;
use crate::line::{Line, digest, digest_more};
use crate::nodes::path_flags;
use crate::paths::has_absolute;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags,
};

/// A directory that a program cannot make.
const DEPTH_MAX: usize = 64;

impl Program {
    /// The lines of all files, counted from `index`.
    pub fn left(&mut self, index: usize) -> Vec<String> {
        let mut left = Left {
            index,
            lines: Vec::new(),
        };
        for at in 0..2 {
            let directory = self.fresh_preopen(at);
            left.walk(&directory, &format!("/{at}"), 0);
        }
        left.lines
    }
}

struct Left {
    index: usize,
    lines: Vec<String>,
}

impl Left {
    fn walk(&mut self, directory: &Descriptor, at: &str, depth: usize) {
        assert!(depth < DEPTH_MAX, "{at}");
        let listing = directory.read_directory().expect("a directory");
        let mut names = Vec::new();
        while let Some(entry) = listing.read_directory_entry().expect("an entry") {
            names.push(entry.name);
        }
        names.sort();
        for name in names {
            let path = format!("{at}/{name}");
            let stat = directory.stat_at(path_flags(false), &name);
            let stat = stat.expect("it is listed");
            let mut line = Line::new(self.index);
            line.without_times();
            line.word("left");
            line.path("path", &path);
            line.outcome(Ok(()));
            line.stat(&stat);
            match stat.type_ {
                DescriptorType::RegularFile => {
                    let content = open(directory, &name, OpenFlags::empty());
                    let bytes = content.and_then(|file| digest_of(&file));
                    if let Some(bytes) = line.also("read", bytes) {
                        line.say("bytes", format_args!("{bytes:x}"));
                    }
                }
                // A host does not tell an absolute target.
                DescriptorType::SymbolicLink if has_absolute(&name) => {}
                DescriptorType::SymbolicLink => {
                    if let Some(target) = line.also("readlink", directory.readlink_at(&name)) {
                        line.path("target", &target);
                    }
                }
                _ => line.say("directory", type_number(&stat.type_)),
            }
            self.lines.push(line.text().to_owned());
            self.index += 1;
            if stat.type_ == DescriptorType::Directory {
                let below = open(directory, &name, OpenFlags::DIRECTORY);
                self.walk(&below.expect("a directory"), &path, depth + 1);
            }
        }
    }
}

fn open(directory: &Descriptor, name: &str, flags: OpenFlags) -> Result<Descriptor, ErrorCode> {
    directory.open_at(path_flags(false), name, flags, DescriptorFlags::READ)
}

fn digest_of(file: &Descriptor) -> Result<u64, ErrorCode> {
    let (mut offset, mut hash) = (0, digest(b""));
    loop {
        let (bytes, is_end) = file.read(1 << 16, offset)?;
        hash = digest_more(hash, &bytes);
        offset += bytes.len() as u64;
        if is_end {
            return Ok(hash);
        }
    }
}
