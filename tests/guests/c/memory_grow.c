// Grows its memory while descriptors are open and files half read: by single pages, by
// many at once, by none. New pages must be zero and follow the old ones. The old bytes
// must stay, and reading must continue.
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#define PAGE 65536
#define OPEN 3

static const char *const NAMES[OPEN] = {"hello.txt", "big.bin", "dir/a.txt"};
static const size_t GROWTHS[] = {1, 1, 0, 1, 7, 1, 100, 1, 1, 3, 0, 40, 1};

static size_t pages(void) { return __builtin_wasm_memory_size(0); }

// The hash of all pages that were added so far, each full of its number.
static unsigned long long written(size_t first) {
    unsigned long long hash = FNV_START;
    for (size_t page = first; page < pages(); page++) {
        const unsigned char *at = (const unsigned char *)(page * PAGE);
        for (size_t i = 0; i < PAGE; i += 1021) hash = fnv(hash, at + i, 1);
    }
    return hash;
}

static int is_zero(size_t page) {
    const unsigned long long *at = (const unsigned long long *)(page * PAGE);
    for (size_t i = 0; i < PAGE / sizeof *at; i++)
        if (at[i]) return 0;
    return 1;
}

static void grow(size_t count, size_t first) {
    size_t before = pages();
    unsigned long long hash = written(first);
    size_t got = __builtin_wasm_memory_grow(0, count);
    if (got != before || pages() != before + count) printf("grow: %lu, then %lu pages\n", got, pages());
    for (size_t page = before; page < before + count; page++) {
        if (!is_zero(page)) printf("page %lu is not zero\n", page - first);
        memset((void *)(page * PAGE), (int)page, PAGE);
    }
    // As it was, up to where it ended.
    unsigned long long now = FNV_START;
    for (size_t page = first; page < before; page++) {
        const unsigned char *at = (const unsigned char *)(page * PAGE);
        for (size_t i = 0; i < PAGE; i += 1021) now = fnv(now, at + i, 1);
    }
    printf("grown by %lu: %s\n", count, now == hash ? "the rest is as it was" : "the rest has changed");
}

static int guest(void) {
    char path[256];
    static unsigned char buffer[7000];
    int fds[OPEN];
    unsigned long long hashes[OPEN];
    size_t lens[OPEN] = {0};
    for (int i = 0; i < OPEN; i++) {
        snprintf(path, sizeof path, "%s/%s", root(), NAMES[i]);
        if ((fds[i] = open(path, O_RDONLY)) < 0) { perror(path); return 1; }
        hashes[i] = FNV_START;
    }
    size_t first = pages();
    for (size_t round = 0; round < sizeof GROWTHS / sizeof *GROWTHS; round++) {
        grow(GROWTHS[round], first);
        for (int i = 0; i < OPEN; i++) {
            ssize_t len = read(fds[i], buffer, sizeof buffer);
            if (len < 0) perror(NAMES[i]);
            else hashes[i] = fnv(hashes[i], buffer, len), lens[i] += len;
        }
        // And one that is opened again each time.
        snprintf(path, sizeof path, "%s/many/file-%lu", root(), round);
        int fd = open(path, O_RDONLY);
        ssize_t len = read(fd, buffer, sizeof buffer);
        printf("%s: %ld bytes, %016llx\n", path + strlen(root()), (long)len, fnv(FNV_START, buffer, len < 0 ? 0 : len));
        close(fd);
    }
    // The rest of each, with a page between two reads.
    for (int i = 0; i < OPEN; i++) {
        for (ssize_t len; (len = read(fds[i], buffer, sizeof buffer)) > 0;) {
            hashes[i] = fnv(hashes[i], buffer, len), lens[i] += len;
            if (__builtin_wasm_memory_grow(0, 1) == (size_t)-1) puts("no more memory");
        }
        printf("%s: %lu bytes, %016llx\n", NAMES[i], lens[i], hashes[i]);
    }
    if (!is_zero(pages() - 1)) puts("the last page is not zero");
    return 0;
}
