// Walks the tree at ROOT and prints a line for each call: its result, or the errno. Goes
// on after an error. The lines are in the order of the names, so that two surveys can be
// compared line by line.
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_NAMES 400

static void failed(const char *what, const char *path) {
    printf("%s %s: errno %d\n", what, path, errno);
}

static void read_file(const char *path) {
    static char buffer[5000];
    unsigned long long hash = FNV_START;
    ssize_t len;
    int fd = open(path, O_RDONLY);
    if (fd < 0) return failed("open", path);
    while ((len = read(fd, buffer, sizeof buffer)) > 0) hash = fnv(hash, buffer, len);
    if (len < 0) failed("read", path);
    else printf("read %s: %llx\n", path, hash);
    close(fd);
}

static void read_target(const char *path) {
    char target[256];
    ssize_t len = readlink(path, target, sizeof target);
    if (len < 0) failed("readlink", path);
    else printf("readlink %s: %.*s\n", path, (int)len, target);
}

static void survey(const char *path);

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path) {
    // On the heap: trees may be deeper than a stack of 64 KiB holds.
    char **names = calloc(MAX_NAMES, sizeof *names);
    size_t count = 0;
    DIR *directory = opendir(path);
    if (!directory) return failed("list", path);
    errno = 0;
    for (struct dirent *entry; (entry = readdir(directory)) && count < MAX_NAMES; errno = 0)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            names[count++] = strdup(entry->d_name);
    if (errno) failed("list", path);
    else printf("list %s: %zu names\n", path, count);
    closedir(directory);
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        char *child;
        asprintf(&child, "%s/%s", path, names[i]);
        survey(child);
        free(child);
        free(names[i]);
    }
    free(names);
}

static void survey(const char *path) {
    struct stat stat;
    if (lstat(path, &stat)) return failed("stat", path);
    printf("stat %s: %llo %lld.%09ld %lld\n", path, (long long)stat.st_mode,
           (long long)stat.st_mtim.tv_sec, (long)stat.st_mtim.tv_nsec,
           S_ISDIR(stat.st_mode) ? 0 : (long long)stat.st_size);
    if (S_ISDIR(stat.st_mode)) list(path);
    else if (S_ISLNK(stat.st_mode)) read_target(path);
    else read_file(path);
}

static int guest(void) {
    survey(root());
    return 0;
}
