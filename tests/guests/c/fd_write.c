// fd_write and fd_pwrite: no file is open for writing, with any requested rights.
#include "wasi.h"

static int guest(void) {
    char bytes[64];
    __wasi_ciovec_t iovec = {(const uint8_t *)"text", 4};
    __wasi_size_t done;
    __wasi_fd_t file = must_open("hello.txt"), directory;
    TRY("directory", open_directory("dir", &directory));
    TRY("write", __wasi_fd_write(file, &iovec, 1, &done));
    TRY("pwrite", __wasi_fd_pwrite(file, &iovec, 1, 0, &done));
    TRY("write to a directory", __wasi_fd_write(directory, &iovec, 1, &done));
    TRY("pwrite to a directory", __wasi_fd_pwrite(directory, &iovec, 1, 0, &done));
    TRY("write to an unknown descriptor", __wasi_fd_write(99, &iovec, 1, &done));
    TRY("read", read_some(file, bytes, sizeof bytes, &done));
    printf("%.*s", (int)done, bytes);
    return 0;
}
