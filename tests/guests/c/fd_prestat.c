// fd_prestat_get and fd_prestat_dir_name: which preopens there are, and their names.
#include "wasi.h"

static int guest(void) {
    __wasi_fd_t fd;
    __wasi_prestat_t prestat;
    for (fd = 3; !__wasi_fd_prestat_get(fd, &prestat); fd++) {
        uint8_t name[256] = {0};
        size_t len = prestat.u.dir.pr_name_len;
        printf("preopen %u: tag %u, name of %zu\n", fd, prestat.tag, len);
        if (!TRY("  name", __wasi_fd_prestat_dir_name(fd, name, len))) printf("  '%s'\n", name);
        TRY("  name into too little", __wasi_fd_prestat_dir_name(fd, name, len - 1));
    }
    TRY("after the last", __wasi_fd_prestat_get(fd, &prestat));
    __wasi_fd_t file = must_open("hello.txt");
    TRY("of a file", __wasi_fd_prestat_get(file, &prestat));
    TRY("of stdin", __wasi_fd_prestat_get(0, &prestat));
    return 0;
}
