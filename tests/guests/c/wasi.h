// For guests that need exact control: preview 1 itself, on the first preopen.
#ifndef WASI_H
#define WASI_H

#include "guest.h"
#include <wasi/api.h>

// The first preopen; the tests map /data and nothing else.
#define DATA ((__wasi_fd_t)3)

// Prints the call's errno and gives it back.
#define TRY(label, call) (show((label), (call)))

static inline __wasi_errno_t show(const char *label, __wasi_errno_t errno_) {
    printf("%s: errno %u\n", label, errno_);
    return errno_;
}

#define READ_RIGHTS                                                                       \
    (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL |              \
     __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_POLL_FD_READWRITE)

static inline __wasi_errno_t open_file(const char *path, __wasi_fd_t *fd) {
    return __wasi_path_open(DATA, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, 0, READ_RIGHTS, 0, 0, fd);
}

static inline __wasi_errno_t open_directory(const char *path, __wasi_fd_t *fd) {
    __wasi_rights_t rights = __WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_PATH_OPEN |
                             __WASI_RIGHTS_PATH_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_GET |
                             __WASI_RIGHTS_PATH_READLINK;
    return __wasi_path_open(DATA, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, __WASI_OFLAGS_DIRECTORY,
                            rights, rights | READ_RIGHTS, 0, fd);
}

static inline __wasi_fd_t must_open(const char *path) {
    __wasi_fd_t fd;
    __wasi_errno_t error = open_file(path, &fd);
    if (error) {
        printf("cannot open %s: errno %u\n", path, error);
        fflush(stdout);
        abort();
    }
    return fd;
}

static inline __wasi_errno_t read_some(__wasi_fd_t fd, void *buffer, size_t len, __wasi_size_t *read) {
    __wasi_iovec_t iovec = {buffer, len};
    return __wasi_fd_read(fd, &iovec, 1, read);
}

#endif
