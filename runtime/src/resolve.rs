//! From a path to an inode: the walk through directories and symbolic links.
//!
//! Paths are relative to a directory and never lead above the `root` of it.
//! Link targets are content of the image: a relative one is walked like a path
//! of the guest, an absolute one starts at the root of the image's tree, where
//! the guest sees the same path.

use crate::abi::lookupflags;
use crate::descriptor::OpenDirectory;
use crate::errno::{Errno, Result};
use crate::image::{Image, Payload};
use arrayvec::ArrayVec;
use wasi_vfs_format::limits::{MAX_NAME_LEN, MAX_PATH_LEN, MAX_SYMLINK_HOPS};
use wasi_vfs_format::{Content, Inode, InodeNumber, Symlink};

/// Where a path leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolution {
    /// What the path names; `None` if its directory has no such entry.
    pub(crate) inode: Option<Inode>,
    /// The directory above which a path from here must not lead.
    pub(crate) root: InodeNumber,
}

impl Resolution {
    /// The inode, which must be there.
    pub(crate) fn existing(self) -> Result<Inode> {
        self.inode.ok_or(Errno::NOENT)
    }
}

/// Whether these `lookupflags` ask to follow a link at the end.
pub(crate) fn follows(flags: u32) -> Result<bool> {
    match flags & !lookupflags::ALL {
        0 => Ok(flags & lookupflags::SYMLINK_FOLLOW != 0),
        _ => Err(Errno::INVAL),
    }
}

/// Resolves `path` from `start`. A symbolic link at its end is followed if
/// `follow_last`, or if a slash follows it.
pub(crate) fn resolve<P: Payload>(
    image: &Image<P>,
    start: &OpenDirectory,
    path: &[u8],
    follow_last: bool,
) -> Result<Resolution> {
    validate(path)?;
    let mut walk = Walk {
        image,
        root: start.root,
        current: image.inode(start.inode)?,
        pending: Pending::new(path),
        follow_last,
    };
    let inode = walk.run()?;
    Ok(Resolution {
        inode,
        root: walk.root,
    })
}

fn validate(path: &[u8]) -> Result {
    if path.contains(&0) {
        return Err(Errno::INVAL);
    }
    match path.first() {
        None => Err(Errno::NOENT),
        Some(b'/') => Err(Errno::PERM),
        _ => Ok(()),
    }
}

/// The state of a walk.
struct Walk<'a, P> {
    image: &'a Image<P>,
    root: InodeNumber,
    current: Inode,
    pending: Pending<'a>,
    follow_last: bool,
}

/// Whether the walk goes on after a step.
enum Step {
    Next,
    Missing,
}

impl<'a, P: Payload> Walk<'a, P> {
    fn run(&mut self) -> Result<Option<Inode>> {
        while let Some(component) = self.pending.next() {
            let step = match component {
                b"." => self.stay()?,
                b".." => self.climb()?,
                name => self.descend(name)?,
            };
            if matches!(step, Step::Missing) {
                return Ok(None);
            }
        }
        Ok(Some(self.current))
    }

    fn stay(&mut self) -> Result<Step> {
        self.current_directory()?;
        Ok(Step::Next)
    }

    fn climb(&mut self) -> Result<Step> {
        self.current_directory()?;
        if self.current.number == self.root {
            return Err(Errno::PERM);
        }
        self.current = self.image.inode(self.current.parent)?;
        Ok(Step::Next)
    }

    fn descend(&mut self, name: &[u8]) -> Result<Step> {
        let directory = self.current_directory()?;
        if name.len() > MAX_NAME_LEN {
            return Err(Errno::NAMETOOLONG);
        }
        let Some(inode) = self.image.index()?.lookup(&directory, name)? else {
            return self.missing();
        };
        match inode.content {
            Content::Symlink(link) if self.follows_here() => self.follow(&link)?,
            Content::Directory(_) => self.current = inode,
            _ if self.pending.is_at_end() => self.current = inode,
            _ => return Err(Errno::NOTDIR),
        }
        Ok(Step::Next)
    }

    /// A missing entry is an answer at the end of a path, an error before it.
    fn missing(&self) -> Result<Step> {
        if self.pending.has_components() {
            Err(Errno::NOENT)
        } else {
            Ok(Step::Missing)
        }
    }

    fn follows_here(&self) -> bool {
        self.follow_last || !self.pending.is_at_end()
    }

    fn follow(&mut self, link: &Symlink) -> Result {
        let target = self.image.index()?.target(link)?;
        if target.is_empty() {
            return Err(Errno::NOENT);
        }
        if target.starts_with(b"/") {
            self.root = InodeNumber::ROOT;
            self.current = self.image.inode(InodeNumber::ROOT)?;
        }
        self.pending.push(target)
    }

    fn current_directory(&self) -> Result<wasi_vfs_format::Directory> {
        match self.current.content {
            Content::Directory(directory) => Ok(directory),
            _ => Err(Errno::NOTDIR),
        }
    }
}

/// What remains of a path: the rest of it under the rests of the links that
/// were followed on the way. Nothing is copied, so links cost no memory.
struct Pending<'a>(ArrayVec<&'a [u8], { MAX_SYMLINK_HOPS as usize + 1 }>);

impl<'a> Pending<'a> {
    fn new(path: &'a [u8]) -> Self {
        let mut rests = ArrayVec::new();
        rests.push(path);
        Self(rests)
    }

    /// Puts the target of a link before what remains.
    fn push(&mut self, target: &'a [u8]) -> Result {
        if target.len() > MAX_PATH_LEN {
            return Err(Errno::NAMETOOLONG);
        }
        self.0.try_push(target).map_err(|_| Errno::LOOP)
    }

    /// Takes the next component. Used up rests stay in place: each link that
    /// was followed counts against the limit.
    fn next(&mut self) -> Option<&'a [u8]> {
        for rest in self.0.iter_mut().rev() {
            let trimmed = rest.trim_ascii_slashes_start();
            if trimmed.is_empty() {
                // Slashes at the end of a link's target said that what came
                // before must be a directory, and say nothing of what follows.
                *rest = trimmed;
                continue;
            }
            let len = trimmed.iter().position(|&byte| byte == b'/');
            let (component, after) = trimmed.split_at(len.unwrap_or(trimmed.len()));
            *rest = after;
            return Some(component);
        }
        None
    }

    fn has_components(&self) -> bool {
        let mut rests = self.0.iter();
        rests.any(|rest| !rest.trim_ascii_slashes_start().is_empty())
    }

    /// Whether nothing follows, not even a slash.
    fn is_at_end(&self) -> bool {
        self.0.iter().all(|rest| rest.is_empty())
    }
}

trait TrimSlashes {
    fn trim_ascii_slashes_start(&self) -> &Self;
}

impl TrimSlashes for [u8] {
    fn trim_ascii_slashes_start(&self) -> &Self {
        let start = self.iter().position(|&byte| byte != b'/');
        self.get(start.unwrap_or(self.len())..).unwrap_or_default()
    }
}
