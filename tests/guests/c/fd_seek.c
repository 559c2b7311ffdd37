// fd_seek and fd_tell: from start, position and end; past the end; before the start.
#include "wasi.h"

static void seek_to(__wasi_fd_t fd, __wasi_filedelta_t offset, __wasi_whence_t whence) {
    __wasi_filesize_t position = 0;
    __wasi_size_t read = 0;
    char bytes[8];
    printf("seek %lld whence %u\n", offset, whence);
    if (!TRY("  seek", __wasi_fd_seek(fd, offset, whence, &position))) printf("  at %llu\n", position);
    if (!TRY("  tell", __wasi_fd_tell(fd, &position))) printf("  at %llu\n", position);
    if (!TRY("  read", read_some(fd, bytes, sizeof bytes, &read)))
        printf("  read %zu, hash %llx\n", (size_t)read, fnv(FNV_START, bytes, read));
}

static int guest(void) {
    __wasi_fd_t fd = must_open("big.bin");
    seek_to(fd, 0, __WASI_WHENCE_SET);
    seek_to(fd, 123456, __WASI_WHENCE_SET);
    seek_to(fd, 1000, __WASI_WHENCE_CUR);
    seek_to(fd, -500, __WASI_WHENCE_CUR);
    seek_to(fd, -5, __WASI_WHENCE_END);
    seek_to(fd, 0, __WASI_WHENCE_END);
    seek_to(fd, 100, __WASI_WHENCE_END);
    seek_to(fd, 5000000000, __WASI_WHENCE_SET);
    seek_to(fd, -1, __WASI_WHENCE_SET);
    seek_to(fd, -2000000, __WASI_WHENCE_END);
    seek_to(fd, 3, __WASI_WHENCE_SET);
    TRY("close", __wasi_fd_close(fd));
    __wasi_filesize_t position;
    TRY("seek after close", __wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    return 0;
}
