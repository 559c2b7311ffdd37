// Uses descriptors that calls outside of preview 1 return, beside a packed file.
#include "wasi.h"

__attribute__((import_module("wasi_snapshot_preview1"), import_name("sock_open")))
int sock_open(int family, int type, __wasi_fd_t *fd);
__attribute__((import_module("env"), import_name("host_open"))) __wasi_fd_t host_open(void);

static void use(const char *name, __wasi_fd_t fd) {
    char bytes[64];
    __wasi_size_t len = 0;
    __wasi_errno_t error = read_some(fd, bytes, sizeof bytes, &len);
    printf("%s: errno %u, %.*s", name, error, error ? 0 : (int)len, bytes);
    error = __wasi_fd_close(fd);
    printf("close: errno %u\n", error);
}

static int guest(void) {
    __wasi_fd_t fd = 0;
    if (sock_open(1, 1, &fd)) return 1;
    use("socket", fd);
    use("custom", host_open());
    use("unknown", 12345);
    use("packed", must_open("hello.txt"));
    return 0;
}
