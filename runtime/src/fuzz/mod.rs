//! What must hold for any calls of any guest: the bodies of the fuzz targets in
//! `fuzz/`. Each panics where it does not hold.

mod calls;
pub mod changes;
mod frames;
pub(crate) mod functions;
mod host;
mod images;
mod memory;
pub(crate) mod memory_fs;
mod paths;
mod program;
mod writable;

pub use calls::calls;
pub use frames::frames;
pub use functions::functions;
pub use paths::paths;

#[cfg(test)]
mod tests {
    use super::changes::{applied, changes};
    use super::{calls, frames, functions, paths};
    use wasi_vfs_format::fuzz::smoke;

    #[test]
    fn any_calls() {
        smoke("calls", 1500, 600, calls);
    }

    #[test]
    fn any_image_of_changes() {
        smoke("applied", 1500, 1200, applied);
    }

    #[test]
    fn any_changes() {
        smoke("changes", 300, 1500, changes);
    }

    #[test]
    fn any_functions() {
        smoke("functions", 1500, 600, functions);
    }

    #[test]
    fn any_paths() {
        smoke("paths", 20_000, 120, paths);
    }

    #[test]
    fn any_frames() {
        smoke("zstd", 3000, 300, frames);
    }
}
