// fd_read: whole files in small steps, empty files, and past the end.
#include "wasi.h"

static void read_in_steps(const char *path, size_t step) {
    static char buffer[70000];
    __wasi_fd_t fd = must_open(path);
    __wasi_size_t read;
    unsigned long long hash = FNV_START, len = 0;
    do {
        if (read_some(fd, buffer, step, &read)) { puts("read failed"); return; }
        hash = fnv(hash, buffer, read);
        len += read;
    } while (read);
    printf("%s by %zu: %llu bytes, hash %llx\n", path, step, len, hash);
    TRY("read at the end", read_some(fd, buffer, step, &read));
    printf("read %zu\n", (size_t)read);
    TRY("close", __wasi_fd_close(fd));
}

static int guest(void) {
    read_in_steps("hello.txt", 1);
    read_in_steps("hello.txt", 5);
    read_in_steps("hello.txt", 13);
    read_in_steps("empty", 10);
    read_in_steps("big.bin", 777);
    read_in_steps("big.bin", 65536);
    read_in_steps("big.bin", 70000);
    read_in_steps("link-relative", 4096);

    __wasi_size_t read;
    char byte;
    TRY("read a directory", read_some(DATA, &byte, 1, &read));
    TRY("read an unknown descriptor", read_some(99, &byte, 1, &read));
    return 0;
}
