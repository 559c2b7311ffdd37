//! Whether the image needs a part of the runtime.
//!
//! A merged runtime asks functions that `pack` answers with constants, see
//! [`Part`](wasi_vfs_embedding::Part). For example, `pack` answers [`links`] with 0 for an
//! image without symbolic links, and removes the code behind the question. All other
//! runtimes have all parts.
//!
//! Each caller reports damage if the answer is no, because only a forged image needs an absent
//! part. `pack` folds a question only if the call is the whole condition of its branch.

#![allow(
    unsafe_code,
    reason = "the questions are imported functions in a merged runtime"
)]

#[cfg(all(target_family = "wasm", feature = "merged"))]
macro_rules! import_from {
    ($module:literal $($functions:tt)*) => {
        #[link(wasm_import_module = $module)]
        unsafe extern "C" { $($functions)* }
    };
}

macro_rules! declare_questions {
    ($($(#[$doc:meta])* $variant:ident $name:literal $function:ident;)*) => {
        #[cfg(all(target_family = "wasm", feature = "merged"))]
        mod imported {
            wasi_vfs_embedding::part_module! {
                import_from $(#[link_name = $name] pub(super) safe fn $function() -> i32;)*
            }
        }

        $(
            $(#[$doc])*
            #[inline(always)]
            #[allow(dead_code, reason = "some callers exist only in a merged runtime")]
            pub(crate) fn $function() -> bool {
                #[cfg(all(target_family = "wasm", feature = "merged"))]
                return imported::$function() != 0;
                #[cfg(not(all(target_family = "wasm", feature = "merged")))]
                true
            }
        )*
    };
}
wasi_vfs_embedding::for_each_part!(declare_questions);
