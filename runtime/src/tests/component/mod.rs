//! What tests of both front ends of components share: a component with a fake allocator and
//! a fake host, and the documented results.

mod component;
pub(super) mod documented;
mod fake_host;
pub(super) mod streams;

pub(super) use component::{
    CREATE, Component, FOLLOW, LOWERING, PATH, READ, RET, SECOND_PATH, StreamError, TRUNCATE,
    TestServer, WRITE,
};
