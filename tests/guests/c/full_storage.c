// Fills a writable directory by each call, until there is no space. A call that fails must
// change nothing. Removed files give their space back, so that the call works again.
//
// The tree has `old/`, with files that were packed. New files go to `new/`.
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// More calls than any limit of the test allows.
#define CALLS 100000
#define CHUNK 4096

static char path[1024], other[1024], target[901], chunk[CHUNK];

static const char *below(char *into, const char *directory, const char *kind, int number) {
    snprintf(into, 1024, "%s/%s/%s-%d", root(), directory, kind, number);
    return into;
}

static const char *new_path(const char *kind, int number) { return below(path, "new", kind, number); }

// --- The tree ------------------------------------------------------------------

static unsigned long long hash_file(unsigned long long hash, const char *at) {
    static char buffer[CHUNK];
    int fd = open(at, O_RDONLY);
    if (fd < 0) printf("open %s: %s\n", at, strerror(errno));
    for (ssize_t len; (len = read(fd, buffer, sizeof buffer)) > 0;) hash = fnv(hash, buffer, len);
    close(fd);
    return hash;
}

// Names, lengths, link counts and content of a directory. A sum, since order is the host's.
static unsigned long long hash_directory(const char *name) {
    static char at[1024];
    unsigned long long sum = 0;
    snprintf(at, sizeof at, "%s/%s", root(), name);
    DIR *directory = opendir(at);
    if (!directory) printf("list %s: %s\n", at, strerror(errno));
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        struct stat status;
        if (entry->d_name[0] == '.') continue;
        snprintf(at, sizeof at, "%s/%s/%s", root(), name, entry->d_name);
        if (lstat(at, &status)) printf("stat %s: %s\n", at, strerror(errno));
        long long facts[] = {status.st_size, status.st_nlink, status.st_mode & S_IFMT};
        unsigned long long hash = fnv(FNV_START, entry->d_name, strlen(entry->d_name));
        hash = fnv(hash, facts, S_ISDIR(status.st_mode) ? 0 : sizeof facts);
        // Long files are of the calls that extend them by a hole.
        if (S_ISREG(status.st_mode) && status.st_size < 1 << 20) hash = hash_file(hash, at);
        sum += hash;
    }
    if (directory) closedir(directory);
    return sum;
}

static unsigned long long hash_tree(void) { return hash_directory("old") ^ 31 * hash_directory("new"); }

// --- Calls ---------------------------------------------------------------------

// Each returns 0 or -1, and writes as much as it can.

static int create(int number) {
    int fd = open(new_path("file", number), O_CREAT | O_EXCL | O_WRONLY, 0666);
    return fd < 0 ? -1 : close(fd);
}

static int make_directory(int number) { return mkdir(new_path("directory", number), 0777); }

static int make_link(int number) { return symlink(target, new_path("symlink", number)); }

static int link_file(int number) { return link(below(other, "old", "file", number % 9), new_path("link", number)); }

static void name_moved(void) {
    snprintf(other, sizeof other, "%s/new/%.200s", root(), target);
    below(path, "old", "file", 9);
}

static int rename_file(int number) {
    (void)number;
    name_moved();
    return rename(path, other);
}

// A packed file is not removed, but gets its name back.
static void restore_moved(void) {
    name_moved();
    if (rename(other, path) && errno != ENOENT) printf("rename back: %s\n", strerror(errno));
}

// `len` bytes at an offset of a file that is extended.
static int write_at(const char *kind, int flags, off_t offset, size_t len) {
    int fd = open(new_path(kind, 0), O_CREAT | O_WRONLY | flags, 0666);
    if (fd < 0) return -1;
    ssize_t done = 0;
    for (size_t at = 0; at < len; at += done) {
        done = flags & O_APPEND ? write(fd, chunk + at, len - at) : pwrite(fd, chunk + at, len - at, offset + at);
        if (done < 0) break;
    }
    int error = errno;
    close(fd);
    errno = error;
    return done < 0 ? -1 : 0;
}

static int write_chunk(int number) { return write_at("chunks", 0, (off_t)number * CHUNK, CHUNK); }

static int append_bytes(int number) {
    (void)number;
    return write_at("log", O_APPEND, 0, 100);
}

static int write_sparsely(int number) { return write_at("sparse", 0, (off_t)number << 20, 1); }

static int allocate(int number) {
    int fd = open(new_path("room", 0), O_CREAT | O_WRONLY, 0666);
    if (fd < 0) return -1;
    int error = posix_fallocate(fd, 0, (off_t)(number + 1) * CHUNK);
    close(fd);
    errno = error;
    return error ? -1 : 0;
}

static int write_packed(int number) {
    int fd = open(below(path, "old", "file", number % 9), O_WRONLY);
    if (fd < 0) return -1;
    ssize_t done = pwrite(fd, "x", 1, number);
    int error = errno;
    close(fd);
    errno = error;
    return done < 0 ? -1 : 0;
}

static int truncate_packed(int number) { return truncate(below(path, "old", "file", number % 9), 5); }

static int set_times(int number) {
    struct timespec times[2] = {{number, 0}, {number, 0}};
    return utimensat(AT_FDCWD, below(path, "old", "file", number % 9), times, 0);
}

static const struct {
    const char *name;
    int (*call)(int number);
} CALLS_OF[] = {
    {"create", create},         {"mkdir", make_directory},    {"symlink", make_link},    {"link", link_file},
    {"write", write_chunk},     {"append", append_bytes},     {"sparse", write_sparsely}, {"allocate", allocate},
    {"rename", rename_file},    {"write packed", write_packed}, {"truncate", truncate_packed}, {"times", set_times},
};

enum { KINDS = sizeof CALLS_OF / sizeof *CALLS_OF, FILLING = 8 };

// Calls once. A call without space must leave the tree as it was. A write may have written
// a part before, which the next try shows.
static int call_checked(int kind, int number) {
    for (int tries = 0; tries < 2; tries++) {
        unsigned long long before = hash_tree();
        if (!CALLS_OF[kind].call(number)) return 1;
        int error = errno;
        if (error != ENOSPC) printf("%s: %s\n", CALLS_OF[kind].name, strerror(error));
        if (tries && hash_tree() != before) printf("%s without space changes the tree\n", CALLS_OF[kind].name);
    }
    return 0;
}

static void remove_new(void) {
    restore_moved();
    snprintf(path, sizeof path, "%s/new", root());
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.') continue;
        snprintf(other, sizeof other, "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR ? rmdir(other) : unlink(other)) printf("remove %s: %s\n", other, strerror(errno));
    }
    if (directory) closedir(directory);
}

static void fill(int kind) {
    int number = 0;
    while (number < CALLS && !CALLS_OF[kind].call(number)) number++;
    if (number == CALLS) printf("%s: never full\n", CALLS_OF[kind].name);
    if (call_checked(kind, number)) printf("%s: space without a removal\n", CALLS_OF[kind].name);
    for (int each = 0; each < KINDS; each++) call_checked(each, CALLS + each);
    remove_new();
    if (CALLS_OF[kind].call(0)) printf("%s after the removal: %s\n", CALLS_OF[kind].name, strerror(errno));
    remove_new();
    printf("%s: full and free again\n", CALLS_OF[kind].name);
}

static int guest(void) {
    memset(target, 't', sizeof target - 1);
    memset(chunk, 'c', sizeof chunk);
    // What calls and listings need besides space stays allocated for the next ones.
    for (int kind = 0; kind < KINDS; kind++)
        if (CALLS_OF[kind].call(0)) printf("%s: %s\n", CALLS_OF[kind].name, strerror(errno));
    hash_tree();
    remove_new();
    for (int kind = 0; kind < FILLING; kind++) fill(kind);
    return 0;
}
