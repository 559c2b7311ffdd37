//! The calls, grouped by what they touch. Each begins by asking which side the
//! descriptor belongs to and passes the host's on unchanged.

mod descriptors;
mod listing;
mod paths;
mod poll;
mod reading;
mod refused;
mod sockets;
pub(crate) mod stat;

use crate::errno::to_guest;
use crate::preview1::for_each_call;
use crate::{Memory, Payload, Preview1, Vfs};

macro_rules! serve_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        impl<M: Memory, H: Preview1, P: Payload> Preview1 for Vfs<M, H, P> {
            $(fn $call(&mut self, $($parameter: $type),*) -> i32 {
                to_guest(self.start().and_then(|()| Self::$call(self, $($parameter),*)))
            })*
        }
    };
}
for_each_call!(serve_calls);
