//! The functions of WASI 0.3 that the runtime serves.
//!
//! Source: `wasi:filesystem` 0.3.0 to 0.3.2, and the built-ins for streams, futures and
//! waitables of the canonical ABI, lowered to core functions.

use crate::ValueType;

/// Passes the list of functions to the macro `$then`: name in Rust, interface, name in
/// WASI, numbers of the parameters that are handles, the core signature of the synchronous
/// lowering, and the fields of the record of an asynchronous one as `offset: length`. `ret`
/// is the address of the result in the program's memory.
///
/// The name of a built-in is the name of the canonical definition and of its payload type:
/// `u8` is a stream of bytes, `directory-entry` one of entries, and `result` is a
/// `future<result<_, error-code>>`.
///
/// The functions of `Pump` move the bytes of a packed file to the host:
///
/// | function | call |
/// |---|---|
/// | `[hand-over]u8` | replaces a stream of the runtime by a new one of the host, and returns its readable end |
/// | `[waitable-set-wait]`, `[waitable-set-poll]`, `[waitable-set-drop]` | in place of the built-in |
/// | `[callback]` | in place of the callback of a task |
/// | `[task-returned]` | with the code that the first function of a task with a callback returned. Returns the code for the host |
/// | `[task-ended]` | when a task without a callback has finished |
#[macro_export]
macro_rules! for_each_preview3_function {
    ($then:ident) => {
        $then! {
            drop_descriptor Types "[resource-drop]descriptor" [0](descriptor: u32) -> () {};
            descriptor_read_via_stream Types "[method]descriptor.read-via-stream" [0]
                (descriptor: u32, offset: u64, ret: u32) -> () {};
            descriptor_write_via_stream Types "[method]descriptor.write-via-stream" [0]
                (descriptor: u32, data: u32, offset: u64) -> u32 {};
            descriptor_append_via_stream Types "[method]descriptor.append-via-stream" [0]
                (descriptor: u32, data: u32) -> u32 {};
            descriptor_advise Types "[method]descriptor.advise" [0]
                (descriptor: u32, offset: u64, len: u64, advice: u32, ret: u32) -> () {};
            descriptor_sync_data Types "[method]descriptor.sync-data" [0]
                (descriptor: u32, ret: u32) -> () {};
            descriptor_get_flags Types "[method]descriptor.get-flags" [0]
                (descriptor: u32, ret: u32) -> () {};
            descriptor_get_type Types "[method]descriptor.get-type" [0]
                (descriptor: u32, ret: u32) -> () {};
            descriptor_set_size Types "[method]descriptor.set-size" [0]
                (descriptor: u32, size: u64, ret: u32) -> () {};
            descriptor_set_times Types "[method]descriptor.set-times" [0]
                (descriptor: u32,
                 accessed: u32, accessed_seconds: u64, accessed_nanoseconds: u32,
                 modified: u32, modified_seconds: u64, modified_nanoseconds: u32,
                 ret: u32) -> ()
                { 0: 4, 8: 1, 16: 8, 24: 4, 32: 1, 40: 8, 48: 4 };
            descriptor_read_directory Types "[method]descriptor.read-directory" [0]
                (descriptor: u32, ret: u32) -> () {};
            descriptor_sync Types "[method]descriptor.sync" [0]
                (descriptor: u32, ret: u32) -> () {};
            descriptor_create_directory_at Types "[method]descriptor.create-directory-at" [0]
                (descriptor: u32, path: u32, path_len: u32, ret: u32) -> () {};
            descriptor_stat Types "[method]descriptor.stat" [0]
                (descriptor: u32, ret: u32) -> () {};
            descriptor_stat_at Types "[method]descriptor.stat-at" [0]
                (descriptor: u32, path_flags: u32, path: u32, path_len: u32, ret: u32)
                -> () {};
            descriptor_set_times_at Types "[method]descriptor.set-times-at" [0]
                (descriptor: u32, path_flags: u32, path: u32, path_len: u32,
                 accessed: u32, accessed_seconds: u64, accessed_nanoseconds: u32,
                 modified: u32, modified_seconds: u64, modified_nanoseconds: u32,
                 ret: u32) -> ()
                { 0: 4, 4: 1, 8: 4, 12: 4, 16: 1, 24: 8, 32: 4, 40: 1, 48: 8, 56: 4 };
            descriptor_link_at Types "[method]descriptor.link-at" [0, 4]
                (descriptor: u32, old_path_flags: u32, old_path: u32, old_path_len: u32,
                 new_descriptor: u32, new_path: u32, new_path_len: u32, ret: u32) -> ()
                { 0: 4, 4: 1, 8: 4, 12: 4, 16: 4, 20: 4, 24: 4 };
            descriptor_open_at Types "[method]descriptor.open-at" [0]
                (descriptor: u32, path_flags: u32, path: u32, path_len: u32,
                 open_flags: u32, flags: u32, ret: u32) -> ()
                { 0: 4, 4: 1, 8: 4, 12: 4, 16: 1, 17: 1 };
            descriptor_readlink_at Types "[method]descriptor.readlink-at" [0]
                (descriptor: u32, path: u32, path_len: u32, ret: u32) -> () {};
            descriptor_remove_directory_at Types "[method]descriptor.remove-directory-at" [0]
                (descriptor: u32, path: u32, path_len: u32, ret: u32) -> () {};
            descriptor_rename_at Types "[method]descriptor.rename-at" [0, 3]
                (descriptor: u32, old_path: u32, old_path_len: u32,
                 new_descriptor: u32, new_path: u32, new_path_len: u32, ret: u32) -> ()
                { 0: 4, 4: 4, 8: 4, 12: 4, 16: 4, 20: 4 };
            descriptor_symlink_at Types "[method]descriptor.symlink-at" [0]
                (descriptor: u32, old_path: u32, old_path_len: u32,
                 new_path: u32, new_path_len: u32, ret: u32) -> ()
                { 0: 4, 4: 4, 8: 4, 12: 4, 16: 4 };
            descriptor_unlink_file_at Types "[method]descriptor.unlink-file-at" [0]
                (descriptor: u32, path: u32, path_len: u32, ret: u32) -> () {};
            descriptor_is_same_object Types "[method]descriptor.is-same-object" [0, 1]
                (descriptor: u32, other: u32) -> u32 {};
            descriptor_metadata_hash Types "[method]descriptor.metadata-hash" [0]
                (descriptor: u32, ret: u32) -> () {};
            descriptor_metadata_hash_at Types "[method]descriptor.metadata-hash-at" [0]
                (descriptor: u32, path_flags: u32, path: u32, path_len: u32, ret: u32)
                -> () {};
            get_directories Preopens "get-directories" [](ret: u32) -> () {};
            bytes_read Builtin "[stream-read]u8" [0]
                (stream: u32, bytes: u32, len: u32) -> u32 {};
            bytes_cancel_read Builtin "[stream-cancel-read]u8" [0](stream: u32) -> u32 {};
            bytes_drop Builtin "[stream-drop-readable]u8" [0](stream: u32) -> () {};
            entries_read Builtin "[stream-read]directory-entry" [0]
                (stream: u32, entries: u32, count: u32) -> u32 {};
            entries_cancel_read Builtin "[stream-cancel-read]directory-entry" [0]
                (stream: u32) -> u32 {};
            entries_drop Builtin "[stream-drop-readable]directory-entry" [0]
                (stream: u32) -> () {};
            result_read Builtin "[future-read]result" [0](future: u32, ret: u32) -> u32 {};
            result_cancel_read Builtin "[future-cancel-read]result" [0]
                (future: u32) -> u32 {};
            result_drop Builtin "[future-drop-readable]result" [0](future: u32) -> () {};
            waitable_join Builtin "[waitable-join]" [0](waitable: u32, set: u32) -> () {};
            bytes_hand_over Pump "[hand-over]u8" [](stream: u32) -> u32 {};
            set_wait Pump "[waitable-set-wait]" [](set: u32, event: u32) -> u32 {};
            set_poll Pump "[waitable-set-poll]" [](set: u32, event: u32) -> u32 {};
            set_drop Pump "[waitable-set-drop]" [](set: u32) -> () {};
            task_callback Pump "[callback]" []
                (event: u32, waitable: u32, status: u32) -> u32 {};
            task_returned Pump "[task-returned]" [](code: u32) -> u32 {};
            task_ended Pump "[task-ended]" []() -> () {};
        }
    };
}

/// Where a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interface {
    /// `wasi:filesystem/types`.
    Types,
    /// `wasi:filesystem/preopens`.
    Preopens,
    /// A built-in of the canonical ABI.
    Builtin,
    /// A function that writes packed files into streams of the host while tasks wait. Only
    /// programs that may give a stream to the host have such lowerings.
    Pump,
}

impl Interface {
    /// Its name without the version, or `None` if the function has no interface.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Types => Some("wasi:filesystem/types"),
            Self::Preopens => Some("wasi:filesystem/preopens"),
            Self::Builtin | Self::Pump => None,
        }
    }
}

/// One core parameter in the record of an asynchronous call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Offset in the record, in bytes.
    pub offset: u32,
    /// Length in bytes: 1, 4 or 8. The core parameter is the value without a sign.
    pub len: u32,
}

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Where it comes from.
    pub interface: Interface,
    /// Its name there. No two functions have the same one.
    pub name: &'static str,
    /// The runtime's export: `0.3 ` and the name.
    pub export: &'static str,
    /// The parameters that are handles. If none is one of the runtime's, the host answers.
    /// Without any, the runtime always does.
    pub handles: &'static [usize],
    /// Core types of the parameters of the synchronous lowering. The runtime's function has
    /// one more `i32`, the number of the lowering.
    pub params: &'static [ValueType],
    /// Whether the synchronous lowering returns an `i32`. The asynchronous one stores it at
    /// an address that is its last parameter, as one byte for a `bool`.
    pub returns: bool,
    /// Where an asynchronous call finds the parameters except `ret`, if they are more than
    /// [`MAX_ASYNC_PARAMS`](super::MAX_ASYNC_PARAMS). Otherwise empty.
    pub record: &'static [Field],
}

impl Function {
    /// Length in bytes of the value that an asynchronous call stores at its last parameter
    /// for a function that [`returns`](Self::returns) one: 1 for a `bool`, or 4 for a handle.
    pub const fn returned_len(&self) -> u32 {
        match (self.returns, self.handles) {
            (false, _) => 0,
            // `is-same-object`, the only function with two handles that returns a value.
            (true, [_, _]) => 1,
            (true, _) => 4,
        }
    }
}

macro_rules! list_functions {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty
        {$($offset:literal: $len:literal),*};)*) => {
        /// All functions.
        pub const FUNCTIONS: &[Function] = &[$(Function {
            interface: Interface::$interface,
            name: $name,
            export: concat!("0.3 ", $name),
            handles: &[$($handle),*],
            params: &[$(ValueType::of_len(size_of::<$type>())),*],
            returns: size_of::<$result>() > 0,
            record: &[$(Field { offset: $offset, len: $len }),*],
        }),*];
    };
}
for_each_preview3_function!(list_functions);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview3::MAX_ASYNC_PARAMS;

    #[test]
    fn every_name_occurs_once() {
        assert_eq!(FUNCTIONS.len(), 44);
        for (at, function) in FUNCTIONS.iter().enumerate() {
            let earlier = &FUNCTIONS[..at];
            assert!(earlier.iter().all(|other| other.name != function.name));
        }
    }

    #[test]
    fn handles_are_parameters_of_32_bits() {
        for function in FUNCTIONS {
            for &handle in function.handles {
                assert_eq!(function.params[handle], ValueType::I32, "{}", function.name);
            }
        }
    }

    #[test]
    fn one_function_returns_a_bool() {
        let bools = FUNCTIONS
            .iter()
            .filter(|function| function.returned_len() == 1);
        let names = bools.map(|function| function.name);
        assert!(names.eq(["[method]descriptor.is-same-object"]));
    }

    #[test]
    fn records_hold_the_parameters_that_are_too_many() {
        for function in FUNCTIONS {
            let name = function.name;
            if function.interface == Interface::Pump {
                continue;
            }
            // The last parameter is `ret`.
            let flat = function.params.len() - 1;
            match function.record.len() {
                0 => assert!(flat <= MAX_ASYNC_PARAMS, "{name}"),
                fields => assert!(fields == flat && flat > MAX_ASYNC_PARAMS, "{name}"),
            }
            let fields = function.record.iter().zip(function.params);
            for (field, param) in fields {
                assert_eq!(*param == ValueType::I64, field.len == 8, "{name}");
                assert_eq!(field.offset % field.len, 0, "{name}");
            }
        }
    }
}
