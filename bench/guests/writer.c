// Changes files below /bench. A reactor, as reader.c: each export repeats one call, `count`
// times, and returns a sum of the answers.
//
// /bench/data is a file that is written in place. A round creates, renames and removes its
// other files, so each round finds the same tree.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(#name)))
#define GOLDEN 0x9e3779b97f4a7c15ull
#define CHUNK 4096
#define LINE 64

static unsigned char buffer[CHUNK];
static int data;
static u64 chunks;

static void fail(const char *what) {
    perror(what);
    abort();
}

EXPORT(prepare) void prepare(void) {
    struct stat status;
    for (int i = 0; i < CHUNK; i++) buffer[i] = i * 7;
    if ((data = open("/bench/data", O_RDWR)) < 0 || fstat(data, &status)) fail("/bench/data");
    chunks = status.st_size / CHUNK;
}

EXPORT(write) u64 write_calls(u64 count) {
    u64 sum = 0;
    for (u64 number = 0; number < count; number++) {
        ssize_t done = pwrite(data, buffer, CHUNK, (number * GOLDEN >> 20) % chunks * CHUNK);
        if (done < 0) fail("write");
        sum += done;
    }
    return sum;
}

EXPORT(append) u64 append_calls(u64 count) {
    struct stat status;
    int log = open("/bench/log", O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0666);
    if (log < 0) fail("/bench/log");
    for (u64 number = 0; number < count; number++)
        if (write(log, buffer, LINE) != LINE) fail("append");
    if (fstat(log, &status)) fail("/bench/log");
    close(log);
    return status.st_size;
}

static const char *name(char *into, u64 number, const char *end) {
    snprintf(into, 64, "/bench/file-%llu%s", number, end);
    return into;
}

EXPORT(create) u64 create_calls(u64 count) {
    char path[64];
    for (u64 number = 0; number < count; number++) {
        int fd = open(name(path, number, ""), O_CREAT | O_EXCL | O_WRONLY, 0666);
        if (fd < 0) fail(path);
        close(fd);
    }
    return count;
}

EXPORT(rename) u64 rename_calls(u64 count) {
    char old[64], new[64];
    for (u64 number = 0; number < count; number++)
        if (rename(name(old, number, ""), name(new, number, ".new"))) fail(old);
    return count;
}

EXPORT(unlink) u64 unlink_calls(u64 count) {
    char path[64];
    for (u64 number = 0; number < count; number++)
        if (unlink(name(path, number, ".new"))) fail(path);
    return count;
}

// Pages of a new file.
EXPORT(touch_pages) u64 touch_pages(u64 count) {
    int fd = open("/bench/pages", O_CREAT | O_TRUNC | O_WRONLY, 0666);
    if (fd < 0) fail("/bench/pages");
    for (u64 number = 0; number < count; number++)
        if (pwrite(fd, buffer, CHUNK, number * CHUNK) != CHUNK) fail("page");
    close(fd);
    return count;
}
