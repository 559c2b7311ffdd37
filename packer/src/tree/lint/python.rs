//! Compiled Python files that are older than their sources.
//!
//! A `.pyc` file starts with a magic number and flags. If no flag is set, the time and the
//! length of the source follow, in 32 bits each (PEP 552). If they differ from the source,
//! Python recompiles it. In a read-only tree, it does so at each start.

use super::directory::{MappedDirectory, first_bytes};
use crate::warning::Warning;
use wasi_vfs_format::tree::{DirectoryNode, FileNode, Node};

/// The number of stale files, and the path of the first.
#[derive(Default)]
pub(super) struct Stale {
    count: u64,
    first: Option<String>,
}

impl Stale {
    pub(super) fn note(&mut self, directory: &MappedDirectory<'_>, name: &str, file: &FileNode) {
        let source = source_of(directory, name);
        if source.is_some_and(|source| is_stale(file, source)) {
            self.count += 1;
            self.first.get_or_insert_with(|| directory.path_of(name));
        }
    }

    pub(super) fn warning(self) -> Option<Warning> {
        let count = self.count;
        let example = self.first?;
        Some(Warning::StalePythonCaches { count, example })
    }
}

/// The source of the compiled file `name`: `a.py` for `__pycache__/a.cpython-313.pyc` and
/// `__pycache__/a.cpython-313.opt-1.pyc`. Also `a.py` for `a.pyc` in the same directory, but
/// only without these files, which Python prefers.
fn source_of<'t>(directory: &MappedDirectory<'t>, name: &str) -> Option<&'t FileNode> {
    let module = name.strip_suffix(".pyc")?;
    if !directory.path.ends_with("/__pycache__") {
        let is_used = !has_cache(directory.node, module);
        return is_used.then(|| file_in(directory.node, module))?;
    }
    let (module, tag) = module.rsplit_once('.')?;
    let module = match tag.starts_with("opt-") {
        true => module.rsplit_once('.')?.0,
        false => module,
    };
    file_in(directory.parent?, module)
}

fn has_cache(directory: &DirectoryNode, module: &str) -> bool {
    let Some(Node::Directory(caches)) = directory.children.get("__pycache__") else {
        return false;
    };
    let prefix = format!("{module}.");
    let mut from_module = caches.children.range(prefix.clone()..);
    from_module
        .next()
        .is_some_and(|(name, _)| name.starts_with(&prefix))
}

fn file_in<'t>(directory: &'t DirectoryNode, module: &str) -> Option<&'t FileNode> {
    match directory.children.get(&format!("{module}.py"))? {
        Node::File(file) => Some(file),
        Node::Directory(_) | Node::Symlink(_) => None,
    }
}

fn is_stale(compiled: &FileNode, source: &FileNode) -> bool {
    let Some(header) = first_bytes::<16>(compiled) else {
        return false;
    };
    let (words, _) = header.as_chunks::<4>();
    match words
        .iter()
        .map(|&word| u32::from_le_bytes(word))
        .collect::<Vec<_>>()[..]
    {
        // With a flag, the header has a digest of the source instead of its time.
        [_magic, 0, mtime, len] => {
            mtime != python_time(source.mtime_ns) || len != source.len as u32
        }
        _ => false,
    }
}

/// The time that Python records. Its floating-point seconds round the last nanoseconds of
/// a second up.
fn python_time(mtime_ns: i64) -> u32 {
    let seconds = mtime_ns.div_euclid(1_000_000_000) as f64;
    let nanoseconds = mtime_ns.rem_euclid(1_000_000_000) as f64;
    (seconds + 1e-9 * nanoseconds) as i64 as u32
}

#[cfg(test)]
mod tests {
    use super::python_time;

    #[test]
    fn times_are_rounded_as_python_rounds_them() {
        // As CPython's `int(os.stat(path).st_mtime)` after `os.utime(path, ns=...)`.
        for (ns, seconds) in [
            (0, 0),
            (1_700_000_000_999_999_000, 1_700_000_000),
            (1_700_000_000_999_999_999, 1_700_000_001),
            (-1_500_000_000, u32::MAX),
            (5_000_000_000_000_000_000, 705_032_704),
        ] {
            assert_eq!(python_time(ns), seconds, "{ns}");
        }
    }
}
