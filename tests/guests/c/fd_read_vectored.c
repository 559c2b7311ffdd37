// fd_read with several buffers: empty ones, one that ends past the file.
#include "wasi.h"

static int guest(void) {
    char a[8] = "", b[8] = "", c[32];
    __wasi_fd_t fd = must_open("hello.txt");
    __wasi_size_t read;
    __wasi_iovec_t iovecs[] = {{(void *)a, 3}, {(void *)a, 0}, {(void *)b, 5}, {(void *)c, sizeof c}};

    TRY("three buffers", __wasi_fd_read(fd, iovecs, 4, &read));
    // How much one call fills is up to the host, so the rest is read until the end.
    unsigned long long len = read;
    printf("first: %s\n", a);
    do {
        if (read_some(fd, c, sizeof c, &read)) return 1;
        len += read;
    } while (read);
    printf("in all %llu\n", len);

    TRY("no buffer", __wasi_fd_read(fd, iovecs, 0, &read));
    printf("read %zu\n", (size_t)read);
    __wasi_filesize_t position;
    TRY("seek", __wasi_fd_seek(fd, 2, __WASI_WHENCE_SET, &position));
    TRY("only an empty buffer", __wasi_fd_read(fd, iovecs + 1, 1, &read));
    printf("read %zu\n", (size_t)read);
    TRY("tell", __wasi_fd_tell(fd, &position));
    printf("at %llu\n", position);
    TRY("close", __wasi_fd_close(fd));
    return 0;
}
