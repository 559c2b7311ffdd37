//! The command with arguments, files and messages. Each command has a file, and each test
//! has one behaviour.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test reports a failure"
)]

mod app;
mod cat;
mod changes;
mod check;
mod completions;
mod component;
mod diff;
mod dump;
mod extract;
mod faults;
mod general;
mod golden;
mod hostile;
mod hostile_modules;
mod image;
mod info;
mod init;
mod inner;
mod inputs;
mod json;
mod lib_command;
mod ls;
mod manual;
mod memory;
mod mtime;
mod pack;
mod pack_again;
mod pack_warnings;
mod patterns;
mod probes;
mod run;
mod scratch;
mod snapshot;
mod tar;
mod trace;
mod usage;
mod verify;
mod writable;
