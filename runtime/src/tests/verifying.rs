//! Verifying a stored block: in pieces, each of which counts.

use super::guest::{Guest, NoBudget, PlainPayload};
use crate::blocks::{BlockError, BlockSource, Blocks, Sink, StoredRange};
use crate::{Errno, ImageFs};
use std::cell::RefCell;
use std::rc::Rc;
use wasi_vfs_format::testing::{Random, file, tree};
use wasi_vfs_format::writer::{Options, write};
use wasi_vfs_format::{Image, Index};

const PIECE_LEN: usize = 16 << 10;

/// One block of seven pieces and a shorter one.
const FILE_LEN: usize = 7 * PIECE_LEN + 100;

/// The uncompressed image of one file, and the content of the file.
fn stored_file() -> (Image, Vec<u8>) {
    let content = Random::new(1).bytes(FILE_LEN);
    let image = write(
        &tree([("f", file(content.clone()))]),
        &Options::default(),
        &(),
    );
    (image.unwrap(), content)
}

/// Notes the length of each range that is lent.
struct NotingSource {
    payload: PlainPayload,
    lens: Rc<RefCell<Vec<u32>>>,
}

impl BlockSource for NotingSource {
    fn with_bytes<R>(
        &mut self,
        range: StoredRange,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, BlockError> {
        self.lens.borrow_mut().push(range.len);
        self.payload.with_bytes(range, use_them)
    }

    fn copy_to(&mut self, range: StoredRange, sink: &mut impl Sink) -> Result<(), BlockError> {
        self.payload.copy_to(range, sink)
    }
}

#[test]
fn a_block_is_verified_in_pieces_and_once() {
    let (image, content) = stored_file();
    let lens = Rc::default();
    let source = NotingSource {
        payload: PlainPayload(image.payload),
        lens: Rc::clone(&lens),
    };
    let index = Index::parse(image.index.leak()).ok();
    let mut guest = Guest::with_fs(ImageFs::new(index, Blocks::new(source, NoBudget)), 0);
    let fd = guest.open(3, "f").unwrap();
    let mut expected = vec![PIECE_LEN as u32; 7];
    expected.push(100);
    for offset in [0, FILE_LEN - 10] {
        let read = guest.pread(fd, 10, offset as u64).unwrap();
        assert_eq!(read, content[offset..][..10]);
        assert_eq!(*lens.borrow(), expected);
    }
}

#[test]
fn damage_in_any_piece_is_an_error() {
    let (image, _) = stored_file();
    let edges = (0..FILE_LEN).step_by(PIECE_LEN);
    let places = edges.flat_map(|start| [start, (start + PIECE_LEN).min(FILE_LEN) - 1]);
    for place in places {
        let mut payload = image.payload.clone();
        payload[place] ^= 0x80;
        let mut guest = Guest::with_parts(image.index.clone(), payload, 0);
        let fd = guest.open(3, "f").unwrap();
        assert_eq!(guest.pread(fd, 1, 50_000), Err(Errno::IO), "{place}");
    }
}
