//! The exported functions: thin shells around the [`Server`](crate::Server).

use super::host::HostFunctions;
use super::state::{self, Way};
use crate::Errno;
use crate::preview1::{Preview1, for_each_call};

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
