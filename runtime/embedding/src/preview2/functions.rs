//! The functions of WASI 0.2 that the runtime serves.
//!
//! Source: `wasi:filesystem` and `wasi:io`, 0.2.0 to 0.2.12, lowered to core functions.

use crate::ValueType;

/// Passes the list of functions to the macro `$then`: name in Rust, interface, name in
/// WASI, numbers of the parameters that are handles, and the core signature. `pack` sends
/// a call to the runtime if one of those parameters is a handle of the runtime, or if the
/// list of handles is empty. `ret` is the address of the result in the program's memory.
#[macro_export]
macro_rules! for_each_function {
    ($then:ident) => {
        $then! {
            drop_descriptor Types "[resource-drop]descriptor" [0](descriptor: u32) -> ();
            drop_directory_entry_stream Types "[resource-drop]directory-entry-stream" [0]
                (stream: u32) -> ();
            descriptor_read_via_stream Types "[method]descriptor.read-via-stream" [0]
                (descriptor: u32, offset: u64, ret: u32) -> ();
            descriptor_write_via_stream Types "[method]descriptor.write-via-stream" [0]
                (descriptor: u32, offset: u64, ret: u32) -> ();
            descriptor_append_via_stream Types "[method]descriptor.append-via-stream" [0]
                (descriptor: u32, ret: u32) -> ();
            descriptor_advise Types "[method]descriptor.advise" [0]
                (descriptor: u32, offset: u64, len: u64, advice: u32, ret: u32) -> ();
            descriptor_sync_data Types "[method]descriptor.sync-data" [0]
                (descriptor: u32, ret: u32) -> ();
            descriptor_get_flags Types "[method]descriptor.get-flags" [0]
                (descriptor: u32, ret: u32) -> ();
            descriptor_get_type Types "[method]descriptor.get-type" [0]
                (descriptor: u32, ret: u32) -> ();
            descriptor_set_size Types "[method]descriptor.set-size" [0]
                (descriptor: u32, size: u64, ret: u32) -> ();
            descriptor_set_times Types "[method]descriptor.set-times" [0]
                (descriptor: u32,
                 accessed: u32, accessed_seconds: u64, accessed_nanoseconds: u32,
                 modified: u32, modified_seconds: u64, modified_nanoseconds: u32,
                 ret: u32) -> ();
            descriptor_read Types "[method]descriptor.read" [0]
                (descriptor: u32, len: u64, offset: u64, ret: u32) -> ();
            descriptor_write Types "[method]descriptor.write" [0]
                (descriptor: u32, bytes: u32, len: u32, offset: u64, ret: u32) -> ();
            descriptor_read_directory Types "[method]descriptor.read-directory" [0]
                (descriptor: u32, ret: u32) -> ();
            descriptor_sync Types "[method]descriptor.sync" [0]
                (descriptor: u32, ret: u32) -> ();
            descriptor_create_directory_at Types "[method]descriptor.create-directory-at" [0]
                (descriptor: u32, path: u32, path_len: u32, ret: u32) -> ();
            descriptor_stat Types "[method]descriptor.stat" [0]
                (descriptor: u32, ret: u32) -> ();
            descriptor_stat_at Types "[method]descriptor.stat-at" [0]
                (descriptor: u32, path_flags: u32, path: u32, path_len: u32, ret: u32) -> ();
            descriptor_set_times_at Types "[method]descriptor.set-times-at" [0]
                (descriptor: u32, path_flags: u32, path: u32, path_len: u32,
                 accessed: u32, accessed_seconds: u64, accessed_nanoseconds: u32,
                 modified: u32, modified_seconds: u64, modified_nanoseconds: u32,
                 ret: u32) -> ();
            descriptor_link_at Types "[method]descriptor.link-at" [0, 4]
                (descriptor: u32, old_path_flags: u32, old_path: u32, old_path_len: u32,
                 new_descriptor: u32, new_path: u32, new_path_len: u32, ret: u32) -> ();
            descriptor_open_at Types "[method]descriptor.open-at" [0]
                (descriptor: u32, path_flags: u32, path: u32, path_len: u32,
                 open_flags: u32, flags: u32, ret: u32) -> ();
            descriptor_readlink_at Types "[method]descriptor.readlink-at" [0]
                (descriptor: u32, path: u32, path_len: u32, ret: u32) -> ();
            descriptor_remove_directory_at Types "[method]descriptor.remove-directory-at" [0]
                (descriptor: u32, path: u32, path_len: u32, ret: u32) -> ();
            descriptor_rename_at Types "[method]descriptor.rename-at" [0, 3]
                (descriptor: u32, old_path: u32, old_path_len: u32,
                 new_descriptor: u32, new_path: u32, new_path_len: u32, ret: u32) -> ();
            descriptor_symlink_at Types "[method]descriptor.symlink-at" [0]
                (descriptor: u32, old_path: u32, old_path_len: u32,
                 new_path: u32, new_path_len: u32, ret: u32) -> ();
            descriptor_unlink_file_at Types "[method]descriptor.unlink-file-at" [0]
                (descriptor: u32, path: u32, path_len: u32, ret: u32) -> ();
            descriptor_is_same_object Types "[method]descriptor.is-same-object" [0, 1]
                (descriptor: u32, other: u32) -> u32;
            descriptor_metadata_hash Types "[method]descriptor.metadata-hash" [0]
                (descriptor: u32, ret: u32) -> ();
            descriptor_metadata_hash_at Types "[method]descriptor.metadata-hash-at" [0]
                (descriptor: u32, path_flags: u32, path: u32, path_len: u32, ret: u32) -> ();
            directory_entry_stream_read Types
                "[method]directory-entry-stream.read-directory-entry" [0]
                (stream: u32, ret: u32) -> ();
            filesystem_error_code Types "filesystem-error-code" [0]
                (error: u32, ret: u32) -> ();
            get_directories Preopens "get-directories" [](ret: u32) -> ();
            drop_input_stream Streams "[resource-drop]input-stream" [0](stream: u32) -> ();
            input_stream_read Streams "[method]input-stream.read" [0]
                (stream: u32, len: u64, ret: u32) -> ();
            input_stream_blocking_read Streams "[method]input-stream.blocking-read" [0]
                (stream: u32, len: u64, ret: u32) -> ();
            input_stream_skip Streams "[method]input-stream.skip" [0]
                (stream: u32, len: u64, ret: u32) -> ();
            input_stream_blocking_skip Streams "[method]input-stream.blocking-skip" [0]
                (stream: u32, len: u64, ret: u32) -> ();
            input_stream_subscribe Streams "[method]input-stream.subscribe" [0]
                (stream: u32) -> u32;
            output_stream_splice Streams "[method]output-stream.splice" [1]
                (stream: u32, source: u32, len: u64, ret: u32) -> ();
            output_stream_blocking_splice Streams "[method]output-stream.blocking-splice" [1]
                (stream: u32, source: u32, len: u64, ret: u32) -> ();
            drop_pollable Poll "[resource-drop]pollable" [0](pollable: u32) -> ();
            pollable_ready Poll "[method]pollable.ready" [0](pollable: u32) -> u32;
            pollable_block Poll "[method]pollable.block" [0](pollable: u32) -> ();
            poll Poll "poll" [](pollables: u32, pollable_count: u32, ret: u32) -> ();
            drop_error Error "[resource-drop]error" [0](error: u32) -> ();
            error_to_debug_string Error "[method]error.to-debug-string" [0]
                (error: u32, ret: u32) -> ();
        }
    };
}

/// Passes the list of functions to the macro `$then`, as [`for_each_function`] does, that only
/// a runtime with a layer for changes serves: those of the streams that write to files.
///
/// [`for_each_function`]: crate::for_each_function
#[macro_export]
macro_rules! for_each_output_function {
    ($then:ident) => {
        $then! {
            drop_output_stream Streams "[resource-drop]output-stream" [0](stream: u32) -> ();
            output_stream_check_write Streams "[method]output-stream.check-write" [0]
                (stream: u32, ret: u32) -> ();
            output_stream_write Streams "[method]output-stream.write" [0]
                (stream: u32, bytes: u32, len: u32, ret: u32) -> ();
            output_stream_blocking_write_and_flush Streams
                "[method]output-stream.blocking-write-and-flush" [0]
                (stream: u32, bytes: u32, len: u32, ret: u32) -> ();
            output_stream_flush Streams "[method]output-stream.flush" [0]
                (stream: u32, ret: u32) -> ();
            output_stream_blocking_flush Streams "[method]output-stream.blocking-flush" [0]
                (stream: u32, ret: u32) -> ();
            output_stream_subscribe Streams "[method]output-stream.subscribe" [0]
                (stream: u32) -> u32;
            output_stream_write_zeroes Streams "[method]output-stream.write-zeroes" [0]
                (stream: u32, zero_count: u64, ret: u32) -> ();
            output_stream_blocking_write_zeroes_and_flush Streams
                "[method]output-stream.blocking-write-zeroes-and-flush" [0]
                (stream: u32, zero_count: u64, ret: u32) -> ();
        }
    };
}

/// An interface of WASI, without its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interface {
    /// `wasi:filesystem/types`.
    Types,
    /// `wasi:filesystem/preopens`.
    Preopens,
    /// `wasi:io/streams`.
    Streams,
    /// `wasi:io/poll`.
    Poll,
    /// `wasi:io/error`.
    Error,
}

impl Interface {
    /// Its name, for example `wasi:filesystem/types`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Types => "wasi:filesystem/types",
            Self::Preopens => "wasi:filesystem/preopens",
            Self::Streams => "wasi:io/streams",
            Self::Poll => "wasi:io/poll",
            Self::Error => "wasi:io/error",
        }
    }
}

/// One function. The runtime exports it under [`name`](Self::name), and no two functions
/// have the same name.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The interface that has it.
    pub interface: Interface,
    /// Name in the interface. `[resource-drop]` stands for the canonical built-in.
    pub name: &'static str,
    /// The parameters that are handles. If none is one of the runtime's, the host answers.
    /// Without any, the runtime always does.
    pub handles: &'static [usize],
    /// Core types of the parameters. The runtime's function has one more `i32`, the number
    /// of the lowering.
    pub params: &'static [ValueType],
    /// Whether it returns an `i32`.
    pub returns: bool,
}

macro_rules! list_functions {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        &[$(Function {
            interface: Interface::$interface,
            name: $name,
            handles: &[$($handle),*],
            params: &[$(ValueType::of_len(size_of::<$type>())),*],
            returns: size_of::<$result>() > 0,
        }),*]
    };
}

/// The functions of each runtime.
pub const FUNCTIONS: &[Function] = for_each_function!(list_functions);

/// The functions that only a runtime with a layer for changes serves.
pub const OUTPUT_FUNCTIONS: &[Function] = for_each_output_function!(list_functions);

/// [`Function::handles`] of `splice` and `blocking-splice` for a runtime with a layer: either
/// stream may be the runtime's.
pub const SPLICE_HANDLES: &[usize] = &[0, 1];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_occurs_once() {
        assert_eq!((FUNCTIONS.len(), OUTPUT_FUNCTIONS.len()), (46, 9));
        let names = FUNCTIONS.iter().chain(OUTPUT_FUNCTIONS);
        let names = names.map(|function| function.name);
        for (at, name) in names.clone().enumerate() {
            assert!(
                names.clone().take(at).all(|earlier| earlier != name),
                "{name}"
            );
        }
    }

    #[test]
    fn handles_are_parameters_of_32_bits() {
        for function in FUNCTIONS.iter().chain(OUTPUT_FUNCTIONS) {
            for &handle in function.handles {
                assert_eq!(function.params[handle], ValueType::I32, "{}", function.name);
            }
        }
    }
}
