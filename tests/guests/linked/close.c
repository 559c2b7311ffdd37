// `close` as wasi-libc defines it, by the name that libwasi_vfs.a takes over. Zig
// 0.17 has one of its own, which calls the import.
#include <errno.h>
#include <unistd.h>
#include <wasi/api.h>

int close(int fd) {
    __wasi_errno_t error = __wasi_fd_close(fd);
    if (!error) return 0;
    errno = error;
    return -1;
}
