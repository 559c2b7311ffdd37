//! The second front end under test: a component with a fake allocator and a fake host.

mod changing;
mod component;
mod descriptors;
mod directories;
mod documented;
mod fake_host;
mod memory;
mod poll;
mod reading;
mod splice;
mod streams;

use component::Component;
