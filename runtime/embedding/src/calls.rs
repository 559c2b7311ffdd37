//! The preview 1 calls that the runtime serves: those that take a descriptor.
//!
//! A merged module depends on this list, because unmerging derives the intercepted
//! imports from it. A change of the list is a change of
//! [`ABI_VERSION`](crate::ABI_VERSION).

/// Passes the list of calls to the macro `$then`. Names and parameters are those of the
/// specification, lowered to core types. Every call returns an errno as `i32`.
#[macro_export]
macro_rules! for_each_call {
    ($then:ident) => {
        $then! {
            fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
            fd_allocate(fd: u32, offset: u64, len: u64);
            fd_close(fd: u32);
            fd_datasync(fd: u32);
            fd_fdstat_get(fd: u32, stat: u32);
            fd_fdstat_set_flags(fd: u32, flags: u32);
            fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
            fd_filestat_get(fd: u32, stat: u32);
            fd_filestat_set_size(fd: u32, size: u64);
            fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32);
            fd_pread(fd: u32, iovecs: u32, iovec_count: u32, offset: u64, read: u32);
            fd_prestat_dir_name(fd: u32, path: u32, path_len: u32);
            fd_prestat_get(fd: u32, prestat: u32);
            fd_pwrite(fd: u32, iovecs: u32, iovec_count: u32, offset: u64, written: u32);
            fd_read(fd: u32, iovecs: u32, iovec_count: u32, read: u32);
            fd_readdir(fd: u32, buffer: u32, buffer_len: u32, cookie: u64, used: u32);
            fd_renumber(from: u32, to: u32);
            fd_seek(fd: u32, offset: i64, whence: u32, position: u32);
            fd_sync(fd: u32);
            fd_tell(fd: u32, position: u32);
            fd_write(fd: u32, iovecs: u32, iovec_count: u32, written: u32);
            path_create_directory(fd: u32, path: u32, path_len: u32);
            path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, stat: u32);
            path_filestat_set_times(
                fd: u32, flags: u32, path: u32, path_len: u32,
                accessed: u64, modified: u64, time_flags: u32
            );
            path_link(
                old_fd: u32, old_flags: u32, old_path: u32, old_path_len: u32,
                new_fd: u32, new_path: u32, new_path_len: u32
            );
            path_open(
                fd: u32, dirflags: u32, path: u32, path_len: u32, oflags: u32,
                base: u64, inheriting: u64, fdflags: u32, opened: u32
            );
            path_readlink(
                fd: u32, path: u32, path_len: u32,
                buffer: u32, buffer_len: u32, used: u32
            );
            path_remove_directory(fd: u32, path: u32, path_len: u32);
            path_rename(
                fd: u32, old_path: u32, old_path_len: u32,
                new_fd: u32, new_path: u32, new_path_len: u32
            );
            path_symlink(
                target: u32, target_len: u32,
                fd: u32, path: u32, path_len: u32
            );
            path_unlink_file(fd: u32, path: u32, path_len: u32);
            poll_oneoff(subscriptions: u32, events: u32, count: u32, event_count: u32);
            sock_accept(fd: u32, flags: u32, accepted: u32);
            sock_recv(
                fd: u32, iovecs: u32, iovec_count: u32, flags: u32,
                received: u32, received_flags: u32
            );
            sock_send(fd: u32, iovecs: u32, iovec_count: u32, flags: u32, sent: u32);
            sock_shutdown(fd: u32, how: u32);
        }
    };
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Name in preview 1.
    pub name: &'static str,
    /// Types of the parameters. The result is one `i32`.
    pub params: &'static [ValueType],
}

/// Type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
}

impl ValueType {
    /// The type that holds values of `len` bytes.
    pub(crate) const fn of_len(len: usize) -> Self {
        match len {
            8 => Self::I64,
            _ => Self::I32,
        }
    }
}

macro_rules! list_calls {
    ($($call:ident($($parameter:ident: $type:ty),*);)*) => {
        /// All calls, in the order of their names.
        pub const CALLS: &[Call] = &[$(Call {
            name: stringify!($call),
            params: &[$(ValueType::of_len(size_of::<$type>())),*],
        }),*];
    };
}
for_each_call!(list_calls);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_sorted_by_name() {
        assert!(CALLS.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(CALLS.len(), 36);
    }

    #[test]
    fn parameters_of_64_bits_are_told_apart() {
        let seek = CALLS.iter().find(|call| call.name == "fd_seek");
        use ValueType::{I32, I64};
        assert_eq!(
            seek.map(|call| call.params),
            Some(&[I32, I64, I32, I32][..])
        );
    }
}
