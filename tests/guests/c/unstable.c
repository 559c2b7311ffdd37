// wasi_unstable, the WASI before preview 1, and with -DPREVIEW1 the same program for preview
// 1. It has no C library, because each imports preview 1. It looks at /data and at /host.
#include <stdint.h>

#ifdef PREVIEW1
#define WASI "wasi_snapshot_preview1"
enum { START, CURRENT, END };
typedef uint64_t link_count_t;
#define IDENTIFIER
#else
#define WASI "wasi_unstable"
enum { CURRENT, END, START };
typedef uint32_t link_count_t;
#define IDENTIFIER uint64_t identifier;
#endif

#define CALL(name, ...)                                                                    \
    __attribute__((import_module(WASI), import_name(#name))) int32_t name(__VA_ARGS__)

typedef int32_t fd_t;
typedef struct { const char *start; uint32_t len; } bytes_t;

CALL(fd_write, fd_t, const bytes_t *, uint32_t, uint32_t *);
CALL(fd_read, fd_t, const bytes_t *, uint32_t, uint32_t *);
CALL(fd_seek, fd_t, int64_t, uint32_t, uint64_t *);
CALL(fd_tell, fd_t, uint64_t *);
CALL(fd_close, fd_t);
CALL(fd_prestat_get, fd_t, void *);
CALL(fd_prestat_dir_name, fd_t, char *, uint32_t);
CALL(fd_filestat_get, fd_t, void *);
CALL(fd_readdir, fd_t, void *, uint32_t, uint64_t, uint32_t *);
CALL(path_filestat_get, fd_t, uint32_t, const char *, uint32_t, void *);
CALL(path_open, fd_t, uint32_t, const char *, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t, fd_t *);
CALL(poll_oneoff, const void *, void *, uint32_t, uint32_t *);
__attribute__((import_module(WASI), import_name("proc_exit"), noreturn)) void proc_exit(int32_t);

enum { CLOCK, FD_READ, FD_WRITE };
enum { MONOTONIC = 1, FOLLOW = 1, DIRECTORY = 2 };

typedef struct {
    uint64_t device, inode;
    uint8_t type;
    link_count_t links;
    uint64_t size, accessed, modified, changed;
} stat_t;

typedef struct {
    uint64_t userdata;
    uint8_t type;
    union {
        struct {
            IDENTIFIER
            uint32_t id;
            uint64_t timeout, precision;
            uint16_t flags;
        } clock;
        fd_t fd;
    };
} subscription_t;

typedef struct {
    uint64_t userdata;
    uint16_t error;
    uint8_t type;
    uint64_t byte_count;
    uint16_t flags;
} event_t;
#ifndef PREVIEW1
_Static_assert(sizeof(stat_t) == 56 && sizeof(subscription_t) == 56, "wasi_unstable");
#endif

static uint32_t length(const char *text) {
    uint32_t len = 0;
    while (text[len]) len++;
    return len;
}

static int equal(const void *one, const void *other, uint32_t len) {
    const uint8_t *a = one, *b = other;
    while (len--)
        if (*a++ != *b++) return 0;
    return 1;
}

static void print_bytes(const char *start, uint32_t len) {
    uint32_t written;
    bytes_t bytes = {start, len};
    fd_write(1, &bytes, 1, &written);
}

static void print(const char *text) { print_bytes(text, length(text)); }

static void number(const char *label, uint64_t value) {
    char digits[20];
    uint32_t at = sizeof digits;
    do digits[--at] = '0' + value % 10;
    while (value /= 10);
    print(label);
    print(" ");
    print_bytes(digits + at, sizeof digits - at);
    print("\n");
}

static fd_t preopen(const char *wanted) {
    uint32_t prestat[2];
    for (fd_t fd = 3; !fd_prestat_get(fd, prestat); fd++) {
        char name[64];
        if (prestat[1] > sizeof name || fd_prestat_dir_name(fd, name, prestat[1])) continue;
        if (prestat[1] == length(wanted) && equal(name, wanted, prestat[1])) return fd;
    }
    return -1;
}

static fd_t open(fd_t dir, const char *path, uint32_t flags, uint64_t rights) {
    fd_t fd = -1;
    number("open", path_open(dir, FOLLOW, path, length(path), flags, rights, 0, 0, &fd));
    return fd;
}

// The attributes between bytes that no call may change.
static struct { uint64_t before; stat_t stat; uint64_t after; } guarded;

static void guard(void) { guarded.before = guarded.after = 0x5a5a5a5a5a5a5a5a; }

static void print_stat(int32_t error) {
    const stat_t *stat = &guarded.stat;
    number("stat", error);
    number("  guards", guarded.before == guarded.after && guarded.after == 0x5a5a5a5a5a5a5a5a);
    if (error) return;
    number("  type", stat->type);
    if (stat->type != 4) return;
    number("  links", stat->links);
    number("  size", stat->size);
    number("  modified", stat->modified);
}

static void seek_and_read(fd_t fd, int64_t offset, uint32_t whence) {
    char text[64];
    uint32_t read = 0;
    uint64_t position = 0, told = 0;
    bytes_t bytes = {text, 4};
    number("seek", fd_seek(fd, offset, whence, &position));
    fd_tell(fd, &told);
    number("  at", position);
    number("  told", told);
    number("  read", fd_read(fd, &bytes, 1, &read));
    print_bytes(text, read);
    print("\n");
}

static void list(fd_t dir) {
    static char buffer[4096];
    uint32_t used = 0, entries = 0, letters = 0;
    number("list", fd_readdir(dir, buffer, sizeof buffer, 0, &used));
    for (uint32_t at = 0; at + 24 <= used; entries++) {
        uint32_t len = *(uint32_t *)(buffer + at + 16);
        // Hosts may list "." and "..".
        if (buffer[at + 24] == '.') entries--;
        else for (uint32_t i = 0; i < len; i++) letters += buffer[at + 24 + i] * buffer[at + 20];
        at += 24 + len;
    }
    number("  entries", entries);
    number("  letters by type", letters);
}

static void poll(const subscription_t *subscriptions, uint32_t count) {
    event_t events[4];
    subscription_t copy[4];
    uint32_t happened = 0;
    for (uint32_t i = 0; i < count * sizeof *copy; i++) ((uint8_t *)copy)[i] = ((uint8_t *)subscriptions)[i];
    number("poll", poll_oneoff(subscriptions, events, count, &happened));
    number("  unchanged", equal(copy, subscriptions, count * sizeof *copy));
    for (uint64_t userdata = 0; userdata < 9; userdata++)
        for (uint32_t i = 0; i < happened; i++)
            if (events[i].userdata == userdata) {
                number("  event", userdata);
                number("    type", events[i].type);
                number("    error", events[i].error);
            }
}

// Node refuses to wait for a file of its own, but not for standard output.
static void look_at(const char *root, uint8_t type, fd_t waited) {
    fd_t dir = preopen(root);
    print(root);
    print("\n");
    if (dir < 0) return;
    fd_t file = open(dir, "hello.txt", 0, 0x8200026);
    guard();
    print_stat(fd_filestat_get(file, &guarded.stat));
    guard();
    print_stat(path_filestat_get(dir, FOLLOW, "dir", 3, &guarded.stat));
    guard();
    print_stat(path_filestat_get(dir, 0, "none", 4, &guarded.stat));
    seek_and_read(file, 3, START);
    seek_and_read(file, -2, CURRENT);
    seek_and_read(file, -5, END);
    list(open(dir, "dir", DIRECTORY, 0x4000));
    subscription_t waits[] = {
        {.userdata = 1, .type = CLOCK, .clock = {.id = MONOTONIC, .timeout = 1ull << 60}},
        {.userdata = 2, .type = type, .fd = waited ? waited : file},
    };
#ifndef PREVIEW1
    waits[0].clock.identifier = 0xfeedfeedfeedfeed;
#endif
    poll(waits, 2);
    poll(&(subscription_t){.userdata = 4, .type = CLOCK,
                           .clock = {.id = MONOTONIC, .timeout = 1}}, 1);
    number("close", fd_close(file));
}

void _start(void) {
    look_at("/data", FD_READ, 0);
    look_at("/host", FD_WRITE, 1);
    proc_exit(0);
}
