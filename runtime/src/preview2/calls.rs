//! The functions of WASI 0.2 as traits: those of the runtime, and those of the host.

use crate::component::Allocator;
#[cfg(any(test, feature = "fuzz", feature = "wired"))]
pub(crate) use wasi_vfs_embedding::for_each_function;
#[cfg(all(target_family = "wasm", feature = "wired"))]
pub(crate) use wasi_vfs_embedding::for_each_host_function;
#[cfg(all(target_family = "wasm", feature = "wired", feature = "writable"))]
pub(crate) use wasi_vfs_embedding::for_each_output_function;

macro_rules! declare_functions {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        /// A server of the functions that deal with files. Pointers are addresses in the
        /// program's memory. `&self`, since an allocator of the program may call a
        /// function while another one allocates the memory of its answer.
        pub trait Preview2 {
            $(
                #[doc = concat!("`", $name, "` of WASI 0.2.")]
                #[allow(clippy::too_many_arguments, reason = "the specification's signature")]
                fn $function(&self, $($parameter: $type,)* lowering: u32) -> $result;
            )*
        }
    };
}
wasi_vfs_embedding::for_each_function!(declare_functions);

#[cfg(any(test, feature = "writable"))]
macro_rules! declare_output_functions {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        /// A server of the streams that write to files.
        pub trait OutputStreams {
            $(
                #[doc = concat!("`", $name, "` of WASI 0.2.")]
                fn $function(&self, $($parameter: $type,)* lowering: u32) -> $result;
            )*
        }
    };
}
#[cfg(any(test, feature = "writable"))]
wasi_vfs_embedding::for_each_output_function!(declare_output_functions);

macro_rules! declare_host_functions {
    ($($function:ident $name:literal $absent:ident
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        /// The functions that the runtime calls. Each `lowering` is the one that the
        /// program called.
        pub trait Host: Allocator {
            $(
                #[doc = concat!("`", $name, "` of the host.")]
                fn $function(&self, $($parameter: $type),*) -> $result;
            )*
        }
    };
}
wasi_vfs_embedding::for_each_host_function!(declare_host_functions);
