//! The functions of preview 1 that take a descriptor: the one list of them, and the trait
//! that both the host and our server implement.

/// Passes the list of calls to the macro `$then`. The parameters are those of the
/// specification, lowered to core types. Every call returns an error code.
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
pub(crate) use for_each_call;

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
    };
}
for_each_call!(declare_trait);
