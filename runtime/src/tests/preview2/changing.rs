//! A writable file system, served by the second front end with no line of its own for it.

use crate::component::ErrorCode;
use crate::fs::Flush;
use crate::fuzz::memory_fs::MemoryFs;
use crate::preview2::Preview2;
use crate::tests::component::Component;
use crate::tests::component::{CREATE, FOLLOW, LOWERING, PATH, READ, RET, TRUNCATE, WRITE};

type Result<T = ()> = std::result::Result<T, ErrorCode>;

pub(super) struct Writable {
    pub(super) component: Component<MemoryFs>,
    pub(super) root: u32,
}

impl Writable {
    pub(super) fn new() -> Self {
        let component = Component::with_fs(MemoryFs::new());
        let root = component.root();
        Self { component, root }
    }

    pub(super) fn create(&self, path: &str) -> Result<u32> {
        let flags = (FOLLOW, CREATE, READ | WRITE);
        self.component.open_with(self.root, path, flags)
    }

    pub(super) fn content(&self, path: &str) -> Vec<u8> {
        let file = self.component.open(self.root, path).unwrap();
        self.component.read(file, 200, 0).unwrap().0
    }

    pub(super) fn flushes(&self) -> Vec<(usize, Flush)> {
        self.component
            .server
            .with_files(|files| files.fs.flushes.clone())
    }

    /// Calls a function that takes one path.
    fn on_path(
        &self,
        path: &str,
        call: fn(&crate::tests::component::TestServer<MemoryFs>, u32, u32, u32, u32, u32),
    ) -> Result {
        let (path, len) = self.component.put_path(path);
        call(&self.component.server, self.root, path, len, RET, LOWERING);
        self.component.result(1)
    }

    fn rename(&self, old: &str, new: &str) -> Result {
        let (old, old_len) = self.component.put_path(old);
        let (new, new_len) = self.component.put_second_path(new);
        let (server, root) = (&self.component.server, self.root);
        server.descriptor_rename_at(root, old, old_len, root, new, new_len, RET, LOWERING);
        self.component.result(1)
    }

    fn link(&self, old: &str, new: &str) -> Result {
        let (old, old_len) = self.component.put_path(old);
        let (new, new_len) = self.component.put_second_path(new);
        let (server, root) = (&self.component.server, self.root);
        server.descriptor_link_at(root, 0, old, old_len, root, new, new_len, RET, LOWERING);
        self.component.result(1)
    }

    fn symlink(&self, target: &str, path: &str) -> Result {
        let (target, target_len) = self.component.put_path(target);
        let (path, len) = self.component.put_second_path(path);
        let (server, root) = (&self.component.server, self.root);
        server.descriptor_symlink_at(root, target, target_len, path, len, RET, LOWERING);
        self.component.result(1)
    }
}

#[test]
fn written_bytes_are_read_back() {
    let fs = Writable::new();
    let file = fs.create("new").unwrap();
    assert_eq!(fs.component.write(file, b"hello", 0), Ok(5));
    assert_eq!(fs.component.write(file, b"HE", 7), Ok(2));
    assert_eq!(fs.content("new"), b"hello\0\0HE");
}

#[test]
fn a_long_write_is_copied_in_pieces() {
    let fs = Writable::new();
    let file = fs.create("long").unwrap();
    let bytes: Vec<u8> = (0..200_000_u32).map(|at| at as u8).collect();
    assert_eq!(fs.component.write(file, &bytes, 0), Ok(200_000));
    let (read, _) = fs.component.read(file, 10, 199_990).unwrap();
    assert_eq!(read, bytes[199_990..]);
}

#[test]
fn a_descriptor_for_reading_cannot_write() {
    let fs = Writable::new();
    fs.create("file").unwrap();
    let file = fs.component.open(fs.root, "file").unwrap();
    let written = fs.component.write(file, b"x", 0);
    assert_eq!(written, Err(ErrorCode::BAD_DESCRIPTOR));
    let server = &fs.component.server;
    server.descriptor_set_size(file, 1, RET, LOWERING);
    assert_eq!(fs.component.result(1), Err(ErrorCode::INVALID));
}

#[test]
fn a_descriptor_for_writing_cannot_read() {
    let fs = Writable::new();
    let flags = (FOLLOW, CREATE, WRITE);
    let file = fs.component.open_with(fs.root, "file", flags).unwrap();
    fs.component.write(file, b"secret", 0).unwrap();
    let expected = Err(ErrorCode::BAD_DESCRIPTOR);
    assert_eq!(fs.component.read(file, 6, 0).map(|_| ()), expected);
    assert_eq!(fs.component.stream(file, 0).map(|_| ()), expected);
}

#[test]
fn sizes_are_set_and_limited() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let server = &fs.component.server;
    server.descriptor_set_size(file, 3, RET, LOWERING);
    assert_eq!(fs.component.result(1), Ok(()));
    assert_eq!(fs.content("file"), [0; 3]);
    server.descriptor_set_size(file, 1 << 63, RET, LOWERING);
    assert_eq!(fs.component.result(1), Err(ErrorCode::FILE_TOO_LARGE));
    let flags = (0, TRUNCATE, READ | WRITE);
    fs.component.open_with(fs.root, "file", flags).unwrap();
    assert_eq!(fs.content("file"), b"");
}

#[test]
fn names_are_made_moved_and_removed() {
    let fs = Writable::new();
    let mkdir = Preview2::descriptor_create_directory_at;
    let rmdir = Preview2::descriptor_remove_directory_at;
    let unlink = Preview2::descriptor_unlink_file_at;
    assert_eq!(fs.on_path("d", mkdir), Ok(()));
    assert_eq!(fs.on_path("d", mkdir), Err(ErrorCode::EXIST));
    fs.create("d/file").unwrap();
    assert_eq!(fs.on_path("d", rmdir), Err(ErrorCode::NOT_EMPTY));
    assert_eq!(fs.on_path("d", unlink), Err(ErrorCode::IS_DIRECTORY));
    assert_eq!(fs.rename("d/file", "moved"), Ok(()));
    assert_eq!(fs.rename("d/file", "x"), Err(ErrorCode::NO_ENTRY));
    assert_eq!(fs.on_path("d", rmdir), Ok(()));
    assert_eq!(fs.link("moved", "again"), Ok(()));
    assert_eq!(fs.link("moved", "again"), Err(ErrorCode::EXIST));
    assert_eq!(fs.symlink("again", "link"), Ok(()));
    assert_eq!(fs.content("link"), b"");
    assert_eq!(fs.on_path("again", unlink), Ok(()));
    assert_eq!(fs.on_path("again", unlink), Err(ErrorCode::NO_ENTRY));
}

#[test]
fn a_node_lives_as_long_as_its_handles() {
    let fs = Writable::new();
    let count = || {
        fs.component
            .server
            .with_files(|files| files.fs.node_count())
    };
    let file = fs.create("file").unwrap();
    fs.component.write(file, b"kept", 0).unwrap();
    let stream = fs.component.stream(file, 0).unwrap();
    fs.on_path("file", Preview2::descriptor_unlink_file_at)
        .unwrap();
    fs.component.server.drop_descriptor(file, LOWERING);
    assert_eq!(fs.component.read_stream(stream, 9), Ok(b"kept".into()));
    assert_eq!(count(), 2);
    fs.component.server.drop_input_stream(stream, LOWERING);
    assert_eq!(count(), 1);
}

#[test]
fn times_are_set_through_both_functions() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let server = &fs.component.server;
    server.descriptor_set_times(file, 0, 0, 0, 2, 3, 4, RET, LOWERING);
    assert_eq!(fs.component.result(1), Ok(()));
    let stat = fs.component.stat(file).unwrap();
    assert_eq!(stat[56..64], 3_u64.to_le_bytes());
    assert_eq!(stat[64..68], 4_u32.to_le_bytes());
    let (path, len) = fs.component.put_path("file");
    let root = fs.root;
    server.descriptor_set_times_at(root, 1, path, len, 0, 0, 0, 2, 5, 0, RET, LOWERING);
    let stat = fs.component.stat(file).unwrap();
    assert_eq!(stat[56..64], 5_u64.to_le_bytes());
}

#[test]
fn times_that_cannot_be_are_rejected() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let server = &fs.component.server;
    let cases = [
        ((2, 0, 1_000_000_000), ErrorCode::INVALID),
        ((3, 0, 0), ErrorCode::INVALID),
        ((2, 1 << 40, 0), ErrorCode::OVERFLOW),
        ((2, u64::MAX, 0), ErrorCode::OVERFLOW),
    ];
    for ((tag, seconds, nanoseconds), expected) in cases {
        server.descriptor_set_times(file, 0, 0, 0, tag, seconds, nanoseconds, RET, LOWERING);
        assert_eq!(fs.component.result(1), Err(expected), "{seconds}");
    }
}

#[test]
fn flags_tell_what_may_change() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let server = &fs.component.server;
    server.descriptor_get_flags(file, RET, LOWERING);
    assert_eq!(fs.component.bytes(RET, 2), [0, 0b11]);
    server.descriptor_get_flags(fs.root, RET, LOWERING);
    assert_eq!(fs.component.bytes(RET, 2), [0, 0b10_0001]);
}

#[test]
fn nothing_moves_between_host_and_image() {
    let fs = Writable::new();
    fs.create("file").unwrap();
    let (path, len) = fs.component.put_path("file");
    let (server, root) = (&fs.component.server, fs.root);
    for (old, new) in [(root, 5), (5, root)] {
        server.descriptor_rename_at(old, path, len, new, path, len, RET, LOWERING);
        assert_eq!(fs.component.result(1), Err(ErrorCode::CROSS_DEVICE));
        server.descriptor_link_at(old, 0, path, len, new, path, len, RET, LOWERING);
        assert_eq!(fs.component.result(1), Err(ErrorCode::CROSS_DEVICE));
    }
}

#[test]
fn the_error_of_the_old_path_comes_first() {
    const LONG: u32 = 5000;
    let fs = Writable::new();
    fs.component.put(PATH, b"\xff");
    let (new, _) = fs.component.put_second_path("x");
    let (server, root) = (&fs.component.server, fs.root);
    let illegal = Err(ErrorCode::ILLEGAL_BYTE_SEQUENCE);
    server.descriptor_rename_at(root, PATH, 1, root, new, LONG, RET, LOWERING);
    assert_eq!(fs.component.result(1), illegal);
    server.descriptor_link_at(root, 0, PATH, 1, root, new, LONG, RET, LOWERING);
    assert_eq!(fs.component.result(1), illegal);
}

#[test]
fn syncing_reaches_the_file_system() {
    let fs = Writable::new();
    let file = fs.create("file").unwrap();
    let server = &fs.component.server;
    server.descriptor_sync(file, RET, LOWERING);
    assert_eq!(fs.component.result(1), Ok(()));
    server.descriptor_sync_data(file, RET, LOWERING);
    assert_eq!(fs.component.result(1), Ok(()));
    server.descriptor_sync(fs.root, RET, LOWERING);
    assert_eq!(fs.component.result(1), Ok(()));
    let expected = [
        (1, Flush::Everything),
        (1, Flush::Content),
        (0, Flush::Everything),
    ];
    assert_eq!(fs.flushes(), expected);
}

#[test]
fn a_synchronous_write_is_flushed() {
    const FILE_INTEGRITY: u32 = 4;
    const DATA_INTEGRITY: u32 = 8;
    let fs = Writable::new();
    for (flag, expected) in [
        (0, None),
        (FILE_INTEGRITY, Some(Flush::Everything)),
        (DATA_INTEGRITY, Some(Flush::Content)),
        (FILE_INTEGRITY | DATA_INTEGRITY, Some(Flush::Everything)),
    ] {
        let flags = (FOLLOW, CREATE, READ | WRITE | flag);
        let file = fs.component.open_with(fs.root, "file", flags).unwrap();
        fs.component.write(file, b"x", 0).unwrap();
        let flushes = fs.flushes().into_iter();
        assert_eq!(
            flushes.map(|(_, flush)| flush).next_back(),
            expected,
            "{flag}"
        );
    }
}

#[test]
fn a_writable_directory_opens_for_changes() {
    const MUTATE_DIRECTORY: u32 = 32;
    let fs = Writable::new();
    let flags = (FOLLOW, 0, READ | MUTATE_DIRECTORY);
    let opened = fs.component.open_with(fs.root, ".", flags);
    assert!(opened.is_ok());
}
