// path_readlink: targets as written, short buffers, and objects other than links.
#include "wasi.h"

static void readlink_into(const char *path, size_t len) {
    uint8_t buffer[256];
    __wasi_size_t used = 0;
    printf("readlink '%s' into %zu\n", path, len);
    if (!TRY("  readlink", __wasi_path_readlink(DATA, path, buffer, len, &used)))
        printf("  '%.*s'\n", (int)used, buffer);
}

static int guest(void) {
    readlink_into("link-relative", 256);
    readlink_into("link-directory", 256);
    readlink_into("dir/link-up", 256);
    readlink_into("link-dangling", 256);
    readlink_into("link-loop", 256);
    readlink_into("link-chain", 256);
    readlink_into("link-relative", 4);
    readlink_into("hello.txt", 256);
    readlink_into("dir", 256);
    readlink_into("missing", 256);
    readlink_into("hello.txt/x", 256);
    return 0;
}
