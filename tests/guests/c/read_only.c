// Every call that would change the tree: each fails, and its errno tells "exists",
// "missing" and "read-only" apart.
#include "wasi.h"

static int guest(void) {
    __wasi_fd_t file = must_open("hello.txt");
    TRY("create a directory", __wasi_path_create_directory(DATA, "new"));
    TRY("create what exists", __wasi_path_create_directory(DATA, "dir"));
    TRY("create within nothing", __wasi_path_create_directory(DATA, "missing/new"));
    TRY("remove a directory", __wasi_path_remove_directory(DATA, "dir"));
    TRY("remove nothing", __wasi_path_remove_directory(DATA, "missing"));
    TRY("unlink", __wasi_path_unlink_file(DATA, "hello.txt"));
    TRY("unlink nothing", __wasi_path_unlink_file(DATA, "missing"));
    TRY("symlink", __wasi_path_symlink("hello.txt", DATA, "new"));
    TRY("symlink over what exists", __wasi_path_symlink("hello.txt", DATA, "dir"));
    TRY("link", __wasi_path_link(DATA, 0, "hello.txt", DATA, "new"));
    TRY("link nothing", __wasi_path_link(DATA, 0, "missing", DATA, "new"));
    TRY("link over what exists", __wasi_path_link(DATA, 0, "hello.txt", DATA, "empty"));
    TRY("rename", __wasi_path_rename(DATA, "hello.txt", DATA, "new"));
    TRY("rename nothing", __wasi_path_rename(DATA, "missing", DATA, "new"));
    TRY("set times", __wasi_path_filestat_set_times(DATA, 0, "hello.txt", 1, 2, __WASI_FSTFLAGS_MTIM));
    TRY("set times of nothing", __wasi_path_filestat_set_times(DATA, 0, "missing", 1, 2, __WASI_FSTFLAGS_MTIM));
    TRY("set times of a file", __wasi_fd_filestat_set_times(file, 1, 2, __WASI_FSTFLAGS_MTIM));
    TRY("set the size of a file", __wasi_fd_filestat_set_size(file, 0));
    TRY("sync", __wasi_fd_sync(file));
    TRY("sync data", __wasi_fd_datasync(file));
    return 0;
}
