// Reads every file below /usr/local/lib. A reactor, so that the engine's clock
// runs around one call and not around the start of a process.
//
// The digest is the oracle: `src/content.rs` computes the same of the directory.
// It takes eight bytes at a time, else hashing would be most of what is timed.
// Without it, for where nothing but reading is to be timed, files are skimmed.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef unsigned long long u64;

#define ROOT "/usr/local/lib"

static u64 files, bytes, digest;
static int skims;
static unsigned char buffer[65536];

static u64 mix(u64 hash, u64 word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
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

static void fail(const char *path) {
    perror(path);
    abort();
}

// Fills the buffer unless the file ends, so that words begin where they begin
// in `src/content.rs`, however short a read comes out.
static size_t fill(int fd, const char *path) {
    size_t len = 0;
    ssize_t got;
    while (len < sizeof buffer && (got = read(fd, buffer + len, sizeof buffer - len)) > 0) len += got;
    if (len < sizeof buffer && got < 0) fail(path);
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
        if (!skims) hash = mix_bytes(hash, buffer, len);
        bytes += len;
    } while (len == sizeof buffer);
    close(fd);
    files++;
    // A sum: directories list in different orders.
    digest += hash;
}

static void read_directory(const char *path) {
    char child[4096];
    DIR *directory = opendir(path);
    if (!directory) fail(path);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR) read_directory(child);
        else read_file(child);
    }
    closedir(directory);
}

__attribute__((export_name("read_every_file"))) void read_every_file(void) { read_directory(ROOT); }

__attribute__((export_name("skim_every_file"))) void skim_every_file(void) {
    skims = 1;
    read_directory(ROOT);
}

__attribute__((export_name("look_up"))) void look_up(void) {
    struct stat status;
    if (stat(ROOT, &status)) fail(ROOT);
}

__attribute__((export_name("files"))) u64 files_read(void) { return files; }
__attribute__((export_name("bytes"))) u64 bytes_read(void) { return bytes; }
__attribute__((export_name("digest"))) u64 digest_of_all(void) { return digest; }
