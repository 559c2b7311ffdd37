// A directory that changes while it is listed, and the files that a program leaves behind.
// Included by oracle.c alone, after what these use.

// --- Listing while changing ----------------------------------------------------

static int is_dot(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

// How often a listing has this name.
static u32 times_listed(const struct entry *list, u32 count, const char *name) {
    u32 found = 0;
    for (u32 i = 0; i < count; i++) found += !strcmp(list[i].name, name);
    return found;
}

static int remove_entry(u32 directory, const struct entry *entry) {
    u32 len = strlen(entry->name);
    return entry->dirent.type == 3 ? CALL(path_remove_directory)(directory, entry->name, len)
                                   : CALL(path_unlink_file)(directory, entry->name, len);
}

static int create_entry(u32 directory, const char *name) {
    u32 fd;
    int error = CALL(path_open)(directory, 0, name, strlen(name), 1, WRITE_RIGHT, WRITE_RIGHT, 0, &fd);
    if (!error) CALL(fd_close)(fd);
    return error;
}

// Removes, renames or adds a name. A changed name is no longer in `before`.
static void change_entry(u32 directory, struct entry *before, u32 count) {
    char name[16];
    snprintf(name, sizeof name, "new-%u", below(6));
    struct entry *entry = &before[below(count)];
    u32 which = below(3);
    if (which < 2 && (is_dot(entry->name) || has_absolute(entry->name, strlen(entry->name)))) return;
    int error = 0;
    switch (which) {
    case 0: error = remove_entry(directory, entry); break;
    case 1: error = CALL(path_rename)(directory, entry->name, strlen(entry->name), directory, name, strlen(name)); break;
    case 2: error = create_entry(directory, name); break;
    }
    say(" change%u=E%d", which, error);
    if (error) return;
    if (which < 2) entry->name[0] = 0;
    // A new file with this name need not be listed.
    for (u32 i = 0; i < count; i++)
        if (!strcmp(before[i].name, name)) before[i].name[0] = 0;
}

// Lists a part of a directory, changes names, and lists the rest.
static void list_changing(u32 fd) {
    static struct entry before[ENTRIES], seen[ENTRIES], rest[ENTRIES];
    u32 before_count = 0, seen_count = 0, rest_count = 0, missed = 0, twice = 0;
    if (list(fd, 4096, 0, before, &before_count) || !before_count) return;
    list(fd, 4096, 0, seen, &seen_count);
    seen_count = below(seen_count) + 1;
    u64 cookie = seen[seen_count - 1].dirent.next;
    qsort(before, before_count, sizeof *before, by_name);
    for (u32 changes = 1 + below(4); changes; changes--) change_entry(fd, before, before_count);
    say(" rest=E%d", list(fd, 512, cookie, rest, &rest_count));
    for (u32 i = 0; i < before_count; i++) {
        const char *name = before[i].name;
        if (!name[0]) continue;
        u32 found = times_listed(seen, seen_count, name) + times_listed(rest, rest_count, name);
        missed += found == 0;
        twice += found > 1;
    }
    say(" missed=%u twice=%u", missed, twice);
}

static void op_list_changing(void) {
    static const char *const PLACES[] = {".", "dir", "many", "many", "sub", "always"};
    struct target base = preopen();
    struct path path = {.len = 0};
    append_string(&path, PICK(PLACES));
    say("list_changing");
    say_fd("in", base);
    say_path("path", path.bytes, path.len);
    u32 fd;
    if (!is_open_preopen(base)) {
        say(" => E0 no-preopen");
        return;
    }
    if (outcome(CALL(path_open)(base.fd, 0, path.bytes, path.len, 2, READ_RIGHT, READ_RIGHT, 0, &fd))) return;
    list_changing(fd);
    CALL(fd_close)(fd);
}

// --- What is left ----------------------------------------------------------------

// The directories, open beside their preopens, which the program may close.
static u32 roots[PREOPENS];

enum { LEVELS = 64 };

typedef void visitor(u32 directory, const char *name, const struct path *path);

// Calls `visit` for each object below a directory, in the order of names.
static void walk(u32 fd, struct path *path, u32 level, visitor *visit) {
    static struct entry listed[ENTRIES];
    u32 count = 0, len = path->len;
    if (level == LEVELS || list(fd, 4096, 0, listed, &count)) abort();
    qsort(listed, count, sizeof *listed, by_name);
    struct entry *here = malloc(count * sizeof *here);
    memcpy(here, listed, count * sizeof *here);
    for (u32 i = 0; i < count; i++) {
        const char *name = here[i].name;
        if (is_dot(name)) continue;
        append_string(path, "/");
        append_string(path, name);
        visit(fd, name, path);
        u32 below;
        if (here[i].dirent.type == 3) {
            if (CALL(path_open)(fd, 0, name, strlen(name), 2, READ_RIGHT, READ_RIGHT, 0, &below)) abort();
            walk(below, path, level + 1, visit);
            CALL(fd_close)(below);
        }
        path->len = len;
    }
    free(here);
}

static void walk_all(visitor *visit) {
    static struct path path;
    for (u32 i = 0; i < PREOPENS; i++) {
        path.len = 0;
        append_string(&path, i ? "other" : "data");
        visit(roots[i], ".", &path);
        walk(roots[i], &path, 0, visit);
    }
}

static void note_object(u32 fd, const char *name, const struct path *path) {
    struct filestat stat;
    (void)path;
    if (CALL(path_filestat_get)(fd, 0, name, strlen(name), &stat)) abort();
    know_time(stat.modified);
}

static void open_roots(void) {
    for (u32 i = 0; i < PREOPENS; i++)
        if (CALL(path_open)(3 + i, 0, ".", 1, 2, READ_RIGHT, READ_RIGHT, 0, &roots[i])) abort();
    walk_all(note_object);
}

// Digest of a file, a chunk at a time.
static u64 digest_file(u32 fd, const char *name, u64 *total) {
    struct buffer buffer = {(u32)(uintptr_t)arena, ARENA};
    u32 file, done = 0;
    u64 digest = 0;
    *total = 0;
    if (CALL(path_open)(fd, 0, name, strlen(name), 0, READ_RIGHT, READ_RIGHT, 0, &file)) abort();
    while (!CALL(fd_pread)(file, &buffer, 1, *total, &done) && done)
        for (u32 i = 0; i < done; i++, ++*total) digest = digest * 0x100000001b3ull + arena[i];
    CALL(fd_close)(file);
    return digest;
}

static u32 index_left;

static void say_object(u32 fd, const char *name, const struct path *path) {
    struct filestat stat;
    say("%u left", index_left);
    say_path("path", path->bytes, path->len);
    if (outcome(CALL(path_filestat_get)(fd, 0, name, strlen(name), &stat))) abort();
    say_filestat(&stat, 0);
    say(" inode#%u", identity(stat.inode));
    u64 total;
    u32 used = 0;
    if (stat.filetype == 4) {
        u64 digest = digest_file(fd, name, &total);
        say(" bytes=%llx read=%llu", digest, total);
    }
    // A host does not tell an absolute target.
    int is_told = stat.filetype == 7 && !has_absolute(name, strlen(name));
    if (is_told && !CALL(path_readlink)(fd, name, strlen(name), arena, ARENA, &used))
        say_path("target", (char *)arena, used);
    say("\n");
}

// A line for each object, as if one more call had asked for it.
static void say_left(u32 index) {
    index_left = index;
    walk_all(say_object);
}
