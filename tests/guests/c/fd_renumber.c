// fd_renumber across the sides: 3 is a directory of the host, 4 one of the image.
#include "wasi.h"

static __wasi_fd_t open_in(__wasi_fd_t directory, const char *path) {
    __wasi_fd_t fd;
    if (__wasi_path_open(directory, 0, path, 0, READ_RIGHTS, 0, 0, &fd)) abort();
    return fd;
}

static void print_rest(const char *label, __wasi_fd_t fd) {
    char bytes[64];
    __wasi_size_t read = 0;
    __wasi_errno_t error = read_some(fd, bytes, sizeof bytes, &read);
    printf("%s: errno %u %.*s\n", label, error, (int)read, bytes);
}

static int guest(void) {
    __wasi_fd_t host = open_in(3, "name"), image = open_in(4, "name");
    TRY("image over host", __wasi_fd_renumber(image, host));
    print_rest("what was the host's", host);
    print_rest("what was the image's", image);

    image = open_in(4, "name");
    __wasi_fd_t second = open_in(3, "name");
    TRY("host over image", __wasi_fd_renumber(second, image));
    print_rest("what was the image's", image);
    print_rest("what was the host's", second);

    TRY("image over image", __wasi_fd_renumber(open_in(4, "name"), host));
    print_rest("a fresh position", host);
    TRY("image over stdin", __wasi_fd_renumber(host, 0));
    TRY("seek", __wasi_fd_seek(0, 0, __WASI_WHENCE_SET, &(__wasi_filesize_t){0}));
    print_rest("stdin", 0);

    TRY("preopen over preopen", __wasi_fd_renumber(4, 3));
    print_rest("through 3", open_in(3, "name"));
    TRY("unknown", __wasi_fd_renumber(3, 1000));
    TRY("itself", __wasi_fd_renumber(3, 3));
    print_rest("through 3", open_in(3, "name"));
    return 0;
}
