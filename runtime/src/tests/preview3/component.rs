//! A component, and the functions of WASI 0.3 with their arguments laid out in its memory.

use crate::Filesystem;
use crate::component::ErrorCode;
use crate::preview3::Preview3;
use crate::tests::component::{self, FOLLOW, LOWERING, READ, RET};
use crate::tests::guest::{Image, image, write_image};
use crate::tests::sample_tree;
use std::ops::Deref;

/// Items of a stream are expected here.
pub(super) const BUFFER: u32 = 0x8_0000;

/// Statuses of the canonical ABI.
pub(super) const COMPLETED: u32 = 0;
pub(super) const DROPPED: u32 = 1;
pub(super) const CANCELLED: u32 = 2;

type Result<T = ()> = std::result::Result<T, ErrorCode>;

pub(super) struct Component<F: Filesystem = Image>(component::Component<F>);

impl<F: Filesystem> Deref for Component<F> {
    type Target = component::Component<F>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Component {
    /// A component on the sample tree.
    pub(super) fn new() -> Self {
        Self(component::Component::new())
    }

    /// A component whose `lib/big` is damaged from somewhere behind its start on.
    pub(super) fn damaged() -> Self {
        let (index, mut payload) = write_image(&sample_tree(), None);
        let at = payload.len() - 100_000;
        payload[at] ^= 1;
        Self(component::Component::with_fs(image(index, payload)))
    }
}

impl<F: Filesystem> Component<F> {
    pub(super) fn with_fs(fs: F) -> Self {
        Self(component::Component::with_fs(fs))
    }

    /// The `error-code` at an address. All 16 bytes are defined.
    fn code_at(&self, address: u32) -> ErrorCode {
        let bytes = self.bytes(address, 16);
        assert_eq!(bytes[1..], [0; 15], "no text");
        // 0.2 has `would-block` behind the first code.
        ErrorCode(bytes[0] + u8::from(bytes[0] > 0))
    }

    /// The `result<_, error-code>` at `RET` whose error lies at this offset.
    pub(super) fn outcome_at(&self, offset: u32) -> Result {
        match self.bytes(RET, 1)[0] {
            0 => Ok(()),
            1 => Err(self.code_at(RET + offset)),
            tag => panic!("no tag of a result: {tag}"),
        }
    }

    pub(super) fn open_with(
        &self,
        descriptor: u32,
        path: &str,
        (path_flags, open_flags, flags): (u32, u32, u32),
    ) -> Result<u32> {
        self.put(RET, &[0xee; 20]);
        let (path, len) = self.put_path(path);
        let server = &*self.server;
        server.descriptor_open_at(
            descriptor, path_flags, path, len, open_flags, flags, RET, LOWERING,
        );
        self.outcome_at(4)?;
        Ok(self.u32_at(RET + 4))
    }

    pub(super) fn open(&self, path: &str) -> Result<u32> {
        self.open_with(self.root(), path, (FOLLOW, 0, READ))
    }

    /// The stream and the future of a file's bytes.
    pub(super) fn bytes_of(&self, descriptor: u32, offset: u64) -> (u32, u32) {
        let server = &*self.server;
        server.descriptor_read_via_stream(descriptor, offset, RET, LOWERING);
        (self.u32_at(RET), self.u32_at(RET + 4))
    }

    /// The stream and the future of the bytes of the file at a path.
    pub(super) fn bytes_at(&self, path: &str) -> (u32, u32) {
        self.bytes_of(self.open(path).unwrap(), 0)
    }

    /// The stream and the future of a directory's entries.
    pub(super) fn entries_of(&self, descriptor: u32) -> (u32, u32) {
        self.server
            .descriptor_read_directory(descriptor, RET, LOWERING);
        (self.u32_at(RET), self.u32_at(RET + 4))
    }

    /// Reads a stream of bytes. `None` if it has ended.
    pub(super) fn read(&self, stream: u32, len: u32) -> Option<Vec<u8>> {
        let status = self.server.bytes_read(stream, BUFFER, len, LOWERING);
        (status != DROPPED).then(|| {
            assert_eq!(status & 0xf, COMPLETED);
            self.bytes(BUFFER, status >> 4)
        })
    }

    /// Reads a stream to its end.
    pub(super) fn read_all(&self, stream: u32) -> Vec<u8> {
        let pieces = std::iter::from_fn(|| self.read(stream, 60_000));
        pieces.flatten().collect()
    }

    /// Types and names of up to `count` entries. `None` if the stream has ended.
    pub(super) fn entries(&self, stream: u32, count: u32) -> Option<Vec<(u8, String)>> {
        let server = &*self.server;
        let status = server.entries_read(stream, BUFFER, count, LOWERING);
        let records = (BUFFER..).step_by(24).take(status as usize >> 4);
        let entry = |record| {
            assert_eq!(self.bytes(record + 1, 15), [0; 15], "no text");
            let name = String::from_utf8(self.list_at(record + 16)).unwrap();
            (self.bytes(record, 1)[0], name)
        };
        (status != DROPPED).then(|| records.map(entry).collect())
    }

    /// Reads a future.
    pub(super) fn outcome(&self, future: u32) -> Result {
        self.put(RET, &[0xee; 20]);
        let status = self.server.result_read(future, RET, LOWERING);
        assert_eq!(status, COMPLETED);
        self.outcome_at(4)
    }
}
