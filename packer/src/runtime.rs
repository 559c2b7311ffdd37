//! The runtime in its two forms, as the build script built it.

/// The runtime that is merged into finished modules.
pub const MERGED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.wasm"));

/// `libwasi_vfs.a`, for wasm-ld.
pub const LINKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libwasi_vfs.a"));

/// The version that both carry in their anchors.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod tests {
    use super::*;

    /// Every packed module pays for the runtime.
    const BUDGET: usize = 100 << 10;

    #[test]
    fn merged_runtime_stays_within_its_budget() {
        assert!(MERGED.len() <= BUDGET, "{} bytes", MERGED.len());
    }

    #[test]
    fn no_path_of_the_build_machine_is_in_the_runtime() {
        let home = env!("CARGO_MANIFEST_DIR");
        let workspace = home
            .strip_suffix("/packer")
            .expect("the packer's directory");
        for runtime in [MERGED, LINKED] {
            let found = runtime
                .windows(workspace.len())
                .any(|bytes| bytes == workspace.as_bytes());
            assert!(!found, "{workspace} is in the runtime");
        }
    }
}
