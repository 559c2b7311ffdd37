// Host and image on the same guest path, and one within the other: the longer
// prefix wins, on a tie the image. Descriptors of both are usable side by side.
#include "wasi.h"

static void print_file(const char *path) {
    char line[64] = "";
    FILE *file = fopen(path, "r");
    printf("%s: %s\n", path, file && fgets(line, sizeof line, file) ? line : "not there");
    if (file) fclose(file);
}

static void print_through(__wasi_fd_t directory, const char *path) {
    __wasi_fd_t fd;
    char bytes[64];
    __wasi_size_t read = 0;
    __wasi_errno_t error = __wasi_path_open(directory, 0, path, 0, READ_RIGHTS, 0, 0, &fd);
    if (!error) error = read_some(fd, bytes, sizeof bytes, &read);
    printf("%s through %u: errno %u %.*s\n", path, directory, error, (int)read, bytes);
}

static int guest(void) {
    print_file("/data/both");
    print_file("/data/image-only");
    print_file("/data/host-only");
    print_file("/data/inner/both");
    print_through(3, "both");
    print_through(3, "host-only");
    print_through(4, "both");
    print_through(5, "both");
    return 0;
}
