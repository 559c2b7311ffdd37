//! The content of a file, in memory.

use crate::tree::FileContent;
use std::boxed::Box;
use std::format;
use std::io::{self, Read};
use std::string::String;
use std::vec::Vec;

/// The bytes of a file.
#[derive(Clone, Debug)]
pub struct Bytes(pub Vec<u8>);

impl FileContent for Bytes {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(Box::new(self.0.get(start..).unwrap_or_default()))
    }

    fn describe(&self) -> String {
        format!("{} bytes in memory", self.0.len())
    }
}
