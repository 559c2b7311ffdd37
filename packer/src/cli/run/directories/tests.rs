//! Host directories without a program.

use super::*;
use cap_std::ambient_authority;
use wasi_vfs_runtime::open::{Handle, OpenDirectory, OpenFile, OpenOptions, open};

/// A mapped directory of its own.
fn mapped() -> (tempfile::TempDir, HostDirectories, OpenDirectory<Id>) {
    let scratch = tempfile::tempdir().unwrap();
    let dir = Dir::open_ambient_dir(scratch.path(), ambient_authority()).unwrap();
    let mut directories = HostDirectories::default();
    directories.add("/", dir);
    let start = OpenDirectory::preopen(directories.mounts[0].1, 0);
    (scratch, directories, start)
}

const CREATE: OpenOptions = OpenOptions {
    follow: false,
    read: false,
    write: true,
    create: true,
    exclusive: false,
    truncate: false,
    directory: false,
    flags: 0,
};

#[test]
fn a_file_that_appears_is_opened_unless_exclusive() {
    let (scratch, mut directories, start) = mapped();
    // The name is free at the look-up, and taken at the creation.
    std::fs::write(scratch.path().join("log"), "theirs").unwrap();
    let intent = Intent {
        read: false,
        write: true,
    };
    let exclusive = directories.create_file(start.id, b"log", intent, true);
    assert_eq!(exclusive.err(), Some(FsError::Exists));
    let file = directories
        .create_file(start.id, b"log", intent, false)
        .unwrap();
    let appended = directories.append(file.id, b" ours").unwrap();
    assert_eq!(appended, Appended { len: 5, end: 11 });
    let left = std::fs::read_to_string(scratch.path().join("log")).unwrap();
    assert_eq!(left, "theirs ours");
}

#[test]
fn a_new_file_is_written() {
    let (scratch, mut directories, start) = mapped();
    let opened = open(&mut directories, &start, b"new", CREATE).unwrap();
    let Handle::File(OpenFile { id, .. }) = opened else {
        panic!("expected a file");
    };
    assert_eq!(directories.write_at(id, 1, b"xy"), Ok(2));
    let left = std::fs::read(scratch.path().join("new")).unwrap();
    assert_eq!(left, b"\0xy");
}

/// Opening a FIFO would wait for another process, and the program could not tell why.
#[test]
#[cfg(target_os = "linux")]
fn a_fifo_is_unsupported() {
    let (scratch, mut directories, start) = mapped();
    let fifo = scratch.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, kind, mode, 0).unwrap();
    let read = OpenOptions {
        read: true,
        write: false,
        create: false,
        ..CREATE
    };
    for options in [CREATE, read] {
        let opened = open(&mut directories, &start, b"fifo", options);
        assert_eq!(opened.err(), Some(FsError::Unsupported));
    }
}

/// Performs random steps on a layer above an image and on a host directory with the same
/// files. The host directory is the specification.
#[test]
fn a_layer_answers_as_a_host_directory() {
    use wasi_vfs_format::fuzz::Input;
    use wasi_vfs_format::testing::Random;
    use wasi_vfs_runtime::fuzz::changes::{Driver, Step, copy, layer, list};

    const STEP_COUNT: usize = 300;
    for seed in 0..30 {
        let (_scratch, mut directories, _) = mapped();
        let mut layer = layer(1 << 30);
        copy(&mut layer, &mut directories);
        directories.end_call();
        let bytes = Random::new(seed).bytes(40 * STEP_COUNT);
        let mut input = Input(&bytes);
        let (mut one, mut other) = (Driver::new(&layer), Driver::new(&directories));
        for number in 0..STEP_COUNT {
            let step = Step::read(&mut input);
            let answer = one.step(&mut layer, &step);
            let expected = other.step(&mut directories, &step);
            directories.end_call();
            assert_eq!(answer, expected, "seed {seed}, step {number}: {step:?}");
        }
        assert_eq!(list(&mut layer), list(&mut directories), "seed {seed}");
        directories.end_call();
        other.close(&mut directories);
        one.close(&mut layer);
    }
}
