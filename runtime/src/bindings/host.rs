//! The host's functions. Linked, they are what the application would import
//! without us; merged, `pack` binds them to what the application imports.

use crate::preview1::{Preview1, for_each_call};

/// The host.
pub(super) struct HostFunctions;

/// Declares functions of the host.
macro_rules! in_host {
    ($($functions:tt)*) => {
        #[cfg(feature = "linked")]
        import_from! { "wasi_snapshot_preview1" $($functions)* }
        #[cfg(feature = "merged")]
        wasi_vfs_embedding::host_module! { import_from $($functions)* }
    };
}

macro_rules! import_from {
    ($module:literal $($functions:tt)*) => {
        #[link(wasm_import_module = $module)]
        unsafe extern "C" { $($functions)* }
    };
}

macro_rules! import_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        mod imported {
            in_host! { $(pub(super) fn $call($($parameter: $type),*) -> i32;)* }
        }

        impl Preview1 for HostFunctions {
            $(fn $call(&mut self, $($parameter: $type),*) -> i32 {
                // SAFETY: the host checks every address that it is given.
                unsafe { the_host!(imported::$call, ($($type),*))($($parameter),*) }
            })*
        }
    };
}

#[cfg(feature = "merged")]
macro_rules! the_host {
    ($call:path, ($($type:ty),*)) => {
        $call
    };
}

/// By way of the table, and so that no compiler sees where to: a call that names
/// the import is then the application's, past the runtime, and `pack` can tell.
#[cfg(feature = "linked")]
macro_rules! the_host {
    ($call:path, ($($type:ty),*)) => {{
        static HOST: unsafe extern "C" fn($($type),*) -> i32 = $call;
        // A static is there to be read.
        (&raw const HOST).read_volatile()
    }};
}

for_each_call!(import_calls);

/// Writes the host's time of day, in nanoseconds since 1970, to an address of the
/// program. Returns an errno.
#[cfg(feature = "writable")]
pub(super) fn realtime(address: u32) -> i32 {
    mod imported {
        in_host! {
            pub(super) fn clock_time_get(clock: u32, precision: u64, time: u32) -> i32;
        }
    }
    const REALTIME: u32 = 0;
    // SAFETY: the host checks the address that it is given.
    unsafe { imported::clock_time_get(REALTIME, 1, address) }
}
