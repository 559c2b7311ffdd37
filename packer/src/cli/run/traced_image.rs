//! A file system that notes the nodes that a program reaches, around the image's.
//!
//! Paths resolve by [`Tree::lookup`], and each open calls [`Filesystem::retain`]. So the
//! two methods see all nodes, and all others only pass on. A program that opens `a/b`,
//! for example, makes the runtime look up `a` and `b`, and retain `b`.

use super::payload::{PayloadFile, Unmeasured};
use super::trace::Notes;
use std::cell::RefCell;
use wasi_vfs_format::{Index, InodeNumber};
use wasi_vfs_runtime::blocks::Sink;
use wasi_vfs_runtime::fs::{Entry, Kind, Mount, Origin, Result, Stat, Tree};
use wasi_vfs_runtime::{Blocks, Filesystem, ImageFs};

/// The image of a packed program.
type Image = ImageFs<'static, PayloadFile, Unmeasured>;

/// The image, and the notes of a traced program.
pub(super) struct TracedImage {
    image: Image,
    /// `None` unless the program is traced.
    notes: Option<RefCell<Notes>>,
}

impl TracedImage {
    pub(super) fn new(
        index: Option<Index<'static>>,
        payload: PayloadFile,
        is_traced: bool,
    ) -> Self {
        Self {
            image: ImageFs::new(index, Blocks::new(payload, Unmeasured)),
            notes: is_traced.then(RefCell::default),
        }
    }

    pub(super) fn take_notes(&self) -> Option<Notes> {
        self.notes.as_ref().map(RefCell::take)
    }
}

impl Tree for TracedImage {
    type Id = InodeNumber;
    type Node = <Image as Tree>::Node;

    fn root(&self) -> InodeNumber {
        self.image.root()
    }

    fn node(&self, id: InodeNumber) -> Result<Self::Node> {
        self.image.node(id)
    }

    fn id(node: &Self::Node) -> InodeNumber {
        Image::id(node)
    }

    fn kind(node: &Self::Node) -> Kind {
        Image::kind(node)
    }

    fn parent(&self, node: &Self::Node) -> Result<Self::Node> {
        self.image.parent(node)
    }

    fn lookup(&self, directory: &Self::Node, name: &[u8]) -> Result<Option<Self::Node>> {
        let found = self.image.lookup(directory, name)?;
        if let (Some(notes), Some(node)) = (&self.notes, &found) {
            notes.borrow_mut().found(Image::id(node));
        }
        Ok(found)
    }

    fn read_link(&self, link: &Self::Node) -> Result<&[u8]> {
        self.image.read_link(link)
    }
}

impl Origin for TracedImage {
    fn name(&self, node: &Self::Node) -> Result<&[u8]> {
        self.image.name(node)
    }

    fn is_executable(&self, node: &Self::Node) -> bool {
        self.image.is_executable(node)
    }
}

/// Changes stay at their defaults, as the image's do.
impl Filesystem for TracedImage {
    fn mount_count(&self) -> u32 {
        self.image.mount_count()
    }

    fn mount(&self, position: u32) -> Result<Mount<'_, InodeNumber>> {
        self.image.mount(position)
    }

    fn stat(&self, node: &Self::Node) -> Result<Stat> {
        self.image.stat(node)
    }

    fn entry(&self, directory: &Self::Node, cookie: u64) -> Result<Option<Entry<'_>>> {
        self.image.entry(directory, cookie)
    }

    fn read_at(&mut self, file: &Self::Node, offset: u64, sink: &mut impl Sink) -> Result {
        self.image.read_at(file, offset, sink)
    }

    fn retain(&mut self, id: InodeNumber) -> Result {
        if let Some(notes) = &self.notes {
            notes.borrow_mut().opened(id);
        }
        self.image.retain(id)
    }

    fn release(&mut self, id: InodeNumber) {
        self.image.release(id);
    }
}
