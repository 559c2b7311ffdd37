//! What an image of changes needs to know about the file system below.

use super::{Filesystem, Result};

/// A file system above which changes can be saved.
pub trait Origin: Filesystem {
    /// The name of a node in its directory. Empty for the root.
    fn name(&self, node: &Self::Node) -> Result<&[u8]>;

    /// Whether a file may be executed. Programs cannot see or change that.
    fn is_executable(&self, node: &Self::Node) -> bool;
}
