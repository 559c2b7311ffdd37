//! The front end of WASI 0.2 under test.

mod changing;
mod descriptors;
mod directories;
mod documented;
mod memory;
mod output;
mod poll;
mod reading;
mod splice;
mod streams;
