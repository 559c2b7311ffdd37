// Walks ROOT with libc and prints each path with its kind, size, time and
// content, sorted, and whether every inode number was seen once.
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PATHS 20000

static char *lines[MAX_PATHS];
static unsigned long long inodes[MAX_PATHS];
static size_t count;

static unsigned long long content(const char *path) {
    static char buffer[32768];
    unsigned long long hash = FNV_START;
    ssize_t read_;
    int fd = open(path, O_RDONLY);
    if (fd < 0) { perror(path); exit(1); }
    while ((read_ = read(fd, buffer, sizeof buffer)) > 0) hash = fnv(hash, buffer, read_);
    if (read_ < 0) { perror(path); exit(1); }
    close(fd);
    return hash;
}

static char *describe(const char *path, const struct stat *stat) {
    char *line, target[1024];
    long long seconds = stat->st_mtim.tv_sec;
    long nanoseconds = stat->st_mtim.tv_nsec;
    if (S_ISDIR(stat->st_mode)) {
        asprintf(&line, "%s directory %lld.%09ld", path, seconds, nanoseconds);
    } else if (S_ISLNK(stat->st_mode)) {
        ssize_t len = readlink(path, target, sizeof target);
        if (len < 0) { perror(path); exit(1); }
        asprintf(&line, "%s link %lld.%09ld %.*s", path, seconds, nanoseconds, (int)len, target);
    } else {
        asprintf(&line, "%s file %lld.%09ld %lld %llx", path, seconds, nanoseconds,
                 (long long)stat->st_size, content(path));
    }
    return line;
}

static void walk(const char *path) {
    struct stat stat;
    if (lstat(path, &stat)) { perror(path); exit(1); }
    if (count == MAX_PATHS) abort();
    inodes[count] = stat.st_ino;
    lines[count++] = describe(path, &stat);
    if (!S_ISDIR(stat.st_mode)) return;

    DIR *directory = opendir(path);
    if (!directory) { perror(path); exit(1); }
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        char *child;
        asprintf(&child, "%s/%s", strcmp(path, "/") ? path : "", entry->d_name);
        walk(child);
        free(child);
    }
    closedir(directory);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static int by_number(const void *a, const void *b) {
    unsigned long long x = *(unsigned long long *)a, y = *(unsigned long long *)b;
    return (x > y) - (x < y);
}

static int guest(void) {
    walk(root());
    qsort(lines, count, sizeof *lines, by_text);
    for (size_t i = 0; i < count; i++) puts(lines[i]);
    qsort(inodes, count, sizeof *inodes, by_number);
    size_t repeated = 0;
    for (size_t i = 1; i < count; i++) repeated += inodes[i] == inodes[i - 1];
    printf("%zu paths, %zu repeated inode numbers\n", count, repeated);
    return 0;
}
