//! What tests of both front ends of components share: a component with a fake allocator and
//! a fake host, and the documented results.

pub(super) mod documented;
mod fake_host;
mod instance;
pub(super) mod streams;

pub(super) use instance::{
    CREATE, Component, FOLLOW, LOWERING, PATH, READ, RET, SECOND_PATH, StreamError, TRUNCATE,
    TestServer, WRITE,
};
