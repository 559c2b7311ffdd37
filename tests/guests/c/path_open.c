// path_open: objects by many paths, and the errno of each rejected call.
#include "wasi.h"

static void open_with(const char *path, __wasi_lookupflags_t lookup, __wasi_oflags_t oflags) {
    __wasi_fd_t fd;
    char label[256];
    snprintf(label, sizeof label, "open '%s' lookup %u oflags %u", path, lookup, oflags);
    __wasi_errno_t error =
        TRY(label, __wasi_path_open(DATA, lookup, path, oflags, READ_RIGHTS, 0, 0, &fd));
    if (error) return;
    __wasi_filestat_t stat;
    if (!TRY("  stat", __wasi_fd_filestat_get(fd, &stat))) printf("  type %u\n", stat.filetype);
    if (__wasi_fd_close(fd)) puts("  close failed");
}

static int guest(void) {
    static const char *paths[] = {
        "hello.txt", "./hello.txt", "dir/a.txt", "dir//a.txt", "dir/./a.txt", "dir/../hello.txt",
        "dir/sub/../../hello.txt", "missing", "dir/missing", "missing/a.txt", "hello.txt/a.txt",
        "hello.txt/", "dir", "dir/", ".", "dir/.", "", "empty-dir", "日本/ünï.txt",
        // Out of the preopen, in three ways.
        "..", "../data/hello.txt", "dir/../../hello.txt", "/data/hello.txt",
        // Links.
        "link-relative", "link-directory/a.txt", "link-directory/../hello.txt", "dir/link-up",
        "link-chain", "link-dangling", "link-loop", "link-loop/a.txt",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        open_with(paths[i], __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, 0);
        open_with(paths[i], 0, 0);
        open_with(paths[i], __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, __WASI_OFLAGS_DIRECTORY);
    }
    return 0;
}
