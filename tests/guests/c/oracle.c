// A random program of preview 1 calls, for the differential oracle.
//
//   oracle SEED COUNT all|INDEX,INDEX,... [writes]
//
// Runs COUNT operations, or of those only the ones listed, and prints a line for
// each: `INDEX call arguments => E<errno> results`. Standard input lists the
// paths that exist, one a line. Each operation draws from a generator of its
// own, seeded by SEED and its index: leaving one out changes no other.
//
// The same tree must give the same lines, packed or preopened. So what two
// hosts may number or order as they like is made comparable: descriptors are
// slots of this program, inode numbers are counted as they are first seen, and
// listings are sorted. `docs/RUNTIME.md` lists what is left out and why.
//
// With `writes`, the program changes the directories. Its last lines list the files that
// it leaves. An inode number is printed only there, since a host uses numbers again, and a
// time is exact only if it does not depend on the moment.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint32_t u32;
typedef uint64_t u64;

// By the names that wasi-libc uses, so that a linked runtime serves them.
#define IMPORT(name, ...)                                                                          \
    int32_t __imported_wasi_snapshot_preview1_##name(__VA_ARGS__)                                  \
        __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)));
#define CALL(name) __imported_wasi_snapshot_preview1_##name

IMPORT(fd_advise, u32, u64, u64, u32)
IMPORT(fd_allocate, u32, u64, u64)
IMPORT(fd_close, u32)
IMPORT(fd_datasync, u32)
IMPORT(fd_fdstat_get, u32, void *)
IMPORT(fd_fdstat_set_flags, u32, u32)
IMPORT(fd_fdstat_set_rights, u32, u64, u64)
IMPORT(fd_filestat_get, u32, void *)
IMPORT(fd_filestat_set_size, u32, u64)
IMPORT(fd_filestat_set_times, u32, u64, u64, u32)
IMPORT(fd_pread, u32, void *, u32, u64, u32 *)
IMPORT(fd_prestat_dir_name, u32, void *, u32)
IMPORT(fd_prestat_get, u32, void *)
IMPORT(fd_pwrite, u32, void *, u32, u64, u32 *)
IMPORT(fd_read, u32, void *, u32, u32 *)
IMPORT(fd_readdir, u32, void *, u32, u64, u32 *)
IMPORT(fd_renumber, u32, u32)
IMPORT(fd_seek, u32, int64_t, u32, u64 *)
IMPORT(fd_sync, u32)
IMPORT(fd_tell, u32, u64 *)
IMPORT(fd_write, u32, void *, u32, u32 *)
IMPORT(path_create_directory, u32, const void *, u32)
IMPORT(path_filestat_get, u32, u32, const void *, u32, void *)
IMPORT(path_filestat_set_times, u32, u32, const void *, u32, u64, u64, u32)
IMPORT(path_link, u32, u32, const void *, u32, u32, const void *, u32)
IMPORT(path_open, u32, u32, const void *, u32, u32, u64, u64, u32, u32 *)
IMPORT(path_readlink, u32, const void *, u32, void *, u32, u32 *)
IMPORT(path_remove_directory, u32, const void *, u32)
IMPORT(path_rename, u32, const void *, u32, u32, const void *, u32)
IMPORT(path_symlink, const void *, u32, u32, const void *, u32)
IMPORT(path_unlink_file, u32, const void *, u32)
IMPORT(poll_oneoff, void *, void *, u32, u32 *)
IMPORT(sock_accept, u32, u32, u32 *)
IMPORT(sock_recv, u32, void *, u32, u32, u32 *, u32 *)
IMPORT(sock_send, u32, void *, u32, u32, u32 *)
IMPORT(sock_shutdown, u32, u32)

// --- Random numbers ----------------------------------------------------------

static u64 state;

static u64 next(void) {
    u64 z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static u32 below(u32 limit) { return next() % limit; }
static int chance(u32 percent) { return below(100) < percent; }

#define PICK(array) ((array)[below(sizeof(array) / sizeof *(array))])

// --- Output ------------------------------------------------------------------

static char *out;
static size_t out_len, out_room;

static void say(const char *format, ...) {
    if (out_room - out_len < 4096) out = realloc(out, out_room = 2 * out_room + 8192);
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(out + out_len, out_room - out_len, format, arguments);
    va_end(arguments);
    if (len < 0 || len >= 4096) abort();
    out_len += len;
}

static int outcome(int error) {
    say(" => E%d", error);
    return error;
}

static u64 fnv(const void *bytes, size_t len) {
    u64 hash = 0xcbf29ce484222325ull;
    for (const unsigned char *p = bytes; len--; p++) hash = (hash ^ *p) * 0x100000001b3ull;
    return hash;
}

// Whether a component names an absolute link, which a host does not follow.
static int has_absolute(const char *path, u32 len) {
    for (u32 i = 0; i + 4 <= len; i++)
        if (!memcmp(path + i, "abs-", 4)) return 1;
    return 0;
}

// A long path as its start, length and digest, and the part that matters to the driver.
static void say_path(const char *label, const char *path, u32 len) {
    say(" %s=", label);
    u32 shown = len > 200 ? 60 : len;
    for (u32 i = 0; i < shown; i++) {
        unsigned char c = path[i];
        if (c > ' ' && c < 127 && c != '%') say("%c", c);
        else say("%%%02x", c);
    }
    if (shown == len) return;
    say("...(%u,%llx)%s%s", len, fnv(path, len), memchr(path, 0, len) ? "%00" : "",
        has_absolute(path, len) ? "abs-" : "");
}

// --- Identities --------------------------------------------------------------

#define INODES 4096
static u64 inodes[INODES];
static u32 inode_count;

// The position at which this inode number was first seen.
static u32 identity(u64 inode) {
    for (u32 i = 0; i < inode_count; i++)
        if (inodes[i] == inode) return i;
    if (inode_count == INODES) abort();
    inodes[inode_count] = inode;
    return inode_count++;
}

// --- Slots -------------------------------------------------------------------

enum { PREOPENS = 2, SLOTS = 14, NO_SLOT = SLOTS };
#define CLOSED 0xffffffffu

static u32 slots[SLOTS];
static char is_preopen[SLOTS];

// A descriptor to pass: mostly one that is open.
struct target {
    u32 fd;
    u32 slot;
};

static const u32 UNKNOWN[] = {1000, 4096, 65536, 0x7fffffff, 0xfffffffe, 0xffffffff};

static struct target unknown(void) { return (struct target){PICK(UNKNOWN), NO_SLOT}; }

static struct target any_fd(void) {
    if (chance(4)) return unknown();
    u32 slot = below(SLOTS);
    for (int i = 0; i < SLOTS && slots[slot] == CLOSED; i++) slot = (slot + 1) % SLOTS;
    if (slots[slot] == CLOSED) return unknown();
    return (struct target){slots[slot], slot};
}

static struct target preopen(void) {
    u32 slot = below(PREOPENS);
    if (slots[slot] == CLOSED) return any_fd();
    return (struct target){slots[slot], slot};
}

static struct target base_fd(void) { return chance(60) ? preopen() : any_fd(); }

static int is_open_preopen(struct target t) { return t.slot < SLOTS && is_preopen[t.slot]; }

static void say_fd(const char *label, struct target t) {
    if (t.slot < SLOTS) say(" %s=%s%u", label, is_preopen[t.slot] ? "preopen" : "slot", t.slot);
    else say(" %s=%u", label, t.fd);
}

// --- Paths -------------------------------------------------------------------

#define PATHS 4096
static char *paths[PATHS];
static u32 path_count;

#define PATH_ROOM 8192
struct path {
    char bytes[PATH_ROOM];
    u32 len;
};

// Where the file of a slot was opened for writing; no path if it was not.
static struct {
    u32 base_slot;
    struct path path;
} origins[SLOTS];

static void append(struct path *p, const char *bytes, size_t len) {
    if (p->len + len > PATH_ROOM) len = PATH_ROOM - p->len;
    memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
}

static void append_string(struct path *p, const char *s) { append(p, s, strlen(s)); }

static void insert(struct path *p, u32 at, const char *s) {
    struct path tail = {.len = 0};
    append(&tail, p->bytes + at, p->len - at);
    p->len = at;
    append_string(p, s);
    append(p, tail.bytes, tail.len);
}

// The start of some component but the first, or 0.
static u32 some_boundary(const struct path *p) {
    u32 start = p->len ? below(p->len) : 0;
    for (u32 i = 0; i < p->len; i++) {
        u32 at = (start + i) % p->len;
        if (at > 0 && p->bytes[at - 1] == '/') return at;
    }
    return 0;
}

// Whether the program may change the directories. Hosts differ then in what they support,
// and a file that only one of them makes would change what follows.
static char writes;

static void twist(struct path *p) {
    static const char *const WITHIN[] = {"./", "/", "//./", "../", "missing/", "x/../", "././/", "../../"};
    static const char *const AFTER[] = {"/", "/.", "/..", "//", "/../", "/missing", "/./", "/../..", "x", "/missing/"};
    static const char *const WHOLE[] = {"", ".", "..", "/", "./", "../", "...", "/data", "//", "././.", "missing", "missing/", "..x"};
    static const char *const BAD[] = {"\xff", "\xc3", "\xed\xa0\x80", "a\xf8"};
    switch (below(10)) {
    case 0: case 1: case 2: insert(p, some_boundary(p), PICK(WITHIN)); break;
    case 3: case 4: case 5: append_string(p, PICK(AFTER)); break;
    case 6: p->len = 0; append_string(p, PICK(WHOLE)); break;
    case 7:
        if (chance(50)) append(p, "\0", 1);
        else append_string(p, PICK(BAD));
        break;
    case 8: {
        static const u32 NAMES[] = {254, 255, 256, 257, 4000};
        if (chance(50)) p->len = 0;
        else append_string(p, "/");
        for (u32 n = PICK(NAMES); n; n--) append(p, "n", 1);
        break;
    }
    case 9: {
        static const u32 LENS[] = {4094, 4095, 4096, 4097, 5000};
        struct path tail = *p;
        u32 len = writes ? 4094 : PICK(LENS);
        p->len = 0;
        while (p->len + tail.len + 2 <= len) append(p, "./", 2);
        while (p->len + tail.len < len) append(p, "/", 1);
        append(p, tail.bytes, tail.len);
        break;
    }
    }
}

static void draw_path(struct path *p) {
    p->len = 0;
    append_string(p, paths[below(path_count)]);
    while (chance(30)) twist(p);
}

static void draw_new_name(struct path *p) {
    char name[16];
    p->len = 0;
    if (chance(25)) append_string(p, "dir/");
    snprintf(name, sizeof name, "new-%u", below(6));
    append_string(p, name);
}

// Whether a change follows a link at the end of its path.
static u32 draw_follow(struct target base, u32 percent) {
    u32 follow = chance(percent);
    return follow && (!writes || is_open_preopen(base));
}

// The place of a change. The accepted differences of paths would change other files on
// each side, so an open directory gets a single name that is not followed, and no path has
// an absolute link.
static void draw_change(struct target base, struct path *p) {
    static const char *const SINGLE[] = {"a", "b", "dir", "file.txt", "sub", "x", "link-0", "new-0", "new-1"};
    if (writes && !is_open_preopen(base)) {
        p->len = 0;
        append_string(p, PICK(SINGLE));
        return;
    }
    if (writes && chance(40)) {
        draw_new_name(p);
        return;
    }
    do draw_path(p);
    while (writes && has_absolute(p->bytes, p->len));
}

// --- Results -----------------------------------------------------------------

// The times that the files have at the start, and those that the program sets.
#define TIMES 4096
static u64 times[TIMES];
static u32 time_count;

static int is_known_time(u64 time) {
    for (u32 i = 0; i < time_count; i++)
        if (times[i] == time) return 1;
    return !writes;
}

static void know_time(u64 time) {
    if (writes && is_known_time(time)) return;
    if (time_count == TIMES) abort();
    times[time_count++] = time;
}

struct filestat {
    u64 device, inode;
    uint8_t filetype, padding[7];
    u64 links, size, accessed, modified, changed;
};

static void say_time(u64 time) {
    if (is_known_time(time)) say(" mtime=%llu", time);
    else say(" mtime=now");
}

static void say_filestat(const struct filestat *stat, int with_identity) {
    say(" type=%u", stat->filetype);
    say_time(stat->modified);
    if (stat->filetype != 3) say(" size=%llu links=%llu", stat->size, stat->links);
    if (with_identity && !writes) say(" inode#%u", identity(stat->inode));
}

// wasmtime rejects some calls before it looks up the path. For these, the stat of the
// path lets the driver check the packed result.
static void say_stat(const char *label, struct target base, u32 follow, const struct path *path) {
    struct filestat stat;
    int error = CALL(path_filestat_get)(base.fd, follow, path->bytes, path->len, &stat);
    say(" %s=E%d", label, error);
    if (!error) say(" %s-type=%u", label, stat.filetype);
}

// What a new descriptor is: compared by its filestat and its flags.
static void say_descriptor(u32 fd, int with_identity) {
    struct filestat stat;
    uint8_t fdstat[24];
    int error = CALL(fd_filestat_get)(fd, &stat);
    say(" opened=E%d", error);
    if (!error) say_filestat(&stat, with_identity);
    error = CALL(fd_fdstat_get)(fd, fdstat);
    say(" fdstat=E%d", error);
    if (!error) say(" type=%u flags=%u", fdstat[0], fdstat[2]);
}

// --- Operations --------------------------------------------------------------

#define READ_RIGHT 2ull
#define WRITE_RIGHT 64ull

static const u32 FDFLAGS[] = {0, 0, 0, 0, 1, 4, 5};

static void op_open(void) {
    u32 slot = PREOPENS + below(SLOTS - PREOPENS), fd = 0;
    struct target base = preopen();
    struct path path;
    draw_path(&path);
    u32 follow = chance(70), oflags = chance(15) ? 2 : 0, fdflags = PICK(FDFLAGS);
    u64 rights = chance(90) ? READ_RIGHT : 0;
    say("path_open");
    say_fd("in", base);
    say_path("path", path.bytes, path.len);
    say(" follow=%u oflags=%u rights=%llu fdflags=%u into=slot%u", follow, oflags, rights, fdflags, slot);
    // Kept only where both sides agree that it opens.
    int keeps = is_open_preopen(base) && !has_absolute(path.bytes, path.len);
    int error = outcome(CALL(path_open)(base.fd, follow, path.bytes, path.len, oflags, rights, rights, fdflags, &fd));
    if (error) return;
    say_descriptor(fd, keeps);
    if (!keeps) {
        say(" close=E%d", CALL(fd_close)(fd));
        return;
    }
    if (slots[slot] != CLOSED) say(" replaced=E%d", CALL(fd_close)(slots[slot]));
    slots[slot] = fd;
    is_preopen[slot] = 0;
    origins[slot].path.len = 0;
}

// With every flag. What it opens is closed at once: on flags that would change
// something the two sides differ by design.
static void op_open_any(void) {
    struct target base = base_fd();
    struct path path;
    draw_change(base, &path);
    u32 fd = 0, follow = draw_follow(base, 50), oflags = below(16), fdflags = chance(50) ? 0 : below(32);
    if (writes) fdflags &= 5; // without the flags of synchronous writes
    if (!(oflags & 1)) oflags &= ~4u; // EXCL alone means nothing, and creates under wasmtime
    u64 rights = below(2) * READ_RIGHT + chance(20) * WRITE_RIGHT;
    say("path_open_any");
    say_fd("in", base);
    say_path("path", path.bytes, path.len);
    say(" follow=%u oflags=%u rights=%llu fdflags=%u", follow, oflags, rights, fdflags);
    if (!outcome(CALL(path_open)(base.fd, follow, path.bytes, path.len, oflags, rights, rights, fdflags, &fd))) {
        say_descriptor(fd, 0);
        say(" close=E%d", CALL(fd_close)(fd));
    }
    int exclusive = (oflags & 5) == 5;
    say_stat("stat", base, follow && !exclusive, &path);
}

#define ARENA 65536
static uint8_t arena[ARENA];

struct buffer {
    u32 address, len;
};

static const u32 LENS[] = {0, 0, 1, 3, 16, 100, 511, 4096, 5000, 20000};

static u32 draw_iovecs(struct buffer *iovecs) {
    static const u32 COUNTS[] = {0, 1, 1, 1, 1, 2, 3, 8};
    u32 count = PICK(COUNTS);
    for (u32 i = 0; i < count; i++) {
        u32 len = PICK(LENS);
        // Buffers may overlap: they are filled in turn.
        iovecs[i] = (struct buffer){(u32)(uintptr_t)arena + below(ARENA - len), len};
    }
    say(" buffers=");
    for (u32 i = 0; i < count; i++) say("%u@%u,", iovecs[i].len, iovecs[i].address - (u32)(uintptr_t)arena);
    return count;
}

// Reads until the buffers are full or the file ends, because the host chooses how much
// one call returns.
static void read_all(u32 fd, struct buffer *iovecs, u32 count, u64 offset, int positioned) {
    memset(arena, 0xa5, ARENA);
    u64 total = 0;
    int error;
    for (;;) {
        u32 done = 0;
        error = positioned ? CALL(fd_pread)(fd, iovecs, count, offset + total, &done)
                           : CALL(fd_read)(fd, iovecs, count, &done);
        if (error || !done) break;
        total += done;
        while (count && done >= iovecs->len) done -= iovecs->len, iovecs++, count--;
        if (!count) break;
        iovecs->address += done, iovecs->len -= done;
    }
    if (!outcome(error)) say(" len=%llu bytes=%llx", total, fnv(arena, ARENA));
}

static void op_read(void) {
    struct target t = any_fd();
    struct buffer iovecs[8];
    say("fd_read");
    say_fd("fd", t);
    u32 count = draw_iovecs(iovecs);
    read_all(t.fd, iovecs, count, 0, 0);
}

static u64 draw_offset(void) {
    static const u64 FAR[] = {0, 1, 1ull << 31, 1ull << 32, (1ull << 32) + 5, 1ull << 62, INT64_MAX};
    return chance(70) ? below(40000) : PICK(FAR);
}

static void op_pread(void) {
    struct target t = any_fd();
    struct buffer iovecs[8];
    u64 offset = chance(3) ? ~0ull - below(2) * INT64_MAX : draw_offset();
    say("fd_pread");
    say_fd("fd", t);
    say(" offset=%llu", offset);
    u32 count = draw_iovecs(iovecs);
    read_all(t.fd, iovecs, count, offset, 1);
}

static void op_seek(void) {
    struct target t = any_fd();
    u32 whence = below(3);
    int64_t offset = chance(60) ? (int64_t)below(200000) - 20000 : (int64_t)(draw_offset() >> 1);
    if (whence == 1) offset = (int64_t)below(20000) - 10000;
    if (chance(5)) offset = chance(50) ? -1 : INT64_MIN;
    u64 position = 0;
    say("fd_seek");
    say_fd("fd", t);
    say(" offset=%lld whence=%u", offset, whence);
    if (!outcome(CALL(fd_seek)(t.fd, offset, whence, &position))) say(" position=%llu", position);
}

static void op_tell(void) {
    struct target t = any_fd();
    u64 position = 0;
    say("fd_tell");
    say_fd("fd", t);
    if (!outcome(CALL(fd_tell)(t.fd, &position))) say(" position=%llu", position);
}

// --- Listings ----------------------------------------------------------------

struct dirent {
    u64 next, inode;
    u32 name_len;
    uint8_t type, padding[3];
};

#define ENTRIES 512
struct entry {
    struct dirent dirent;
    char name[256];
};
static struct entry entries[ENTRIES], again[ENTRIES];

// Reads on from `cookie` until a call does not fill the buffer.
static int list(u32 fd, u32 buffer_len, u64 cookie, struct entry *into, u32 *count) {
    uint8_t *buffer = arena;
    u32 used = 0;
    *count = 0;
    do {
        int error = CALL(fd_readdir)(fd, buffer, buffer_len, cookie, &used);
        if (error) return error;
        u32 at = 0;
        struct dirent dirent;
        while (at + sizeof dirent <= used) {
            memcpy(&dirent, buffer + at, sizeof dirent);
            if (at + sizeof dirent + dirent.name_len > used) break;
            if (*count == ENTRIES || dirent.name_len > 255) abort();
            struct entry *entry = &into[(*count)++];
            entry->dirent = dirent;
            memcpy(entry->name, buffer + at + sizeof dirent, dirent.name_len);
            entry->name[dirent.name_len] = 0;
            cookie = dirent.next;
            at += sizeof dirent + dirent.name_len;
        }
        if (!at) break;
    } while (used == buffer_len);
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void op_list(void) {
    struct target t = any_fd();
    static const u32 BUFFERS[] = {280, 300, 512, 1000, 4096, 32768};
    u32 buffer = PICK(BUFFERS), count = 0, rest = 0, wrong = 0;
    say("fd_readdir");
    say_fd("fd", t);
    say(" buffer=%u", buffer);
    if (outcome(list(t.fd, buffer, 0, entries, &count))) return;
    // From the cookie of any entry the listing goes on with the one after it.
    for (u32 i = 0; i < 3 && count; i++) {
        u32 from = below(count);
        if (list(t.fd, PICK(BUFFERS), entries[from].dirent.next, again, &rest) || rest != count - from - 1) wrong++;
        else for (u32 j = 0; j < rest; j++) wrong += strcmp(again[j].name, entries[from + 1 + j].name) != 0;
    }
    // Dots come first.
    say(" dots=%d%d", count > 0 && !strcmp(entries[0].name, "."), count > 1 && !strcmp(entries[1].name, ".."));
    qsort(entries, count, sizeof *entries, by_name);
    say(" entries=%u restarted-wrongly=%u", count, wrong);
    u64 names = 0, ids = 0;
    for (u32 i = 0; i < count; i++) {
        names = names * 31 + fnv(entries[i].name, strlen(entries[i].name)) + entries[i].dirent.type;
        // Not `..`: see RUNTIME.md.
        if (!writes && strcmp(entries[i].name, "..")) ids = ids * 31 + identity(entries[i].dirent.inode);
    }
    say(" names=%llx", names);
    if (!writes) say(" inode#%llx", ids);
}

static void op_list_once(void) {
    struct target t = any_fd();
    static const u64 COOKIES[] = {0, 0, 1, 2, 500, 1ull << 31, 1ull << 32, INT64_MAX, UINT64_MAX};
    // How many bytes fit is the same for all orders only in these.
    static const u32 BUFFERS[] = {0, 1, 23, 24, 65536};
    u64 cookie = PICK(COOKIES);
    // No listing returned this one. Where names were added, a layer finds some behind it.
    if (writes && cookie == 500) cookie = 0;
    u32 buffer = PICK(BUFFERS), used = 0;
    say("fd_readdir_once");
    say_fd("fd", t);
    say(" buffer=%u cookie=%llu", buffer, cookie);
    if (!outcome(CALL(fd_readdir)(t.fd, arena, buffer, cookie, &used))) say(" used=%u", used);
}

// --- What there is -----------------------------------------------------------

static void op_stat(void) {
    struct target t = any_fd();
    struct filestat stat;
    say("fd_filestat_get");
    say_fd("fd", t);
    if (!outcome(CALL(fd_filestat_get)(t.fd, &stat))) say_filestat(&stat, 1);
}

static void op_path_stat(void) {
    struct target base = base_fd();
    struct path path;
    struct filestat stat;
    draw_path(&path);
    u32 follow = below(2);
    say("path_filestat_get");
    say_fd("in", base);
    say_path("path", path.bytes, path.len);
    say(" follow=%u", follow);
    if (!outcome(CALL(path_filestat_get)(base.fd, follow, path.bytes, path.len, &stat)))
        say_filestat(&stat, is_open_preopen(base) && !has_absolute(path.bytes, path.len));
}

static void op_readlink(void) {
    static const u32 BUFFERS[] = {0, 1, 5, 100, 4096, 4096};
    struct target base = base_fd();
    struct path path;
    draw_path(&path);
    u32 buffer = PICK(BUFFERS), used = 0;
    say("path_readlink");
    say_fd("in", base);
    say_path("path", path.bytes, path.len);
    say(" buffer=%u", buffer);
    if (!outcome(CALL(path_readlink)(base.fd, path.bytes, path.len, arena, buffer, &used))) {
        if (used > buffer) abort();
        say_path("target", (char *)arena, used);
    }
}

static void op_fdstat(void) {
    struct target t = any_fd();
    uint8_t fdstat[24];
    say("fd_fdstat_get");
    say_fd("fd", t);
    if (!outcome(CALL(fd_fdstat_get)(t.fd, fdstat))) say(" type=%u flags=%u", fdstat[0], fdstat[2]);
}

static void op_set_flags(void) {
    struct target t = any_fd();
    u32 flags = below(32);
    if (chance(60)) flags &= 5;
    say("fd_fdstat_set_flags");
    say_fd("fd", t);
    say(" flags=%u", flags);
    outcome(CALL(fd_fdstat_set_flags)(t.fd, flags));
}

static void op_prestat(void) {
    struct target t = any_fd();
    u32 prestat[2] = {9, 9};
    say("fd_prestat_get");
    say_fd("fd", t);
    if (!outcome(CALL(fd_prestat_get)(t.fd, prestat))) say(" tag=%u len=%u", prestat[0] & 255, prestat[1]);
    char name[64] = "";
    u32 len = below(10);
    int error = CALL(fd_prestat_dir_name)(t.fd, name, len);
    say(" name[%u]=E%d", len, error);
    if (!error) say(" %s", name);
}

// --- Numbers -----------------------------------------------------------------

static char may_lose_preopens;

static void op_close(void) {
    struct target t = any_fd();
    if (is_open_preopen(t) && !may_lose_preopens) t = unknown();
    say("fd_close");
    say_fd("fd", t);
    u64 position;
    if (!outcome(CALL(fd_close)(t.fd))) {
        say(" again=E%d", CALL(fd_close)(t.fd));
        say(" tell=E%d", CALL(fd_tell)(t.fd, &position));
    }
    if (t.slot < SLOTS) slots[t.slot] = CLOSED;
}

static void op_renumber(void) {
    struct target from = any_fd(), to = any_fd();
    if (!may_lose_preopens && from.slot != to.slot) {
        if (is_open_preopen(from)) from = unknown();
        if (is_open_preopen(to)) to = unknown();
    }
    say("fd_renumber");
    say_fd("from", from);
    say_fd("to", to);
    if (outcome(CALL(fd_renumber)(from.fd, to.fd)) || from.slot == to.slot) return;
    is_preopen[to.slot] = is_preopen[from.slot];
    origins[to.slot] = origins[from.slot];
    slots[from.slot] = CLOSED;
    say_descriptor(to.fd, 1);
    u64 position;
    say(" tell=E%d", CALL(fd_tell)(to.fd, &position));
}

// --- Waiting -----------------------------------------------------------------

struct subscription {
    u64 userdata;
    uint8_t tag, padding[7];
    union {
        u32 fd;
        struct {
            u32 id;
            u64 timeout, precision;
            uint16_t flags;
        } clock;
    };
};

struct event {
    u64 userdata;
    uint16_t error;
    uint8_t type, padding[5];
    u64 byte_count;
    u64 flags;
};

// A clock that has run out is always among them, so that nothing waits.
static void op_poll(void) {
    struct subscription subscriptions[4];
    struct event events[4];
    u32 count = below(4), happened = 0;
    memset(subscriptions, 0, sizeof subscriptions);
    memset(events, 0, sizeof events);
    say("poll_oneoff");
    for (u32 i = 0; i < count; i++) {
        struct target t = any_fd();
        subscriptions[i].userdata = 100 + i;
        subscriptions[i].tag = 1;
        subscriptions[i].fd = t.fd;
        say_fd("read", t);
    }
    if (count) {
        subscriptions[count].userdata = 100 + count;
        subscriptions[count].clock.id = 1;
        count++;
    }
    if (outcome(CALL(poll_oneoff)(subscriptions, events, count, &happened))) return;
    if (happened > count) abort();
    // Which are reported in one call is the host's to choose, and their order.
    u32 errors = 0, strange = happened == 0;
    for (u32 i = 0; i < happened; i++) {
        u64 position = events[i].userdata - 100;
        if (position >= count || events[i].type != subscriptions[position].tag) strange++;
        else errors += events[i].error != 0;
    }
    say(" strange=%u errors=%u", strange, errors);
}

// --- Calls that change something ----------------------------------------------

static void op_change_path(void) {
    static const char *const NAMES[] = {"path_create_directory", "path_remove_directory", "path_unlink_file",
                                        "path_symlink", "path_filestat_set_times"};
    static const char *const TARGETS[] = {"target", "dir", "../dir", "new-1", "./sub/", "../../a", ""};
    struct target base = base_fd();
    struct path path;
    draw_change(base, &path);
    u32 which = below(5), flags = below(16), follow = draw_follow(base, 50);
    const char *target = writes ? PICK(TARGETS) : "target";
    if (which == 4) know_time(2);
    // wasmtime removes no directory with a slash behind it.
    while (writes && which == 1 && path.len > 1 && path.bytes[path.len - 1] == '/') path.len--;
    say("%s", NAMES[which]);
    say_fd("in", base);
    say_path("path", path.bytes, path.len);
    if (which == 3) say_path("target", target, strlen(target));
    if (which == 4) say(" follow=%u flags=%u", follow, flags);
    follow &= which == 4;
    int error = 0;
    switch (which) {
    case 0: error = CALL(path_create_directory)(base.fd, path.bytes, path.len); break;
    case 1: error = CALL(path_remove_directory)(base.fd, path.bytes, path.len); break;
    case 2: error = CALL(path_unlink_file)(base.fd, path.bytes, path.len); break;
    case 3: error = CALL(path_symlink)(target, strlen(target), base.fd, path.bytes, path.len); break;
    case 4: error = CALL(path_filestat_set_times)(base.fd, follow, path.bytes, path.len, 1, 2, flags); break;
    }
    outcome(error);
    say_stat("stat", base, follow, &path);
}

static u64 inode_at(struct target base, const struct path *path) {
    struct filestat stat;
    return CALL(path_filestat_get)(base.fd, 0, path->bytes, path->len, &stat) ? 0 : stat.inode;
}

static void op_change_two_paths(void) {
    struct target from = base_fd(), to = base_fd();
    static struct path old, new;
    draw_change(from, &old);
    draw_change(to, &new);
    int renames = below(2);
    u64 inode = inode_at(from, &old);
    say(renames ? "path_rename" : "path_link");
    say_fd("in", from);
    say_path("path", old.bytes, old.len);
    say_fd("to", to);
    say_path("new", new.bytes, new.len);
    int error = outcome(renames ? CALL(path_rename)(from.fd, old.bytes, old.len, to.fd, new.bytes, new.len)
                    : CALL(path_link)(from.fd, 0, old.bytes, old.len, to.fd, new.bytes, new.len));
    if (!error) say(" same=%d", inode == inode_at(to, &new));
    say_stat("stat", from, 0, &old);
    say_stat("new-stat", to, 0, &new);
}

#define NOTSUP 58

// Makes room, also where the host has no such call, and sets a known time: hosts differ
// in whether the call changes it.
static int allocate(u32 fd, u64 offset, u64 len) {
    struct filestat stat;
    int error = CALL(fd_allocate)(fd, offset, len);
    if (!writes) return error;
    u64 end = offset + len;
    int is_valid = len && end > offset && end <= INT64_MAX;
    if (error == NOTSUP && is_valid && !CALL(fd_filestat_get)(fd, &stat) && stat.size < end)
        CALL(fd_filestat_set_size)(fd, end);
    know_time(3);
    CALL(fd_filestat_set_times)(fd, 3, 3, 1 | 4);
    return error;
}

// With APPEND, Linux writes at the end where POSIX asks for the offset.
static int appends(u32 fd) {
    uint8_t fdstat[24];
    return !CALL(fd_fdstat_get)(fd, fdstat) && (fdstat[2] & 1);
}

static void op_change_fd(void) {
    static const char *const NAMES[] = {"fd_write", "fd_pwrite", "fd_allocate", "fd_filestat_set_size",
                                        "fd_filestat_set_times", "fd_sync", "fd_datasync", "fd_advise",
                                        "fd_fdstat_set_rights", "sock_accept", "sock_recv", "sock_send", "sock_shutdown"};
    struct target t = any_fd();
    struct buffer iovec = {(u32)(uintptr_t)arena, PICK(LENS)};
    u32 which = below(13), done = 0, more = 0, advice = below(6), fd = t.fd, flags = below(16);
    u64 offset = draw_offset();
    if (which == 1 && appends(fd)) which = 0;
    if (which == 4) know_time(2);
    // Else what a listing left there, which has numbers of the host.
    if (writes) memset(arena, which, ARENA);
    say("%s", NAMES[which]);
    say_fd("fd", t);
    if (which < 2) say(" len=%u", iovec.len);
    if (which == 4) say(" flags=%u", flags);
    if (which == 7) say(" advice=%u offset=%llu", advice, offset);
    struct filestat stat = {.filetype = 255};
    CALL(fd_filestat_get)(fd, &stat);
    say(" type=%u", stat.filetype);
    int error = 0;
    switch (which) {
    case 0: error = CALL(fd_write)(fd, &iovec, 1, &done); break;
    case 1: error = CALL(fd_pwrite)(fd, &iovec, 1, 0, &done); break;
    case 2: error = allocate(fd, 0, 10); break;
    case 3: error = CALL(fd_filestat_set_size)(fd, 0); break;
    case 4: error = CALL(fd_filestat_set_times)(fd, 1, 2, flags); break;
    case 5: error = CALL(fd_sync)(fd); break;
    case 6: error = CALL(fd_datasync)(fd); break;
    case 7: error = CALL(fd_advise)(fd, offset, 10, advice); break;
    case 8: error = CALL(fd_fdstat_set_rights)(fd, 0, 0); break;
    case 9: error = CALL(sock_accept)(fd, 0, &done); break;
    case 10: error = CALL(sock_recv)(fd, &iovec, 1, 0, &done, &more); break;
    case 11: error = CALL(sock_send)(fd, &iovec, 1, 0, &done); break;
    case 12: error = CALL(sock_shutdown)(fd, 1); break;
    }
    outcome(error);
}

#include "oracle_write.h"
#include "oracle_changes.h"

// --- The program -------------------------------------------------------------

struct operation {
    void (*run)(void);
    u32 weight;
};

static const struct operation OPERATIONS[] = {
    {op_open, 22},     {op_open_any, 12}, {op_read, 12},     {op_pread, 8},         {op_seek, 8},
    {op_tell, 2},      {op_list, 4},      {op_list_once, 4}, {op_stat, 4},          {op_path_stat, 12},
    {op_readlink, 8},  {op_fdstat, 3},    {op_set_flags, 3}, {op_prestat, 2},       {op_close, 3},
    {op_renumber, 4},  {op_poll, 2},      {op_change_path, 8}, {op_change_two_paths, 5}, {op_change_fd, 8},
};

// Where the guest may change the directories, in half of the cases.
static const struct operation WRITES[] = {
    {op_open_write, 20}, {op_write, 30}, {op_resize, 10}, {op_flush, 6},
    {op_append, 8},      {op_set_times, 6}, {op_move_open, 10}, {op_change_path, 14},
    {op_change_two_paths, 14}, {op_list_changing, 4},
};

static void operate(const struct operation *operations, u32 count) {
    u32 total = 0;
    for (u32 i = 0; i < count; i++) total += operations[i].weight;
    u32 drawn = below(total), i = 0;
    while (drawn >= operations[i].weight) drawn -= operations[i++].weight;
    operations[i].run();
}

#define OPERATE(operations) operate(operations, sizeof(operations) / sizeof *(operations))

static void read_paths(void) {
    static char line[8192];
    while (path_count < PATHS && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        paths[path_count++] = strdup(line);
    }
    if (!path_count) abort();
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    u64 seed = strtoull(argv[1], 0, 10);
    u32 count = strtoul(argv[2], 0, 10);
    const char *only = argc > 3 && strcmp(argv[3], "all") ? argv[3] : 0;
    writes = argc > 4 && !strcmp(argv[4], "writes");
    read_paths();
    if (writes) open_roots();
    for (u32 i = 0; i < SLOTS; i++) slots[i] = CLOSED;
    for (u32 i = 0; i < PREOPENS; i++) slots[i] = 3 + i, is_preopen[i] = 1;
    for (u32 index = 0; index < count; index++) {
        if (only) {
            if (!*only) break;
            if (strtoul(only, 0, 10) != index) continue;
            only += strcspn(only, ",");
            only += *only == ',';
        }
        state = seed * 0x9e3779b97f4a7c15ull + index * 0xd1342543de82ef95ull;
        next();
        // Without its preopens a program has little left to do.
        may_lose_preopens = index >= count - count / 32;
        say("%u ", index);
        if (writes && chance(50)) OPERATE(WRITES);
        else OPERATE(OPERATIONS);
        say("\n");
    }
    if (writes) say_left(count);
    fwrite(out, 1, out_len, stdout);
    return 0;
}
