//! The runtime in its forms, compiled by the build script.

/// The module that `pack` merges into finished modules.
pub const MERGED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.wasm"));

/// [`MERGED`] with a layer for the changes of the program.
pub const MERGED_WRITABLE: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/runtime-writable.wasm"));

/// The module that `pack` wires into components: [`MERGED`] with the functions of WASI 0.2
/// in place of preview 1.
pub const WIRED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wired.wasm"));

/// [`WIRED`] with a layer for the changes of the program.
pub const WIRED_WRITABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wired-writable.wasm"));

/// The static library `libwasi_vfs.a`.
pub const LINKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libwasi_vfs.a"));

/// [`LINKED`] with a layer for the changes of the program.
pub const LINKED_WRITABLE: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/libwasi_vfs-writable.a"));

/// The version in the anchors of all forms.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The module to merge: with a layer if the program has writable directories.
pub fn merged(is_writable: bool) -> &'static [u8] {
    match is_writable {
        true => MERGED_WRITABLE,
        false => MERGED,
    }
}

/// The module to wire into a component, as [`merged`].
pub fn wired(is_writable: bool) -> &'static [u8] {
    match is_writable {
        true => WIRED_WRITABLE,
        false => WIRED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_contain_no_path_of_the_build_machine() {
        let home = env!("CARGO_MANIFEST_DIR");
        let workspace = home
            .strip_suffix("/packer")
            .expect("the packer's directory");
        for runtime in [
            MERGED,
            MERGED_WRITABLE,
            WIRED,
            WIRED_WRITABLE,
            LINKED,
            LINKED_WRITABLE,
        ] {
            let found = runtime
                .windows(workspace.len())
                .any(|bytes| bytes == workspace.as_bytes());
            assert!(!found, "{workspace} is in the runtime");
        }
    }
}
