// path_filestat_get: kinds, sizes and times; links followed and not.
#include "filestat.h"

static void stat_path(const char *path, __wasi_lookupflags_t lookup) {
    __wasi_filestat_t stat;
    char label[256];
    snprintf(label, sizeof label, "stat '%s' lookup %u", path, lookup);
    if (!TRY(label, __wasi_path_filestat_get(DATA, lookup, path, &stat))) print_filestat(&stat);
}

static int guest(void) {
    static const char *paths[] = {
        "hello.txt", "empty", "big.bin", "run.sh", "dir", "dir/sub", "empty-dir", ".", "dir/..",
        "日本/ünï.txt", "link-relative", "link-directory", "link-directory/a.txt", "link-chain",
        "link-dangling", "link-loop", "dir/link-up", "missing", "hello.txt/x", "..", "",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        stat_path(paths[i], 0);
        stat_path(paths[i], __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW);
    }
    return 0;
}
