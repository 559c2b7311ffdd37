//! Probable ballast: packed files that programs rarely read.
//!
//! Names decide, and the user decides whether the program needs the files. Each kind has a
//! pattern of [`Packer::exclude`](crate::Packer::exclude) that excludes it. For example,
//! `/usr/lib/app/tests/a.py` is below a directory that `{test,tests,spec,__tests__}/`
//! matches, so it counts as a test.

use super::accounting::{Accounting, Share};
use super::walk::Walk;
use crate::path::{Exclude, GuestPath};
use std::collections::BTreeMap;
use std::path::Path;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Content, Corrupt, Inode};

/// Files of one kind that a program probably does not need.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ballast {
    /// The kind in words, such as `package caches`.
    pub kind: String,
    /// The pattern of [`Packer::exclude`](crate::Packer::exclude) that excludes them.
    pub pattern: String,
    /// The number of files.
    pub file_count: u64,
    /// Their bytes.
    pub len: u64,
    /// Their share of the payload.
    pub share: Share,
}

/// Longer paths have no kind. Patterns are matched with each parent directory, so a hostile
/// image of deep directories would take hours.
const PATH_LEN_MAX: usize = 512;

const KINDS: [(&str, &str); 4] = [
    ("package caches", "*.{gem,whl}"),
    ("source maps", "*.{js,mjs,cjs,css}.map"),
    ("tests", "{test,tests,spec,__tests__}/"),
    ("documentation", "{doc,docs,man,ri}/"),
];

/// Finds the probable ballast of `image`. The kind with most stored bytes comes first, and
/// each file counts for one kind. Paths of more than 512 bytes are skipped.
///
/// # Errors
///
/// The image is corrupt.
pub fn ballast(image: &ImageReader<'_>, accounting: &Accounting) -> Result<Vec<Ballast>, Corrupt> {
    let mounts = mounts(image)?;
    let mut found: Vec<_> = kinds(image)?.into_iter().filter_map(Kind::new).collect();
    for entry in Walk::new(image)? {
        let entry = entry?;
        if !matches!(entry.inode.content, Content::File(_)) {
            continue;
        }
        let path = entry.path.trim_start_matches('/');
        if path.len() > PATH_LEN_MAX {
            continue;
        }
        let depth = depth_of_mount(&mounts, path);
        let kind = found.iter_mut().find(|kind| kind.holds(path, depth));
        if let Some(kind) = kind {
            kind.add(&entry.inode, accounting.of(image, &entry.inode)?);
        }
    }
    let found = found.into_iter().map(|kind| kind.ballast);
    let mut found: Vec<_> = found.filter(|ballast| ballast.file_count > 0).collect();
    found.sort_by(|a, b| b.share.stored.total_cmp(&a.share.stored));
    Ok(found)
}

struct Kind {
    ballast: Ballast,
    exclude: Exclude,
}

impl Kind {
    fn new((kind, pattern): (String, String)) -> Option<Self> {
        // Some patterns contain names from the image and may be invalid.
        let exclude = Exclude::new(&[&pattern]).ok()?;
        let ballast = Ballast {
            kind,
            pattern,
            file_count: 0,
            len: 0,
            share: Share::default(),
        };
        Some(Self { ballast, exclude })
    }

    fn holds(&self, path: &str, mount_depth: usize) -> bool {
        self.exclude.excludes_below(Path::new(path), mount_depth)
    }

    fn add(&mut self, inode: &Inode, share: Share) {
        let len = match &inode.content {
            Content::File(file) => file.len,
            _ => 0,
        };
        self.ballast.file_count += 1;
        self.ballast.len = self.ballast.len.saturating_add(len);
        self.ballast.share = self.ballast.share.and(share);
    }
}

/// The fixed kinds, and one for each unused version of Python.
fn kinds(image: &ImageReader<'_>) -> Result<Vec<(String, String)>, Corrupt> {
    let fixed = KINDS.map(|(kind, pattern)| (kind.to_owned(), pattern.to_owned()));
    let unused = unused_python(image)?.into_iter();
    let unused = unused.map(|tag| (format!("byte code of {tag}"), format!("*.{tag}.*pyc")));
    Ok(unused.chain(fixed).collect())
}

/// The tags of compiled Python files, except the most frequent one.
fn unused_python(image: &ImageReader<'_>) -> Result<Vec<String>, Corrupt> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for entry in Walk::new(image)? {
        if let Some(tag) = python_tag(&entry?.path) {
            *counts.entry(tag.to_owned()).or_default() += 1;
        }
    }
    let used = counts.iter().max_by_key(|&(tag, count)| (*count, tag));
    let used = used.map(|(tag, _)| tag.clone());
    let unused = counts.into_keys().filter(|tag| Some(tag) != used.as_ref());
    Ok(unused.collect())
}

/// `cpython-313` of `/lib/__pycache__/a.cpython-313.opt-1.pyc`.
fn python_tag(path: &str) -> Option<&str> {
    let (directory, name) = path.rsplit_once('/')?;
    let module = name.strip_suffix(".pyc")?;
    let is_tag = |part: &&str| {
        let (implementation, version) = part.split_once('-').unwrap_or_default();
        let is_version = !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
        matches!(implementation, "cpython" | "pypy") && is_version
    };
    let is_cache = directory.ends_with("/__pycache__");
    is_cache.then(|| module.rsplit('.').find(is_tag))?
}

/// The components of the mounts.
fn mounts(image: &ImageReader<'_>) -> Result<Vec<Vec<String>>, Corrupt> {
    let mut mounts = Vec::new();
    for number in 0..image.index().mount_count() {
        let path = image.index().mount(number)?.path;
        // Other writers may have paths that this one rejects.
        if let Ok(path) = GuestPath::parse(&String::from_utf8_lossy(path)) {
            mounts.push(path.components().to_vec());
        }
    }
    Ok(mounts)
}

/// The number of components of the deepest mount above `path`. Patterns exclude no mount.
fn depth_of_mount(mounts: &[Vec<String>], path: &str) -> usize {
    let holds = |mount: &&Vec<String>| {
        let mut names = path.split('/');
        mount.iter().all(|name| names.next() == Some(name))
    };
    let depths = mounts.iter().filter(holds).map(Vec::len);
    depths.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Contents, Packer};
    use std::fs;

    /// Kinds, patterns and numbers of files of a tree with files at `paths`, at `/usr/test`.
    fn found(paths: &[&str]) -> Vec<(String, String, u64)> {
        let dir = tempfile::tempdir().unwrap();
        for (number, path) in paths.iter().enumerate() {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, number.to_string().repeat(9)).unwrap();
        }
        let packer = Packer::without_module().map_dir(dir.path(), "/usr/test");
        let image = packer.image().unwrap().bytes;
        let contents = Contents::find(&image).unwrap();
        let reader = contents.reader().unwrap();
        let accounting = Accounting::new(&reader).unwrap();
        let found = ballast(&reader, &accounting).unwrap();
        let mut rows: Vec<_> = found
            .iter()
            .map(|ballast| {
                (
                    ballast.kind.clone(),
                    ballast.pattern.clone(),
                    ballast.file_count,
                )
            })
            .collect();
        for ballast in found {
            let len = Packer::exclude(packer.clone(), ballast.pattern)
                .image()
                .unwrap();
            let file_len = len.statistics.file_len;
            assert_eq!(file_len + ballast.len, paths.len() as u64 * 9);
        }
        rows.sort();
        rows
    }

    #[test]
    fn the_pattern_excludes_exactly_the_counted_files() {
        let rows = found(&[
            "gems/cache/a.gem",
            "b.whl",
            "app.js.map",
            "app.js",
            "map",
            "lib/test/c.py",
            "lib/tests.py",
            "pkg/docs/x/d.md",
        ]);
        let expected = [
            ("documentation", KINDS[3].1, 1),
            ("package caches", KINDS[0].1, 2),
            ("source maps", KINDS[1].1, 1),
            ("tests", KINDS[2].1, 1),
        ];
        let rows: Vec<_> = rows.iter().map(|(a, b, n)| (&**a, &**b, *n)).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn byte_code_of_the_less_frequent_version_is_ballast() {
        let rows = found(&[
            "__pycache__/a.cpython-313.pyc",
            "__pycache__/b.cpython-313.opt-1.pyc",
            "__pycache__/a.cpython-312.pyc",
            "a.cpython-311.pyc",
        ]);
        let row = ("byte code of cpython-312", "*.cpython-312.*pyc", 1);
        let rows: Vec<_> = rows.iter().map(|(a, b, n)| (&**a, &**b, *n)).collect();
        assert_eq!(rows, [row]);
        assert!(found(&["__pycache__/a.cpython-313.pyc", "lib/a.py"]).is_empty());
    }
}
