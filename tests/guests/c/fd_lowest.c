// A new descriptor is the lowest free number, as POSIX requires. Not compared with
// wasmtime, which returns the number that was closed last.
#include "wasi.h"

static int guest(void) {
    __wasi_fd_t fds[8];
    for (int i = 0; i < 8; i++) fds[i] = must_open("hello.txt");
    for (int i = 0; i < 8; i++) printf("%u ", fds[i]);
    if (__wasi_fd_close(fds[2]) || __wasi_fd_close(fds[5]) || __wasi_fd_close(fds[3])) return 1;
    for (int i = 0; i < 4; i++) printf("%u ", must_open("hello.txt"));
    puts("");
    return 0;
}
