// fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights: types and flags.
#include "wasi.h"

static void print_fdstat(const char *label, __wasi_fd_t fd) {
    __wasi_fdstat_t fdstat;
    if (!TRY(label, __wasi_fd_fdstat_get(fd, &fdstat)))
        printf("  type %u, flags %u\n", fdstat.fs_filetype, fdstat.fs_flags);
}

static int guest(void) {
    __wasi_fd_t file = must_open("hello.txt"), directory, appending;
    TRY("directory", open_directory("dir", &directory));
    print_fdstat("a file", file);
    print_fdstat("a directory", directory);
    print_fdstat("a preopen", DATA);
    print_fdstat("an unknown descriptor", 99);
    TRY("open to append", __wasi_path_open(DATA, 0, "hello.txt", 0, READ_RIGHTS, 0, __WASI_FDFLAGS_APPEND, &appending));
    print_fdstat("opened to append", appending);
    for (__wasi_fdflags_t flags = 0; flags < 32; flags++) {
        TRY("set flags", __wasi_fd_fdstat_set_flags(file, flags));
        print_fdstat("a file", file);
    }
    TRY("set flags of a directory", __wasi_fd_fdstat_set_flags(directory, 0));
    TRY("set flags of an unknown descriptor", __wasi_fd_fdstat_set_flags(99, 0));
    TRY("set rights", __wasi_fd_fdstat_set_rights(file, 0, 0));
    TRY("set rights of an unknown descriptor", __wasi_fd_fdstat_set_rights(99, 0, 0));
    return 0;
}
