// Reads a file of the tree, overwrites all of its memory but what it needs to
// go on, and reads that file again and others, which nothing has read before: what
// serves the files must not lie there. Then once more with a page more of memory.
//
// No function of the C library that has a state is called meanwhile: that is gone.
#include "guest.h"

#include <fcntl.h>
#include <unistd.h>
#include <wasi/api.h>

// The stack comes first and data after it; all above the end of data is heap.
extern unsigned char __heap_base;

static unsigned char content[64];
static unsigned char listing[4096];

static __wasi_errno_t read_again(__wasi_fd_t fd, size_t *len) {
    __wasi_iovec_t vector = {content, sizeof content};
    return __wasi_fd_pread(fd, &vector, 1, 0, len);
}

// Whether the first bytes of the file are `expected`.
static int gives(__wasi_fd_t fd, const char *expected, size_t len) {
    size_t found;
    for (size_t i = 0; i < sizeof content; i++) content[i] = 0;
    if (read_again(fd, &found) || found < len) return 0;
    for (size_t i = 0; i < len; i++)
        if (content[i] != (unsigned char)expected[i]) return 0;
    return 1;
}

// Whether a file that was not open does. The first preopen is 3.
static int opens(const char *path, const char *expected, size_t len) {
    __wasi_fd_t fd;
    __wasi_filestat_t stat;
    const __wasi_rights_t rights = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK;
    if (__wasi_path_open(3, 0, path, 0, rights, 0, 0, &fd)) return 0;
    int same = gives(fd, expected, len) && !__wasi_fd_filestat_get(fd, &stat) && stat.size >= len;
    return !__wasi_fd_close(fd) && same;
}

static int lists(void) {
    size_t used;
    __wasi_prestat_t prestat;
    return !__wasi_fd_prestat_get(3, &prestat) && prestat.u.dir.pr_name_len == 5 &&
           !__wasi_fd_readdir(3, listing, sizeof listing, 0, &used) && used > 300;
}

static void scribble(void) {
    unsigned char *end = (unsigned char *)(__builtin_wasm_memory_size(0) << 16);
    for (unsigned char *p = &__heap_base; p < end; p++) *p = 0xa5;
}

static int is_unharmed(__wasi_fd_t fd, const char *other, const char *expected, size_t len) {
    return gives(fd, "hello, world\n", 13) && opens(other, expected, len) && lists() &&
           opens("dir/sub/c.txt", "hello, world\n", 13);
}

static int guest(void) {
    char path[256];
    snprintf(path, sizeof path, "%s/hello.txt", root());
    int fd = open(path, O_RDONLY);
    if (fd < 0) { perror(path); return 1; }
    int same = gives(fd, "hello, world\n", 13);
    scribble();
    same &= is_unharmed(fd, "dir/a.txt", "a\n", 2);
    // In a shared memory, the runtime may have to move.
    same &= __builtin_wasm_memory_grow(0, 1) != (size_t)-1;
    scribble();
    same &= is_unharmed(fd, "many/file-299", "299\n299\n", 8);
    __wasi_ciovec_t said = {(const unsigned char *)(same ? "unharmed\n" : "harmed\n"), same ? 9 : 7};
    size_t written;
    return __wasi_fd_write(1, &said, 1, &written) || !same;
}
