//! The exported functions: thin shells around the [`Server`](crate::Server).

use super::host::HostFunctions;
use super::state::{self, Way};
use crate::Errno;
use crate::preview1::{Preview1, for_each_call};
use wasi_vfs_embedding::Anchor;

macro_rules! export_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {$(
        #[cfg_attr(feature = "merged", unsafe(export_name = stringify!($call)))]
        #[cfg_attr(
            feature = "linked",
            unsafe(export_name = concat!("__imported_wasi_snapshot_preview1_", stringify!($call)))
        )]
        extern "C" fn $call($($parameter: $type),*) -> i32 {
            match state::way() {
                Way::Image(server) => Preview1::$call(server, $($parameter),*),
                Way::Host => HostFunctions.$call($($parameter),*),
                #[cfg(feature = "linked")]
                Way::Nested => {
                    let code = HostFunctions.$call($($parameter),*);
                    super::linked::REENTRY.nested_call_ends();
                    code
                }
                Way::NoMemory => Errno::NOMEM.0.into(),
            }
        }
    )*};
}
for_each_call!(export_calls);

/// One of the three functions below that `pack` calls.
#[cfg(feature = "merged")]
macro_rules! entry_point {
    ($function:ident) => {
        $function
    };
}

/// By way of the table, so that no compiler or optimiser moves the function into the
/// export or takes it for unused: `pack` calls the function and not the export.
#[cfg(feature = "linked")]
macro_rules! entry_point {
    ($function:ident) => {
        super::linked::entry_points().$function
    };
}

#[unsafe(export_name = wasi_vfs_embedding::anchor_fn!())]
extern "C" fn wasi_vfs_anchor() -> *const Anchor {
    entry_point!(anchor)()
}

#[unsafe(export_name = wasi_vfs_embedding::alloc_fn!())]
extern "C" fn wasi_vfs_alloc(len: usize) -> *mut u8 {
    entry_point!(alloc)(len)
}

#[unsafe(export_name = wasi_vfs_embedding::mount_fn!())]
extern "C" fn wasi_vfs_mount() {
    entry_point!(mount)();
}

pub(super) extern "C" fn anchor() -> *const Anchor {
    state::anchor_address()
}

pub(super) extern "C" fn alloc(len: usize) -> *mut u8 {
    state::allocate(len)
}

pub(super) extern "C" fn mount() {
    if !state::can_mount() {
        core::arch::wasm32::unreachable();
    }
}

/// Nothing in this crate panics on purpose; what would is a bug, and a trap is
/// how a module reports one.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
