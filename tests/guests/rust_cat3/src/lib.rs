//! Gives the streams of files to standard output, or to another file.
//!
//!   cat3 in-turn|at-once|after-read|unawaited PATH...
//!   cat3 into OUTPUT PATH
//!
//! The program copies no byte of a file: it passes the stream of `read-via-stream` to
//! `write-via-stream`. For each path, a line on standard error has the results of the write
//! and of the read.

use std::future::IntoFuture;
use wasip3::cli::{environment, stderr, stdout};
use wasip3::filesystem::preopens::get_directories;
use wasip3::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use wasip3::wit_bindgen::{FutureReader, StreamReader};

wasip3::cli::command::export!(Cat);

struct Cat;

/// The ends that `read-via-stream` returns.
type Ends = (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>);

/// Bytes that `after-read` reads itself.
const READ_LEN: usize = 7;

impl wasip3::exports::cli::run::Guest for Cat {
    async fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        let [_, way, paths @ ..] = &*arguments else {
            return Err(());
        };
        match &**way {
            "in-turn" => in_turn(paths).await,
            "at-once" => at_once(paths).await,
            "after-read" => after_read(paths).await,
            "unawaited" => unawaited(paths).await,
            "into" => into(paths).await,
            _ => return Err(()),
        }
        Ok(())
    }
}

async fn in_turn(paths: &[String]) {
    for path in paths {
        let (stream, read) = ends(path).await;
        let written = stdout::write_via_stream(stream).into_future().await;
        report(path, written.is_ok(), read.into_future().await);
    }
}

/// Gives all streams before it waits for any.
async fn at_once(paths: &[String]) {
    let mut given = Vec::new();
    for path in paths {
        let (stream, read) = ends(path).await;
        given.push((path, stdout::write_via_stream(stream), read));
    }
    for (path, written, read) in given {
        let written = written.into_future().await;
        report(path, written.is_ok(), read.into_future().await);
    }
}

/// Reads the first bytes of each file, and gives the rest.
async fn after_read(paths: &[String]) {
    for path in paths {
        let (mut stream, read) = ends(path).await;
        let (_, bytes) = stream.read(Vec::with_capacity(READ_LEN)).await;
        eprintln!("{path}: read {bytes:?}");
        let written = stdout::write_via_stream(stream).into_future().await;
        report(path, written.is_ok(), read.into_future().await);
    }
}

/// Gives each file to standard error without waiting, and then to standard output.
async fn unawaited(paths: &[String]) {
    for path in paths {
        let (stream, _) = ends(path).await;
        drop(stderr::write_via_stream(stream));
        in_turn(std::slice::from_ref(path)).await;
    }
}

/// Gives a file to a file of the host.
async fn into(paths: &[String]) {
    let [output, path] = paths else {
        panic!("an output and a path");
    };
    let flags = (OpenFlags::CREATE, DescriptorFlags::WRITE);
    let output = open_with(output, flags).await;
    let (stream, read) = ends(path).await;
    let written = output.write_via_stream(stream, 0).into_future().await;
    report(path, written.is_ok(), read.into_future().await);
}

fn report(path: &str, is_written: bool, read: Result<(), ErrorCode>) {
    eprintln!("{path}: written {is_written}, read {read:?}");
}

async fn ends(path: &str) -> Ends {
    open(path).await.read_via_stream(0)
}

async fn open(path: &str) -> Descriptor {
    open_with(path, (OpenFlags::empty(), DescriptorFlags::READ)).await
}

async fn open_with(path: &str, flags: (OpenFlags, DescriptorFlags)) -> Descriptor {
    let directories = get_directories();
    let found = directories.iter().find_map(|(directory, name)| {
        let rest = path.strip_prefix(&**name)?.strip_prefix('/')?;
        Some((directory, rest.to_owned()))
    });
    let (directory, rest) = found.expect("a path in a preopen");
    let opened = directory.open_at(PathFlags::SYMLINK_FOLLOW, rest, flags.0, flags.1);
    opened.await.expect("a file")
}
