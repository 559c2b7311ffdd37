// One call many times, on the files below /usr/local/lib. `prepare` lists them;
// each of the others makes so many calls and gives a sum that depends on what
// they answered and on nothing else, so that it is the same wherever the tree is.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef unsigned long long u64;

#define ROOT "/usr/local/lib"
#define PREAD_LEN 4096
#define SAMPLE 1000

struct paths {
    char **at;
    size_t count, room;
};

static struct paths files, directories;

static int longest;
static u64 longest_len;

// Entries that the last `readdir` has seen: whole directories, so more than asked.
static u64 entries_seen;
static unsigned char buffer[PREAD_LEN];

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

static int is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

static void list(const char *path) {
    char child[4096];
    DIR *directory = opendir(path);
    if (!directory) fail(path);
    add(&directories, path);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (is_dots(entry->d_name)) continue;
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR) list(child);
        else add(&files, child);
    }
    closedir(directory);
}

// Opens the longest of some files: to find it is not what is timed.
static void open_longest(void) {
    const char *path = files.at[0];
    struct stat status;
    for (size_t number = 0; number < files.count && number < 1000; number++) {
        if (stat(files.at[number], &status)) fail(files.at[number]);
        if ((u64)status.st_size <= longest_len) continue;
        longest_len = status.st_size;
        path = files.at[number];
    }
    if ((longest = open(path, O_RDONLY)) < 0) fail(path);
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// Sorted: directories list in different orders.
__attribute__((export_name("prepare"))) void prepare(void) {
    list(ROOT);
    qsort(files.at, files.count, sizeof *files.at, compare);
    qsort(directories.at, directories.count, sizeof *directories.at, compare);
    open_longest();
}

// Files from all over the tree, the same ones in the same order each time; of a
// large tree so many, since a processor's caches hold what a program works on
// and no program works on all of a million files.
static const char *file(u64 number) {
    size_t sample = files.count < SAMPLE ? files.count : SAMPLE;
    size_t drawn = number * 0x9e3779b97f4a7c15ull % sample;
    return files.at[(u64)drawn * files.count / sample];
}

__attribute__((export_name("stat"))) u64 stat_calls(u64 count) {
    u64 sum = 0;
    struct stat status;
    for (u64 number = 0; number < count; number++) {
        if (stat(file(number), &status)) fail(file(number));
        sum += status.st_size;
    }
    return sum;
}

__attribute__((export_name("open_close"))) u64 open_close_calls(u64 count) {
    u64 sum = 0;
    for (u64 number = 0; number < count; number++) {
        int fd = open(file(number), O_RDONLY);
        if (fd < 0) fail(file(number));
        // What it answers is not looked at: the released wasi-vfs may say EBADF.
        close(fd);
        sum++;
    }
    return sum;
}

// Whole directories, until so many entries were seen.
__attribute__((export_name("readdir"))) u64 readdir_calls(u64 count) {
    u64 sum = 0;
    entries_seen = 0;
    for (size_t number = 0; entries_seen < count; number++) {
        const char *path = directories.at[number % directories.count];
        DIR *directory = opendir(path);
        if (!directory) fail(path);
        for (struct dirent *entry; (entry = readdir(directory));) {
            if (is_dots(entry->d_name)) continue;
            entries_seen++;
            sum += strlen(entry->d_name) * 256 + (unsigned char)entry->d_name[0];
        }
        closedir(directory);
    }
    return sum;
}

__attribute__((export_name("entries"))) u64 entries(void) { return entries_seen; }

static u64 position(u64 number) { return (number * 0x9e3779b97f4a7c15ull >> 20) % longest_len; }

__attribute__((export_name("seek"))) u64 seek_calls(u64 count) {
    u64 sum = 0;
    for (u64 number = 0; number < count; number++) sum += lseek(longest, position(number), SEEK_SET);
    return sum;
}

// Where there is no pread, what a program would do instead.
static ssize_t read_at(int fd, u64 offset) {
    ssize_t got = pread(fd, buffer, sizeof buffer, offset);
    if (got >= 0 || (errno != ENOTSUP && errno != ENOSYS)) return got;
    if (lseek(fd, offset, SEEK_SET) < 0) return -1;
    return read(fd, buffer, sizeof buffer);
}

__attribute__((export_name("pread"))) u64 pread_calls(u64 count) {
    u64 sum = 0;
    for (u64 number = 0; number < count; number++) {
        ssize_t got = read_at(longest, position(number));
        if (got < 0) fail("pread");
        sum += got + buffer[0];
    }
    return sum;
}
