//! From a path to a node: the walk through directories and symbolic links.
//!
//! [`resolve`] takes one component after the other. `lib/../hello` from the root, for
//! example, goes down to `lib`, up to the root, and ends at the entry `hello`. A link in
//! the middle puts its target before the rest of the path, see [`Pending`]. A link at the
//! end is followed if the caller or a trailing slash asks for it.
//!
//! A walk never leaves the tree below its *root*. The [`Policy`] says what happens there:
//! a program gets an error, as from a sandboxed host, and a tool's user stays at the root,
//! as in a shell at `/`. Relative targets continue at the link's directory. Absolute
//! targets continue at the root of the whole tree, where a program sees the same path.

use super::path::Pending;
use super::{FsError, Kind, Result, Tree};
use crate::parts;
use core::marker::PhantomData;
use wasi_vfs_format::limits::{MAX_NAME_LEN, MAX_PATH_LEN};

/// How a path may begin, and what lies above the root of a walk.
pub trait Policy {
    /// Checks a path. Returns it relative to the start of the walk.
    fn relative(path: &[u8]) -> Result<&[u8]>;

    /// Goes up from the root: an error, or success to stay there.
    fn climb_from_root() -> Result;
}

/// Paths of a program, relative to a descriptor.
#[derive(Debug)]
pub struct Guest;

impl Policy for Guest {
    fn relative(path: &[u8]) -> Result<&[u8]> {
        if path.contains(&0) {
            return Err(FsError::Invalid);
        }
        match path.first() {
            None => Err(FsError::NotFound),
            Some(b'/') => Err(FsError::NotPermitted),
            _ => Ok(path),
        }
    }

    fn climb_from_root() -> Result {
        Err(FsError::NotPermitted)
    }
}

/// Paths of a tool's user, from the root of the tree, with or without a leading slash.
/// The empty path is the root.
#[derive(Debug)]
pub struct Tool;

impl Policy for Tool {
    fn relative(path: &[u8]) -> Result<&[u8]> {
        let relative = path.strip_prefix(b"/").unwrap_or(path);
        match relative.len() > MAX_PATH_LEN {
            true => Err(FsError::NameTooLong),
            false => Ok(relative),
        }
    }

    fn climb_from_root() -> Result {
        Ok(())
    }
}

/// Watches a walk, and may end it.
pub trait Guard<I> {
    /// Checks a directory before the walk looks for a name in it or goes up from it.
    fn check(&self, directory: I) -> Result;
}

/// Lets a walk go everywhere.
#[derive(Debug)]
pub struct Unguarded;

impl<I> Guard<I> for Unguarded {
    fn check(&self, _: I) -> Result {
        Ok(())
    }
}

/// Where a path leads.
pub struct Resolution<'p, T: Tree> {
    /// The node, `None` if its directory has no such entry.
    pub node: Option<T::Node>,
    /// The directory of the last component.
    pub directory: T::Id,
    /// The last component, which may be `.` or `..`.
    pub name: &'p [u8],
    /// Whether a slash behind the name of a missing node asks for a directory.
    pub names_directory: bool,
    /// Whether the last component is a link that was followed only for the slash behind it.
    pub followed_for_slash: bool,
    /// The directory above which a path from here must not lead.
    pub root: T::Id,
}

impl<T: Tree> Resolution<'_, T> {
    /// The node.
    ///
    /// # Errors
    ///
    /// [`FsError::NotFound`] if there is none.
    pub fn existing(&self) -> Result<&T::Node> {
        self.node.as_ref().ok_or(FsError::NotFound)
    }
}

/// Resolves `path` from the directory `start`, which lies at or below `root`. A symbolic
/// link at the end is followed if `follow_last`, or if a slash follows it.
///
/// # Errors
///
/// Those of [`Policy`] and [`Tree`]; [`FsError::NotFound`] and [`FsError::NotADirectory`]
/// for a component before the last, [`FsError::NameTooLong`], [`FsError::Loop`].
pub fn resolve<'p, P: Policy, T: Tree>(
    tree: &'p T,
    start_and_root: (T::Id, T::Id),
    path: &'p [u8],
    follow_last: bool,
) -> Result<Resolution<'p, T>> {
    resolve_guarded::<P, T, _>(tree, start_and_root, path, follow_last, &Unguarded)
}

/// Resolves as [`resolve`] does, and asks a guard at each directory.
///
/// # Errors
///
/// Those of [`resolve`] and of the guard.
pub fn resolve_guarded<'p, P: Policy, T: Tree, G: Guard<T::Id>>(
    tree: &'p T,
    (start, root): (T::Id, T::Id),
    path: &'p [u8],
    follow_last: bool,
    guard: &G,
) -> Result<Resolution<'p, T>> {
    // Outside of the walk, since moving it would copy room for 40 links.
    let mut pending = Pending::new(P::relative(path)?);
    let mut walk = Walk {
        tree,
        root,
        current: tree.node(start)?,
        directory: start,
        name: b".",
        pending: &mut pending,
        follow_last,
        followed_for_slash: false,
        guard,
        policy: PhantomData::<P>,
    };
    let is_found = walk.run()?;
    Ok(Resolution {
        node: is_found.then_some(walk.current),
        directory: walk.directory,
        name: walk.name,
        names_directory: !is_found && !walk.pending.is_at_end(),
        followed_for_slash: walk.followed_for_slash,
        root: walk.root,
    })
}

/// The state of a walk.
struct Walk<'w, 'p, T: Tree, P, G> {
    tree: &'p T,
    root: T::Id,
    current: T::Node,
    /// Where the last component was looked up.
    directory: T::Id,
    name: &'p [u8],
    pending: &'w mut Pending<'p>,
    follow_last: bool,
    followed_for_slash: bool,
    guard: &'w G,
    policy: PhantomData<P>,
}

impl<T: Tree, P: Policy, G: Guard<T::Id>> Walk<'_, '_, T, P, G> {
    /// Whether the last component is there.
    fn run(&mut self) -> Result<bool> {
        while let Some(name) = self.pending.next() {
            if T::kind(&self.current) != Kind::Directory {
                return Err(FsError::NotADirectory);
            }
            self.name = name;
            self.directory = T::id(&self.current);
            self.guard.check(self.directory)?;
            match name {
                b"." => {}
                b".." => self.climb()?,
                _ if !self.descend()? => return Ok(false),
                _ => {}
            }
        }
        Ok(true)
    }

    fn climb(&mut self) -> Result {
        let here = T::id(&self.current);
        // A directory that was moved out of its root still ends at the tree's.
        if here == self.root || here == self.tree.root() {
            return P::climb_from_root();
        }
        self.current = self.tree.parent(&self.current)?;
        Ok(())
    }

    /// Takes a name. Returns whether the directory has it.
    fn descend(&mut self) -> Result<bool> {
        if self.name.len() > MAX_NAME_LEN {
            return Err(FsError::NameTooLong);
        }
        let Some(node) = self.tree.lookup(&self.current, self.name)? else {
            return self.miss();
        };
        let kind = T::kind(&node);
        if kind == Kind::Symlink && self.follows_here() {
            self.follow(&node)?;
        } else if kind == Kind::Directory || self.pending.is_at_end() {
            self.current = node;
        } else {
            return Err(FsError::NotADirectory);
        }
        Ok(true)
    }

    /// A missing entry is an answer at the end of a path, an error before it.
    fn miss(&self) -> Result<bool> {
        match self.pending.has_components() {
            true => Err(FsError::NotFound),
            false => Ok(false),
        }
    }

    fn follows_here(&self) -> bool {
        self.follow_last || !self.pending.is_at_end()
    }

    fn follow(&mut self, link: &T::Node) -> Result {
        if !parts::links() {
            return Err(FsError::Io);
        }
        let target = self.tree.read_link(link)?;
        if target.is_empty() {
            return Err(FsError::NotFound);
        }
        self.followed_for_slash |= !self.follow_last && !self.pending.has_components();
        if target.starts_with(b"/") {
            self.root = self.tree.root();
            self.current = self.tree.node(self.root)?;
            // The target may have no component.
            (self.directory, self.name) = (self.root, b".");
        }
        self.pending.push(target)
    }
}
