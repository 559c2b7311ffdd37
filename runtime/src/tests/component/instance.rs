//! A component: its memory, and the functions with their arguments laid out in it.

use super::fake_host::FakeHost;
use crate::Filesystem;
use crate::component::{ErrorCode, Server};
use crate::guest::Memory;
use crate::preview2::Preview2;
use crate::tests::guest::{Image, SharedMemory, image};
use crate::tests::sample_image;
use std::rc::Rc;

/// Answers are expected here.
pub(in crate::tests) const RET: u32 = 0x2000;
/// A path is written here.
pub(in crate::tests) const PATH: u32 = 0x1000;
pub(in crate::tests) const SECOND_PATH: u32 = 0x1800;
/// The number of the lowering of every call.
pub(in crate::tests) const LOWERING: u32 = 7;

/// `symlink-follow`.
pub(in crate::tests) const FOLLOW: u32 = 1;
/// Of `descriptor-flags`.
pub(in crate::tests) const READ: u32 = 1;
pub(in crate::tests) const WRITE: u32 = 2;
/// Of `open-flags`.
pub(in crate::tests) const CREATE: u32 = 1;
pub(in crate::tests) const TRUNCATE: u32 = 8;

type Result<T = ()> = std::result::Result<T, ErrorCode>;

/// What a stream function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tests) enum StreamError {
    Failed(ErrorCode),
    Closed,
}

pub(in crate::tests) type TestServer<F> = Server<SharedMemory, Rc<FakeHost>, F>;

pub(in crate::tests) struct Component<F: Filesystem = Image> {
    pub(in crate::tests) server: Rc<TestServer<F>>,
    pub(in crate::tests) memory: SharedMemory,
    pub(in crate::tests) host: Rc<FakeHost>,
}

impl Component {
    /// A component on the sample tree.
    pub(in crate::tests) fn new() -> Self {
        let (index, payload) = sample_image();
        Self::with_fs(image(index, payload))
    }
}

impl<F: Filesystem> Component<F> {
    pub(in crate::tests) fn with_fs(fs: F) -> Self {
        let memory = SharedMemory::zeroed();
        let host = FakeHost::new(memory.clone());
        Self {
            server: Rc::new(Server::new(fs, memory.clone(), host.clone())),
            memory,
            host,
        }
    }

    pub(in crate::tests) fn put(&self, address: u32, bytes: &[u8]) {
        self.memory.clone().write(address, bytes).unwrap();
    }

    pub(in crate::tests) fn bytes(&self, address: u32, len: u32) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        self.memory.read(address, &mut bytes).unwrap();
        bytes
    }

    pub(in crate::tests) fn u32_at(&self, address: u32) -> u32 {
        self.memory.read_u32(address).unwrap()
    }

    pub(in crate::tests) fn u64_at(&self, address: u32) -> u64 {
        u64::from_le_bytes(self.bytes(address, 8).try_into().unwrap())
    }

    /// The list at an address.
    pub(in crate::tests) fn list_at(&self, address: u32) -> Vec<u8> {
        self.bytes(self.u32_at(address), self.u32_at(address + 4))
    }

    pub(in crate::tests) fn put_path(&self, path: &str) -> (u32, u32) {
        self.put(PATH, path.as_bytes());
        (PATH, path.len() as u32)
    }

    pub(in crate::tests) fn put_second_path(&self, path: &str) -> (u32, u32) {
        self.put(SECOND_PATH, path.as_bytes());
        (SECOND_PATH, path.len() as u32)
    }

    /// The `result<_, error-code>` whose error lies at this offset.
    pub(in crate::tests) fn result(&self, offset: u32) -> Result {
        let tag = self.bytes(RET, 1)[0];
        assert!(tag < 2, "a result has two cases");
        match tag {
            0 => Ok(()),
            _ => Err(ErrorCode(self.bytes(RET + offset, 1)[0])),
        }
    }

    /// The `result<_, stream-error>` whose error lies at this offset.
    pub(in crate::tests) fn stream_result(
        &self,
        offset: u32,
    ) -> std::result::Result<(), StreamError> {
        match (self.bytes(RET, 1)[0], self.bytes(RET + offset, 1)[0]) {
            (0, _) => Ok(()),
            (_, 1) => Err(StreamError::Closed),
            _ => {
                let error = self.u32_at(RET + offset + 4);
                Err(StreamError::Failed(self.code(error).unwrap()))
            }
        }
    }

    /// The `filesystem-error-code` of an error.
    pub(in crate::tests) fn code(&self, error: u32) -> Option<ErrorCode> {
        const AT: u32 = RET + 0x100;
        self.server.filesystem_error_code(error, AT, LOWERING);
        let [tag, code] = self.bytes(AT, 2).try_into().unwrap();
        (tag == 1).then_some(ErrorCode(code))
    }

    /// Handles and paths of all preopens.
    pub(in crate::tests) fn preopens(&self) -> Vec<(u32, String)> {
        self.server.get_directories(RET, LOWERING);
        let (list, count) = (self.u32_at(RET), self.u32_at(RET + 4));
        let records = (list..).step_by(12).take(count as usize);
        let preopens = records.map(|record| {
            let path = String::from_utf8(self.list_at(record + 4)).unwrap();
            (self.u32_at(record), path)
        });
        preopens.collect()
    }

    /// The preopen `/`.
    pub(in crate::tests) fn root(&self) -> u32 {
        self.preopens()[0].0
    }

    /// Opens for reading, following links.
    pub(in crate::tests) fn open(&self, descriptor: u32, path: &str) -> Result<u32> {
        self.open_with(descriptor, path, (FOLLOW, 0, READ))
    }

    /// Opens with these path, open and descriptor flags.
    pub(in crate::tests) fn open_with(
        &self,
        descriptor: u32,
        path: &str,
        (path_flags, open_flags, flags): (u32, u32, u32),
    ) -> Result<u32> {
        let (path, len) = self.put_path(path);
        let server = &self.server;
        server.descriptor_open_at(
            descriptor, path_flags, path, len, open_flags, flags, RET, LOWERING,
        );
        self.result(4)?;
        Ok(self.u32_at(RET + 4))
    }

    /// Bytes, and whether the file ends there.
    pub(in crate::tests) fn read(
        &self,
        descriptor: u32,
        len: u64,
        offset: u64,
    ) -> Result<(Vec<u8>, bool)> {
        let server = &self.server;
        server.descriptor_read(descriptor, len, offset, RET, LOWERING);
        self.result(4)?;
        let is_end = self.bytes(RET + 12, 1)[0] == 1;
        Ok((self.list_at(RET + 4), is_end))
    }

    pub(in crate::tests) fn write(
        &self,
        descriptor: u32,
        bytes: &[u8],
        offset: u64,
    ) -> Result<u64> {
        const BUFFER: u32 = 0x8_0000;
        self.put(BUFFER, bytes);
        let len = bytes.len() as u32;
        let server = &self.server;
        server.descriptor_write(descriptor, BUFFER, len, offset, RET, LOWERING);
        self.result(8)?;
        Ok(self.u64_at(RET + 8))
    }

    pub(in crate::tests) fn stream(&self, descriptor: u32, offset: u64) -> Result<u32> {
        let server = &self.server;
        server.descriptor_read_via_stream(descriptor, offset, RET, LOWERING);
        self.result(4)?;
        Ok(self.u32_at(RET + 4))
    }

    pub(in crate::tests) fn read_stream(
        &self,
        stream: u32,
        len: u64,
    ) -> std::result::Result<Vec<u8>, StreamError> {
        let server = &self.server;
        server.input_stream_blocking_read(stream, len, RET, LOWERING);
        self.stream_result(4)?;
        Ok(self.list_at(RET + 4))
    }

    /// The next entry of a stream: type and name.
    pub(in crate::tests) fn entry(&self, stream: u32) -> Result<Option<(u8, String)>> {
        let server = &self.server;
        server.directory_entry_stream_read(stream, RET, LOWERING);
        self.result(4)?;
        let [tag, _, _, _, kind] = self.bytes(RET + 4, 5).try_into().unwrap();
        let name = || String::from_utf8(self.list_at(RET + 12)).unwrap();
        Ok((tag == 1).then(|| (kind, name())))
    }

    pub(in crate::tests) fn listing(&self, descriptor: u32) -> Result<u32> {
        let server = &self.server;
        server.descriptor_read_directory(descriptor, RET, LOWERING);
        self.result(4)?;
        Ok(self.u32_at(RET + 4))
    }

    /// The `descriptor-stat` of a descriptor.
    pub(in crate::tests) fn stat(&self, descriptor: u32) -> Result<Vec<u8>> {
        self.server.descriptor_stat(descriptor, RET, LOWERING);
        self.result(8)?;
        Ok(self.bytes(RET + 8, 96))
    }
}
