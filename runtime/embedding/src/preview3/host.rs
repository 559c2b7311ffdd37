//! The functions of the host that a wired runtime calls for WASI 0.3.
//!
//! Each has the number of the lowering as its last parameter, as those of
//! [`preview2`](crate::preview2) do. `pack` lowers them synchronously.

use crate::ValueType;
use crate::preview2::Absent;

/// Passes the list of functions to the macro `$then`: name in Rust, name of the runtime's
/// import, name in WASI, answer if the component does not have the function, and the core
/// signature.
#[macro_export]
macro_rules! for_each_preview3_host_function {
    ($then:ident) => {
        $then! {
            host_get_directories "0.3 get-directories" "get-directories" EmptyList
                (ret: u32, lowering: u32) -> ();
            host_bytes_drop "0.3 [stream-drop-readable]u8" "[stream-drop-readable]u8" Nothing
                (stream: u32, lowering: u32) -> ();
            host_bytes_new "0.3 [stream-new]u8" "[stream-new]u8" Never
                (lowering: u32) -> u64;
            host_bytes_write "0.3 [stream-write]u8" "[stream-write]u8" Never
                (stream: u32, bytes: u32, len: u32, lowering: u32) -> u32;
            host_bytes_end "0.3 [stream-drop-writable]u8" "[stream-drop-writable]u8" Never
                (stream: u32, lowering: u32) -> ();
            host_join "0.3 [waitable-join]" "[waitable-join]" Never
                (waitable: u32, set: u32, lowering: u32) -> ();
            host_set_new "0.3 [waitable-set-new]" "[waitable-set-new]" Never
                (lowering: u32) -> u32;
            host_set_wait "0.3 [waitable-set-wait]" "[waitable-set-wait]" Never
                (set: u32, event: u32, lowering: u32) -> u32;
            host_set_poll "0.3 [waitable-set-poll]" "[waitable-set-poll]" Never
                (set: u32, event: u32, lowering: u32) -> u32;
            host_set_drop "0.3 [waitable-set-drop]" "[waitable-set-drop]" Never
                (set: u32, lowering: u32) -> ();
            host_callback "0.3 [callback]" "[callback]" Never
                (event: u32, waitable: u32, status: u32, lowering: u32) -> u32;
        }
    };
}

/// One function of the host, imported from [`HOST_MODULE`](crate::HOST_MODULE).
#[derive(Clone, Copy, Debug)]
pub struct HostFunction {
    /// Name of the runtime's import.
    pub import: &'static str,
    /// Name in WASI, or of the built-in.
    pub name: &'static str,
    /// The answer if the component does not have the function.
    pub absent: Absent,
    /// Core types of the parameters, the number of the lowering included.
    pub params: &'static [ValueType],
    /// Core type of the result, if any.
    pub result: Option<ValueType>,
}

macro_rules! list_functions {
    ($($function:ident $import:literal $name:literal $absent:ident
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        /// All functions.
        pub const HOST_FUNCTIONS: &[HostFunction] = &[$(HostFunction {
            import: $import,
            name: $name,
            absent: Absent::$absent,
            params: &[$(ValueType::of_len(size_of::<$type>())),*],
            result: match size_of::<$result>() {
                0 => None,
                len => Some(ValueType::of_len(len)),
            },
        }),*];
    };
}
for_each_preview3_host_function!(list_functions);
