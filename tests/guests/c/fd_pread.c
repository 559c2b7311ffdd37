// fd_pread: reads anywhere and leaves the position alone.
#include "wasi.h"

static void pread_at(__wasi_fd_t fd, __wasi_filesize_t offset, size_t len) {
    static char buffer[4096];
    __wasi_iovec_t iovec = {(void *)buffer, len};
    __wasi_size_t read = 0;
    printf("pread %zu at %llu\n", len, offset);
    if (!TRY("  pread", __wasi_fd_pread(fd, &iovec, 1, offset, &read)))
        printf("  read %zu, hash %llx\n", (size_t)read, fnv(FNV_START, buffer, read));
    __wasi_filesize_t position;
    if (!TRY("  tell", __wasi_fd_tell(fd, &position))) printf("  at %llu\n", position);
}

static int guest(void) {
    __wasi_fd_t fd = must_open("big.bin");
    __wasi_filesize_t position;
    TRY("seek", __wasi_fd_seek(fd, 1000, __WASI_WHENCE_SET, &position));
    pread_at(fd, 0, 100);
    pread_at(fd, 500000, 4096);
    pread_at(fd, 65530, 12); // across where a block ends
    pread_at(fd, 999990, 100); // short
    pread_at(fd, 1000000, 10); // at the end
    pread_at(fd, 5000000000, 10); // beyond it, and beyond 32 bits
    pread_at(fd, 7, 0);
    TRY("close", __wasi_fd_close(fd));
    return 0;
}
