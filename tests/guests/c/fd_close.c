// fd_close: numbers are given back and used again, and only once.
#include "wasi.h"

static int guest(void) {
    __wasi_fd_t fds[8];
    for (int i = 0; i < 8; i++) fds[i] = must_open(i % 2 ? "hello.txt" : "big.bin");
    for (int i = 1; i < 8; i++) printf("distinct %d\n", fds[i] != fds[i - 1]);
    TRY("close", __wasi_fd_close(fds[5]));
    TRY("close", __wasi_fd_close(fds[2]));
    TRY("close again", __wasi_fd_close(fds[2]));
    __wasi_fd_t reused[] = {must_open("hello.txt"), must_open("hello.txt")};
    printf("reused %d\n", reused[0] != reused[1] && (reused[0] == fds[2] || reused[0] == fds[5]) &&
                              (reused[1] == fds[2] || reused[1] == fds[5]));

    // Closing a descriptor does not affect the open ones.
    char bytes[5];
    __wasi_size_t read;
    TRY("close", __wasi_fd_close(fds[0]));
    TRY("read the other", read_some(fds[1], bytes, 5, &read));
    printf("%.*s\n", (int)read, bytes);
    TRY("read the closed", read_some(fds[0], bytes, 5, &read));

    for (int i = 0; i < 10000; i++) {
        __wasi_fd_t fd = must_open("hello.txt");
        if (fd != fds[0]) { printf("number %u after %d rounds\n", fd, i); return 1; }
        if (__wasi_fd_close(fd)) return 1;
    }
    TRY("close an unknown descriptor", __wasi_fd_close(99));
    return 0;
}
