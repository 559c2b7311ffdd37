//! A component that serves HTTP under the command of wasmtime.

use super::wasmtime;
use crate::command::mapping;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

/// A running `wasmtime serve`, which ends when dropped.
#[derive(Debug)]
pub struct Served {
    address: String,
    child: Child,
    /// Open, because wasmtime fails if it cannot write a complaint.
    _complaints: BufReader<ChildStderr>,
}

impl Served {
    /// Serves with host directories, pairs of host and guest path.
    pub fn new(component: &Path, dirs: &[(&Path, &str)]) -> Self {
        let mut command = wasmtime("serve");
        for (host, guest) in dirs {
            command.arg("--dir").arg(mapping(host, guest));
        }
        Self::start(command, component)
    }

    /// Starts a command of wasmtime on a free port of the loopback device.
    pub(super) fn start(mut command: Command, component: &Path) -> Self {
        let mut child = command
            .args(["-S", "cli", "--addr", "127.0.0.1:0"])
            .arg(component)
            .stderr(Stdio::piped())
            .spawn()
            .expect("wasmtime starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("text");
        let address = line.trim().split_once("http://").expect(&line).1;
        Self {
            address: address.trim_end_matches('/').to_owned(),
            child,
            _complaints: lines,
        }
    }

    /// Returns the status line and the body of the answer to a request.
    pub fn get(&self, path: &str) -> (String, Vec<u8>) {
        let mut answer = Vec::new();
        let mut stream = self.request(path);
        stream.read_to_end(&mut answer).expect("an answer");
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let body = answer.split_off(end.expect("a head") + 4);
        let head = String::from_utf8(answer).expect("text");
        (head.lines().next().unwrap_or_default().to_owned(), body)
    }

    /// Sends a request, and leaves after the first bytes of the answer.
    pub fn leave(&self, path: &str) {
        let mut start = [0; 10];
        self.request(path)
            .read_exact(&mut start)
            .expect("an answer");
    }

    fn request(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("a server");
        // Answers of HTTP 1.0 end with the connection, and have no chunks.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: test\r\n\r\n").expect("a request");
        stream
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
