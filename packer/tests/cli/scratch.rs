//! A temporary directory in which the tests run the command.

use crate::app;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) struct Scratch(TempDir);

impl Scratch {
    /// An empty directory.
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// `app.wasm` and a tree to pack into it:
    ///
    /// ```text
    /// lib/hello.txt    "hello\n"
    /// lib/run.sh       executable
    /// lib/link         -> hello.txt
    /// lib/sub/copy.txt "hello\n"
    /// lib/sub/empty/
    /// lib/sublink      -> sub
    /// ```
    pub(crate) fn with_tree() -> Self {
        let scratch = Self::empty();
        scratch.write("app.wasm", &app::reads_hello());
        fs::create_dir_all(scratch.path("lib/sub/empty")).unwrap();
        scratch.write("lib/hello.txt", b"hello\n");
        scratch.write("lib/sub/copy.txt", b"hello\n");
        scratch.write("lib/run.sh", b"#!/bin/sh\n");
        set_executable(&scratch.path("lib/run.sh"));
        scratch.link("hello.txt", "lib/link");
        scratch.link("sub", "lib/sublink");
        scratch
    }

    /// The tree packed at `/usr/lib` into `packed.wasm`.
    pub(crate) fn packed() -> Self {
        let scratch = Self::with_tree();
        let output = scratch.run("pack app.wasm --dir lib::/usr/lib -o packed.wasm");
        assert_success(&output);
        scratch
    }

    /// The tree packed at `/usr/lib` into the image `tree.wvfs`, with all times
    /// 2000-02-29 00:00:00 and 5 nanoseconds, so that its bytes are known.
    pub(crate) fn image() -> Self {
        let scratch = Self::with_tree();
        scratch.write("lib/long.txt", LINE.repeat(400).as_bytes());
        scratch.fix_times("lib");
        let output =
            scratch.run("image --dir lib::/usr/lib --compress --block-size 4K -o tree.wvfs");
        assert_success(&output);
        scratch
    }

    /// Sets the times of `name` and everything below it to 2000-02-29, 5 ns.
    pub(crate) fn fix_times(&self, name: &str) {
        let path = self.path(name);
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            for entry in fs::read_dir(&path).unwrap() {
                let child = entry.unwrap().file_name().into_string().unwrap();
                self.fix_times(&format!("{name}/{child}"));
            }
        }
        set_mtime(&path, 951_782_400, 5);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn link(&self, target: &str, name: &str) {
        std::os::unix::fs::symlink(target, self.path(name)).unwrap();
    }

    /// The names in the directory.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Runs the command with `arguments`, which are separated by spaces.
    pub(crate) fn run(&self, arguments: &str) -> Output {
        self.run_with(arguments.split(' '))
    }

    pub(crate) fn run_with<A: AsRef<OsStr>>(&self, arguments: impl Iterator<Item = A>) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// Runs the command with `input` on standard input.
    pub(crate) fn run_on(&self, input: &[u8], arguments: &str) -> Output {
        let mut child = self
            .command()
            .args(arguments.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasi-vfs"));
        command.current_dir(self.0.path()).stdin(Stdio::null());
        without_colour(&mut command);
        command
    }

    /// A shell that runs a script with the command as `$0`.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut shell = Command::new("bash");
        shell.args(["-c", script, env!("CARGO_BIN_EXE_wasi-vfs")]);
        shell.current_dir(self.0.path()).stdin(Stdio::null());
        without_colour(&mut shell);
        shell
    }
}

/// The tests compare text without colour, and set times themselves.
pub(crate) fn without_colour(command: &mut Command) {
    command.env_remove("CLICOLOR_FORCE");
    command.env_remove("SOURCE_DATE_EPOCH");
}

/// A compressible line.
pub(crate) const LINE: &str = "a line that occurs again and again\n";

/// Sets the time of a file, a directory or a link.
pub(crate) fn set_mtime(path: &Path, seconds: i64, nanoseconds: i64) {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
    let time = Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

pub(crate) fn set_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
pub(crate) fn assert_success(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

/// The command failed with `code` and all of `words` on standard error.
#[track_caller]
pub(crate) fn assert_failure(output: &Output, code: i32, words: &[&str]) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.starts_with("error: "), "{text}");
    for word in words {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
}

/// The command failed with exit code 1 and one line with all of `words`.
#[track_caller]
pub(crate) fn assert_error(output: &Output, words: &[&str]) {
    assert_failure(output, 1, words);
    assert_eq!(stderr(output).lines().count(), 1, "{}", stderr(output));
}

/// Changes a byte of the first block of `tree.wvfs`.
pub(crate) fn damage_payload(scratch: &Scratch) {
    let mut bytes = scratch.read("tree.wvfs");
    let index_len = wasi_vfs_format::Parts::split(&bytes).unwrap().index.len();
    bytes[index_len + 4] ^= 0x55;
    scratch.write("tree.wvfs", &bytes);
}
