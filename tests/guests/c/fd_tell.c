// fd_tell: where reading and seeking have led, which pread does not move.
#include "wasi.h"

static void tell(const char *label, __wasi_fd_t fd) {
    __wasi_filesize_t position = 0;
    if (!TRY(label, __wasi_fd_tell(fd, &position))) printf("  %llu\n", position);
}

static int guest(void) {
    char bytes[8];
    __wasi_size_t read;
    __wasi_filesize_t position;
    __wasi_iovec_t iovec = {(uint8_t *)bytes, sizeof bytes};
    __wasi_fd_t fd = must_open("hello.txt"), directory;
    tell("at first", fd);
    TRY("read", read_some(fd, bytes, 5, &read));
    tell("after 5 bytes", fd);
    TRY("pread", __wasi_fd_pread(fd, &iovec, 1, 1, &read));
    tell("after pread", fd);
    TRY("seek", __wasi_fd_seek(fd, 1000, __WASI_WHENCE_SET, &position));
    TRY("read", read_some(fd, bytes, 5, &read));
    tell("past the end", fd);
    TRY("directory", open_directory("dir", &directory));
    tell("of a directory", directory);
    tell("of an unknown descriptor", 99);
    return 0;
}
