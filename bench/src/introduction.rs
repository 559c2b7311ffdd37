//! How the report begins: what is in it and on which machine it was made.

use crate::command::{Command, root};
use anyhow::{Context, Result};

pub(crate) fn introduction() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let node = String::from_utf8(Command::new(".tools/node --version").run()?)?;
    Ok(format!(
        "# Benchmarks\n\n\
         Written by `make bench`, which measures all of it in one run and fails where a result \
         is not right. Commands are to be run in the root of the repository.\n\n\
         Trees, at fixed versions: the library of Ruby 3.4, from npm; of Python 3.13, from its \
         sources, alone and with what CPython 3.15 compiles it to; the `node_modules` of a \
         project with React, Vite and TypeScript, without native binaries, which cannot run \
         in WebAssembly; three versions of TypeScript side by side; fonts, pictures and a gzipped \
         module, compressed already. Others are made on the spot.\n\n\
         *wasi-vfs today* is its released runtime, 0.3.0, built from source and packed with \
         Wizer as its command does, or what Ruby's makers packed with it. Rows marked *measured \
         elsewhere* are figures of wasi-vfs 0.6.2 from another machine.\n\n\
         Measured on {cores} cores with wasmtime {} and Node {}. The machine is shared and its \
         clock noisy: what is compared takes turns, and the ratio is the median of those of the \
         turns. Ratios tell more than times. A lower ratio is better but for speeds, where the \
         table says so. wasmtime runs from Python.\n\n",
        wasmtime()?,
        node.trim(),
    ))
}

fn wasmtime() -> Result<String> {
    let versions = std::fs::read_to_string(root().join("tools/versions"))?;
    let line = versions
        .lines()
        .find_map(|line| line.strip_prefix("WASMTIME="));
    let version = line.and_then(|line| line.split_whitespace().next());
    Ok(version
        .context("tools/versions has no WASMTIME")?
        .to_owned())
}
