// Reads the files below /usr/local/lib, or repeats one call on them. A reactor: the
// clock of the engine runs around one exported call, not around a process.
//
// Each export that repeats a call takes a count and returns a sum of the answers. The
// sum depends on the files only, so it is equal wherever the tree lies.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(#name)))
#define ROOT "/usr/local/lib"
#define PREAD_LEN 4096
#define SAMPLE 1000
#define GOLDEN 0x9e3779b97f4a7c15ull

struct paths {
    char **at;
    size_t count, room;
};

static struct paths files, directories;
static int longest;
static u64 longest_len, entries_seen;
static u64 files_read, bytes_read, digest_read;
static unsigned char buffer[65536];

static void fail(const char *path) {
    perror(path);
    abort();
}

static void add(struct paths *paths, const char *path) {
    if (paths->count == paths->room) {
        paths->room = paths->room ? 2 * paths->room : 64;
        paths->at = realloc(paths->at, paths->room * sizeof *paths->at);
        if (!paths->at) fail(path);
    }
    if (!(paths->at[paths->count++] = strdup(path))) fail(path);
}

// Calls `file` with every path to a file, and collects directories if `collects`.
static void walk(const char *path, int collects, void (*file)(const char *)) {
    char child[4096];
    DIR *directory = opendir(path);
    if (!directory) fail(path);
    if (collects) add(&directories, path);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR) walk(child, collects, file);
        else file(child);
    }
    closedir(directory);
}

// Reading: `src/content.rs` computes the same digest of the directory. The digest takes
// eight bytes at a time, or hashing would dominate the time.

static u64 mix(u64 hash, u64 word) {
    hash = (hash ^ word) * GOLDEN;
    return hash ^ hash >> 32;
}

static u64 mix_bytes(u64 hash, const unsigned char *from, size_t len) {
    u64 word;
    for (; len >= sizeof word; from += sizeof word, len -= sizeof word) {
        memcpy(&word, from, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, from, len);
    return mix(hash, word);
}

// Fills the buffer up to the end of the file, so that short reads do not change the digest.
static size_t fill(int fd, const char *path) {
    size_t len = 0;
    ssize_t got = 1;
    while (len < sizeof buffer && (got = read(fd, buffer + len, sizeof buffer - len)) > 0) len += got;
    if (got < 0) fail(path);
    return len;
}

static void read_file(const char *path) {
    const char *name = path + strlen(ROOT);
    u64 hash = mix_bytes(1, (const unsigned char *)name, strlen(name));
    size_t len;
    int fd = open(path, O_RDONLY);
    if (fd < 0) fail(path);
    do {
        len = fill(fd, path);
        hash = mix_bytes(hash, buffer, len);
        bytes_read += len;
    } while (len == sizeof buffer);
    close(fd);
    files_read++;
    // A sum, because directories list in different orders.
    digest_read += hash;
}

EXPORT(read_every_file) void read_every_file(void) { walk(ROOT, 0, read_file); }
EXPORT(files) u64 files_of_all(void) { return files_read; }
EXPORT(bytes) u64 bytes_of_all(void) { return bytes_read; }
EXPORT(digest) u64 digest_of_all(void) { return digest_read; }

// Calls.

static void collect(const char *path) { add(&files, path); }

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void sort(struct paths *paths) { qsort(paths->at, paths->count, sizeof *paths->at, compare); }

// Collects all paths, and opens the longest of the first files for `pread`.
EXPORT(prepare) void prepare(void) {
    struct stat status;
    walk(ROOT, 1, collect);
    sort(&files);
    sort(&directories);
    const char *path = files.at[0];
    for (size_t number = 0; number < files.count && number < SAMPLE; number++) {
        if (stat(files.at[number], &status)) fail(files.at[number]);
        if ((u64)status.st_size <= longest_len) continue;
        longest_len = status.st_size;
        path = files.at[number];
    }
    if ((longest = open(path, O_RDONLY)) < 0) fail(path);
}

// A file of a sample from all over the tree, in an order that is always the same. No
// program works on all of a million files, and a sample fits the caches of a processor.
static const char *file(u64 number) {
    size_t sample = files.count < SAMPLE ? files.count : SAMPLE;
    size_t drawn = number * GOLDEN % sample;
    return files.at[(u64)drawn * files.count / sample];
}

EXPORT(stat) u64 stat_calls(u64 count) {
    u64 sum = 0;
    struct stat status;
    for (u64 number = 0; number < count; number++) {
        if (stat(file(number), &status)) fail(file(number));
        sum += status.st_size;
    }
    return sum;
}

EXPORT(open_close) u64 open_close_calls(u64 count) {
    for (u64 number = 0; number < count; number++) {
        int fd = open(file(number), O_RDONLY);
        if (fd < 0) fail(file(number));
        // The answer is ignored: the earlier wasi-vfs may answer EBADF.
        close(fd);
    }
    return count;
}

// Lists whole directories until `count` entries are seen. `entries` returns how many.
EXPORT(readdir) u64 readdir_calls(u64 count) {
    u64 sum = 0;
    entries_seen = 0;
    for (size_t number = 0; entries_seen < count; number++) {
        const char *path = directories.at[number % directories.count];
        DIR *directory = opendir(path);
        if (!directory) fail(path);
        for (struct dirent *entry; (entry = readdir(directory));) {
            if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
            entries_seen++;
            sum += strlen(entry->d_name) * 256 + (unsigned char)entry->d_name[0];
        }
        closedir(directory);
    }
    return sum;
}

EXPORT(entries) u64 entries(void) { return entries_seen; }

// The earlier wasi-vfs has no `pread`, so a program would seek and read.
static ssize_t read_at(int fd, u64 offset) {
    ssize_t got = pread(fd, buffer, PREAD_LEN, offset);
    if (got >= 0) return got;
    if (lseek(fd, offset, SEEK_SET) < 0) return -1;
    return read(fd, buffer, PREAD_LEN);
}

EXPORT(pread) u64 pread_calls(u64 count) {
    u64 sum = 0;
    for (u64 number = 0; number < count; number++) {
        ssize_t got = read_at(longest, (number * GOLDEN >> 20) % longest_len);
        if (got < 0) fail("pread");
        sum += got + buffer[0];
    }
    return sum;
}
