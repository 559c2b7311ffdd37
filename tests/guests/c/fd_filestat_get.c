// fd_filestat_get: the same as by path, for files, directories and the preopen.
#include "filestat.h"

static void stat_fd(const char *label, __wasi_fd_t fd) {
    __wasi_filestat_t stat;
    if (!TRY(label, __wasi_fd_filestat_get(fd, &stat))) print_filestat(&stat);
}

static void same_inode(const char *path) {
    __wasi_filestat_t by_path, by_fd;
    __wasi_fd_t fd = must_open(path);
    TRY("by path", __wasi_path_filestat_get(DATA, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, &by_path));
    TRY("by descriptor", __wasi_fd_filestat_get(fd, &by_fd));
    printf("%s: same inode %d, same device %d\n", path, by_path.ino == by_fd.ino,
           by_path.dev == by_fd.dev);
    TRY("close", __wasi_fd_close(fd));
}

static int guest(void) {
    __wasi_fd_t directory;
    stat_fd("file", must_open("hello.txt"));
    stat_fd("empty", must_open("empty"));
    stat_fd("through a link", must_open("link-relative"));
    TRY("open dir", open_directory("dir", &directory));
    stat_fd("directory", directory);
    stat_fd("preopen", DATA);
    stat_fd("unknown", 99);
    same_inode("hello.txt");
    same_inode("link-relative");
    return 0;
}
