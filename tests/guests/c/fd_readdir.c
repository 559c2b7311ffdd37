// fd_readdir: every name once, with any size of the buffer; cookies restart.
#include "wasi.h"

#define MAX_NAMES 512

struct listing {
    size_t count;
    char *names[MAX_NAMES];
    __wasi_filetype_t types[MAX_NAMES];
    __wasi_dircookie_t next[MAX_NAMES];
};

static void add(struct listing *l, const __wasi_dirent_t *entry, const char *name) {
    if (l->count == MAX_NAMES) abort();
    l->names[l->count] = strndup(name, entry->d_namlen);
    l->types[l->count] = entry->d_type;
    l->next[l->count++] = entry->d_next;
}

// Reads on from `cookie` until a call does not fill the buffer.
static __wasi_errno_t list(__wasi_fd_t fd, size_t buffer_len, __wasi_dircookie_t cookie,
                           struct listing *l) {
    uint8_t *buffer = malloc(buffer_len);
    __wasi_size_t used;
    l->count = 0;
    do {
        __wasi_errno_t error = __wasi_fd_readdir(fd, buffer, buffer_len, cookie, &used);
        if (error) return error;
        size_t at = 0;
        __wasi_dirent_t entry;
        while (at + sizeof entry <= used) {
            memcpy(&entry, buffer + at, sizeof entry);
            if (at + sizeof entry + entry.d_namlen > used) break;
            add(l, &entry, (char *)buffer + at + sizeof entry);
            cookie = entry.d_next;
            at += sizeof entry + entry.d_namlen;
        }
    } while (used == buffer_len);
    free(buffer);
    return 0;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void print_sorted(const char *path, size_t buffer_len) {
    static struct listing l;
    char *lines[MAX_NAMES];
    __wasi_fd_t fd;
    if (TRY(path, open_directory(path, &fd))) return;
    TRY("list", list(fd, buffer_len, 0, &l));
    for (size_t i = 0; i < l.count; i++) asprintf(&lines[i], "%s %u", l.names[i], l.types[i]);
    qsort(lines, l.count, sizeof *lines, by_name);
    printf("%zu entries with a buffer of %zu\n", l.count, buffer_len);
    for (size_t i = 0; i < l.count; i++) printf("  %s\n", lines[i]);
    TRY("close", __wasi_fd_close(fd));
}

// From the cookie of any entry, the listing goes on with the one after it.
static void restart(const char *path) {
    static struct listing all, rest;
    __wasi_fd_t fd;
    if (TRY(path, open_directory(path, &fd))) return;
    TRY("list", list(fd, 4096, 0, &all));
    size_t wrong = 0;
    for (size_t i = 0; i < all.count; i++) {
        if (list(fd, 4096, all.next[i], &rest) || rest.count != all.count - i - 1) wrong++;
        else if (rest.count && strcmp(rest.names[0], all.names[i + 1])) wrong++;
    }
    printf("restarted wrongly: %zu\n", wrong);
    TRY("close", __wasi_fd_close(fd));
}

static int guest(void) {
    print_sorted(".", 4096);
    print_sorted("many", 4096);
    print_sorted("many", 100);
    print_sorted("empty-dir", 4096);
    print_sorted("link-directory", 512);
    restart("dir");
    restart("many");

    struct listing l;
    __wasi_fd_t file = must_open("hello.txt");
    TRY("list a file", list(file, 4096, 0, &l));
    TRY("list an unknown descriptor", list(99, 4096, 0, &l));
    return 0;
}
