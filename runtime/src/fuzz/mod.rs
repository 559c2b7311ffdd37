//! What must hold for any calls of any guest: the bodies of the fuzz targets in
//! `fuzz/`. Each panics where it does not hold.

mod calls;
mod frames;
mod host;
mod memory;
mod paths;
mod writable;

pub use calls::calls;
pub use frames::frames;
pub use paths::paths;

use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;
use wasi_vfs_format::tree::{FileContent, FileNode, MountPoint, Node, SymlinkNode};

#[derive(Debug)]
struct Bytes(Vec<u8>);

impl FileContent for Bytes {
    fn open(&self, offset: u64) -> std::io::Result<Box<dyn std::io::Read + Send + '_>> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(Box::new(self.0.get(start..).unwrap_or_default()))
    }

    fn describe(&self) -> String {
        "a fuzzer's file".to_string()
    }
}

fn file(content: Vec<u8>) -> Node {
    Node::File(FileNode {
        mtime_ns: 5,
        executable: false,
        len: content.len() as u64,
        content: std::sync::Arc::new(Bytes(content)),
    })
}

fn link(target: &str) -> Node {
    Node::Symlink(SymlinkNode {
        mtime_ns: 6,
        target: target.to_string(),
    })
}

fn mount(guest_path: &str, components: &[&str]) -> MountPoint {
    MountPoint {
        guest_path: guest_path.to_string(),
        components: components.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{calls, frames, paths};
    use wasi_vfs_format::fuzz::smoke;

    #[test]
    fn any_calls() {
        smoke("calls", 1500, 600, calls);
    }

    #[test]
    fn any_paths() {
        smoke("paths", 20_000, 120, paths);
    }

    #[test]
    fn any_frames() {
        smoke("zstd", 3000, 300, frames);
    }
}
