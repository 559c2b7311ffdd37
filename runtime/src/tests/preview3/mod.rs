//! The front end of WASI 0.3 under test.

mod component;
mod descriptors;
mod documented;
mod ends;
mod entries;
mod pumps;
mod streams;

use component::Component;
