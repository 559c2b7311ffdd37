//! The trait of the calls that take a descriptor. The host and the runtime implement it.

pub(crate) use wasi_vfs_embedding::for_each_call;

macro_rules! declare_trait {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        /// A server of preview 1: the host, or [`Server`](super::Server). Pointers are
        /// addresses in the program's memory. Descriptors are numbers of the server.
        pub trait Preview1 {
            $(
                #[doc = concat!("`", stringify!($call), "` of preview 1.")]
                #[allow(clippy::too_many_arguments, reason = "the specification's signature")]
                fn $call(&mut self, $($parameter: $type),*) -> i32;
            )*
        }

        impl<P: Preview1 + ?Sized> Preview1 for &mut P {
            $(fn $call(&mut self, $($parameter: $type),*) -> i32 {
                P::$call(self, $($parameter),*)
            })*
        }
    };
}
for_each_call!(declare_trait);
