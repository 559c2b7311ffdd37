// Lists a directory with a buffer of 4 KiB and prints how many entries it has
// and how many calls that took.
#include "wasi.h"

static int guest(void) {
    static uint8_t buffer[4096];
    __wasi_fd_t fd;
    __wasi_dircookie_t cookie = 0;
    __wasi_size_t used;
    size_t entries = 0, calls = 0;
    if (open_directory(getenv("DIRECTORY"), &fd)) return 1;
    do {
        if (__wasi_fd_readdir(fd, buffer, sizeof buffer, cookie, &used)) return 1;
        calls++;
        size_t at = 0;
        __wasi_dirent_t entry;
        while (at + sizeof entry <= used) {
            memcpy(&entry, buffer + at, sizeof entry);
            if (at + sizeof entry + entry.d_namlen > used) break;
            entries++;
            cookie = entry.d_next;
            at += sizeof entry + entry.d_namlen;
        }
    } while (used == sizeof buffer);
    printf("%zu entries in %zu calls\n", entries, calls);
    return 0;
}
