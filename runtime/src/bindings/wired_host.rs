//! The functions that a wired runtime imports: the host's, and the program's allocator.

use crate::component::Allocator;

/// The host, and the allocator of the program.
pub(super) struct HostFunctions;

macro_rules! import_from {
    ($module:literal $($functions:tt)*) => {
        #[link(wasm_import_module = $module)]
        unsafe extern "C" { $($functions)* }
    };
}

#[link(wasm_import_module = "application")]
unsafe extern "C" {
    #[link_name = wasi_vfs_embedding::realloc_import!()]
    fn realloc(lowering: u32, align: u32, len: u32) -> u32;
}

impl Allocator for HostFunctions {
    fn realloc(&self, lowering: u32, align: u32, len: u32) -> u32 {
        // SAFETY: takes numbers. The server checks the range that it returns.
        unsafe { realloc(lowering, align, len) }
    }
}

/// Imports the functions of one release, and makes them its host. 0.2 imports each function
/// under its name in WASI, and 0.3 gives both.
macro_rules! import_functions {
    ($($function:ident $import:literal $($name:literal)? $absent:ident
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        mod imported {
            wasi_vfs_embedding::host_module! { import_from $(
                #[link_name = $import]
                pub(super) fn $function($($parameter: $type),*) -> $result;
            )* }
        }

        impl Host for HostFunctions {
            $(fn $function(&self, $($parameter: $type),*) -> $result {
                // SAFETY: the host checks every address that it is given.
                unsafe { imported::$function($($parameter),*) }
            })*
        }
    };
}

mod preview2 {
    use super::HostFunctions;
    use crate::preview2::{Host, for_each_host_function};

    for_each_host_function!(import_functions);
}

mod preview3 {
    use super::HostFunctions;
    use crate::preview3::{Host, for_each_preview3_host_function};

    for_each_preview3_host_function!(import_functions);
}

/// Writes the host's time of day to an aligned address of the program: seconds since 1970 in
/// 8 bytes, and nanoseconds in 4. A host without a clock writes nothing.
#[cfg(feature = "writable")]
pub(super) fn now(address: u32) {
    // All lowerings have the same clock.
    crate::preview2::Host::host_now(&HostFunctions, address, 0);
}
