// Opens, reads, seeks, stats and lists by the functions of libc, and prints each result or
// its errno. It names no import, so it runs with a libc of any version of WASI.
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_NAMES 100

static void say(const char *what, long long result) {
    if (result < 0) printf("%s: %s\n", what, strerror(errno));
    else printf("%s: %lld\n", what, result);
}

static int open_at(int directory, const char *path, int flags) {
    int fd = openat(directory, path, flags);
    // The number itself may differ.
    printf("open %s: %s\n", path, fd < 0 ? strerror(errno) : "opened");
    return fd;
}

static void failing_opens(int directory) {
    const char *paths[] = {"missing", "dir/missing", "hello.txt/x", "hello.txt/", "../outside",
                           "dir/../../outside", "/absolute", ""};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        open_at(directory, paths[i], O_RDONLY);
    open_at(directory, "hello.txt", O_RDONLY | O_DIRECTORY);
    open_at(directory, "link", O_RDONLY | O_NOFOLLOW);
}

static void read_parts(int fd) {
    char a[5] = "", b[300] = "";
    struct iovec parts[] = {{a, sizeof a}, {b, sizeof b}};
    ssize_t len = readv(fd, parts, 2);
    say("readv", len);
    printf("%llx\n", fnv(fnv(FNV_START, a, sizeof a), b, sizeof b));
    say("pread", pread(fd, b, sizeof b, 70000));
    printf("%llx\n", fnv(FNV_START, b, sizeof b));
    say("pread behind the end", pread(fd, b, sizeof b, 1LL << 40));
    say("position", lseek(fd, 0, SEEK_CUR));
}

static void seek(int fd) {
    const struct { long long offset; int whence; } moves[] = {
        {10, SEEK_SET}, {5, SEEK_CUR}, {-15, SEEK_CUR}, {-1, SEEK_CUR}, {-7, SEEK_END},
        {7, SEEK_END}, {-1, SEEK_SET}, {1LL << 62, SEEK_SET}, {LLONG_MAX, SEEK_CUR}, {3, 99},
    };
    char byte;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        say("seek", lseek(fd, moves[i].offset, moves[i].whence));
        say("at", lseek(fd, 0, SEEK_CUR));
        ssize_t len = read(fd, &byte, 1);
        say("byte", len == 1 ? byte & 0xff : len);
    }
}

static void describe(const char *what, int failed, const struct stat *stat) {
    say(what, failed);
    if (failed) return;
    int is_directory = S_ISDIR(stat->st_mode);
    printf("  type %o, size %lld, time %lld.%09ld\n", (unsigned)(stat->st_mode & S_IFMT),
           is_directory ? 0 : (long long)stat->st_size, (long long)stat->st_mtim.tv_sec,
           (long)stat->st_mtim.tv_nsec);
}

static void stats(int directory, int fd) {
    const char *paths[] = {".", "hello.txt", "link", "dir", "dir/loop", "missing"};
    struct stat stat;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        describe(paths[i], fstatat(directory, paths[i], &stat, 0), &stat);
        describe("  itself", fstatat(directory, paths[i], &stat, AT_SYMLINK_NOFOLLOW), &stat);
        say("  access", faccessat(directory, paths[i], R_OK, 0));
    }
    describe("file", fstat(fd, &stat), &stat);
    describe("directory", fstat(directory, &stat), &stat);
    char target[8];
    say("readlink", readlinkat(directory, "link", target, sizeof target));
    printf("%.*s\n", (int)sizeof target, target);
    say("readlink of a file", readlinkat(directory, "hello.txt", target, sizeof target));
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

// The names to the end, sorted.
static void rest(DIR *directory) {
    char *names[MAX_NAMES];
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) && count < MAX_NAMES;) {
        int is_special = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
        if (!is_special) asprintf(&names[count++], "%s %d", entry->d_name, entry->d_type);
    }
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        printf("  %s\n", names[i]);
        free(names[i]);
    }
}

static void lists(const char *path) {
    DIR *directory = opendir(path);
    printf("list %s: %s\n", path, directory ? "opened" : strerror(errno));
    if (!directory) return;
    rest(directory);
    rewinddir(directory);
    printf("again\n");
    rest(directory);
    closedir(directory);
}

static void stream(const char *path) {
    char line[100];
    FILE *file = fopen(path, "r");
    printf("stream %s: %s\n", path, file ? "opened" : strerror(errno));
    if (!file) return;
    fseek(file, -6, SEEK_END);
    say("offset", ftell(file));
    printf("%s", fgets(line, sizeof line, file));
    rewind(file);
    printf("%s", fgets(line, sizeof line, file));
    say("offset", ftell(file));
    fclose(file);
}

static int guest(void) {
    if (chdir(root())) { perror(root()); return 1; }
    int directory = open(root(), O_RDONLY | O_DIRECTORY);
    if (directory < 0) { perror(root()); return 1; }
    failing_opens(directory);
    int fd = open_at(directory, "dir/../link", O_RDONLY);
    stats(directory, fd);
    close(fd);
    fd = open_at(directory, "big.bin", O_RDONLY);
    read_parts(fd);
    seek(fd);
    say("close", close(fd));
    say("closed", lseek(fd, 0, SEEK_CUR));
    const char *paths[] = {".", "dir", "dir/sub", "hello.txt", "missing"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) lists(paths[i]);
    stream("hello.txt");
    stream("missing");
    return 0;
}
