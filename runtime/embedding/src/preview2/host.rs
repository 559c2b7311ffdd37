//! The functions of the host that a wired runtime calls.
//!
//! Each has the number of the lowering as its last parameter. `pack` binds it to the
//! function of the same version that the component imports. For a function that the
//! component does not import it supplies the answer in [`HostFunction::absent`].

use crate::ValueType;

/// Passes the list of functions to the macro `$then`: name in Rust, name in WASI, answer
/// if the component does not import the function, and the core signature.
#[macro_export]
macro_rules! for_each_host_function {
    ($then:ident) => {
        $then! {
            host_get_directories "get-directories" EmptyList
                (ret: u32, lowering: u32) -> ();
            host_poll "poll" EmptyList
                (pollables: u32, pollable_count: u32, ret: u32, lowering: u32) -> ();
            host_pollable_ready "[method]pollable.ready" Zero
                (pollable: u32, lowering: u32) -> u32;
            host_output_stream_check_write "[method]output-stream.check-write" Closed
                (stream: u32, ret: u32, lowering: u32) -> ();
            host_output_stream_write "[method]output-stream.write" Closed
                (stream: u32, bytes: u32, len: u32, ret: u32, lowering: u32) -> ();
            host_output_stream_blocking_flush "[method]output-stream.blocking-flush" Closed
                (stream: u32, ret: u32, lowering: u32) -> ();
            host_now "now" Unwritten (ret: u32, lowering: u32) -> ();
        }
    };
}

/// The function that tells the time of day, of `wasi:clocks/wall-clock` 0.2 and
/// `wasi:clocks/system-clock` 0.3. Only a runtime with a layer for changes calls it. All
/// lowerings have the same clock.
pub const CLOCK: &str = "now";

/// The answer of a function that the component does not import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// An empty list at `ret`.
    EmptyList,
    /// The result 0.
    Zero,
    /// The stream error `closed` at `ret`.
    Closed,
    /// Nothing.
    Nothing,
    /// Nothing, so the place of the result stays as it is.
    Unwritten,
    /// None, because `pack` adds the function.
    Never,
}

/// One function of the host, imported from [`HOST_MODULE`](crate::HOST_MODULE).
#[derive(Clone, Copy, Debug)]
pub struct HostFunction {
    /// Name in WASI.
    pub name: &'static str,
    /// The answer if the component does not import the function.
    pub absent: Absent,
    /// Core types of the parameters, the number of the lowering included.
    pub params: &'static [ValueType],
    /// Whether it returns an `i32`.
    pub returns: bool,
}

macro_rules! list_functions {
    ($($function:ident $name:literal $absent:ident
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        /// All functions.
        pub const HOST_FUNCTIONS: &[HostFunction] = &[$(HostFunction {
            name: $name,
            absent: Absent::$absent,
            params: &[$(ValueType::of_len(size_of::<$type>())),*],
            returns: size_of::<$result>() > 0,
        }),*];
    };
}
for_each_host_function!(list_functions);

/// The name of the import by which the runtime allocates memory of the program.
#[macro_export]
macro_rules! realloc_import {
    () => {
        "realloc"
    };
}

/// `(lowering: i32, align: i32, len: i32) -> i32`, imported from `application`: calls the
/// `realloc` function of the lowering for new memory, and returns its address.
pub const REALLOC_IMPORT: &str = realloc_import!();
