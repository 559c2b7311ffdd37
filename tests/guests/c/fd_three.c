// A program that takes 3 for its directory without looking for preopens.
#include "wasi.h"

static int guest(void) {
    char bytes[64];
    __wasi_size_t read = 0;
    __wasi_fd_t fd = must_open("hello.txt");
    TRY("read", read_some(fd, bytes, sizeof bytes, &read));
    printf("%u: %.*s", fd, (int)read, bytes);
    return 0;
}
