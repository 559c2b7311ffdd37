// A file longer than 4 GiB: sizes, positions and bytes around the 32nd bit.
#include "wasi.h"

#define GIB4 (1ull << 32)

static void print_at(__wasi_fd_t fd, __wasi_filesize_t offset) {
    uint8_t bytes[16] = {0};
    __wasi_iovec_t iovec = {bytes, sizeof bytes};
    __wasi_size_t read = 0;
    __wasi_errno_t error = __wasi_fd_pread(fd, &iovec, 1, offset, &read);
    printf("%llu: errno %u, %lu bytes", offset, error, read);
    for (size_t i = 0; i < read; i++) printf(" %02x", bytes[i]);
    puts("");
}

static int guest(void) {
    __wasi_fd_t fd = must_open("large");
    __wasi_filestat_t stat;
    __wasi_filesize_t position;
    TRY("stat", __wasi_fd_filestat_get(fd, &stat));
    printf("size %llu\n", stat.size);
    static const __wasi_filesize_t OFFSETS[] = {0, 8, GIB4 / 2 - 8, GIB4 - 16, GIB4 - 8, GIB4, GIB4 + 8, GIB4 + 1000000};
    for (size_t i = 0; i < sizeof OFFSETS / sizeof *OFFSETS; i++) print_at(fd, OFFSETS[i]);
    print_at(fd, stat.size - 8);
    print_at(fd, stat.size);

    // Across the boundary by the position, as `read` does.
    TRY("seek", __wasi_fd_seek(fd, GIB4 - 4, __WASI_WHENCE_SET, &position));
    uint8_t bytes[8];
    __wasi_size_t read;
    TRY("read", read_some(fd, bytes, sizeof bytes, &read));
    printf("%lu bytes: %.8s\n", read, (char *)bytes);
    TRY("tell", __wasi_fd_tell(fd, &position));
    printf("position %llu\n", position);
    TRY("seek from the end", __wasi_fd_seek(fd, -8, __WASI_WHENCE_END, &position));
    printf("position %llu\n", position);
    TRY("read", read_some(fd, bytes, sizeof bytes, &read));
    printf("%lu bytes: %.8s\n", read, (char *)bytes);
    return 0;
}
