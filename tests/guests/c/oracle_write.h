// Files that stay open for writing, for the oracle's programs on directories that
// the guest may change. Included by oracle.c alone, after what these use.
//
// The two sides may be one host behind different modules, or two hosts. Bytes that one
// call writes, and the time of a change, are the host's to choose.

// Small enough to be compared whole when the program is done.
static u64 draw_len(void) {
    // Hosts differ in the longest file, but not in these.
    static const u64 BEYOND[] = {1ull << 63, UINT64_MAX};
    return chance(95) ? below(200000) : PICK(BEYOND);
}

static u64 draw_place(void) { return chance(2) ? INT64_MAX : draw_len(); }

// Mostly a slot whose file was opened here.
static struct target written_fd(void) {
    for (int tries = 0; tries < 8; tries++) {
        u32 slot = PREOPENS + below(SLOTS - PREOPENS);
        if (slots[slot] != CLOSED && origins[slot].path.len) return (struct target){slots[slot], slot};
    }
    return any_fd();
}

static void draw_written_path(struct target base, struct path *p) {
    if (is_open_preopen(base) && chance(70)) draw_new_name(p);
    else draw_change(base, p);
}

// What the calls before it left behind.
static void say_written(u32 fd) {
    struct filestat stat;
    uint8_t fdstat[24];
    u64 position = 0;
    int error = CALL(fd_filestat_get)(fd, &stat);
    say(" now=E%d", error);
    if (!error) say_filestat(&stat, 0);
    error = CALL(fd_tell)(fd, &position);
    say(" tell=E%d position=%llu", error, position);
    if (!CALL(fd_fdstat_get)(fd, fdstat)) say(" flags=%u", fdstat[2]);
}

static u64 inode_of(u32 fd) {
    struct filestat stat;
    return CALL(fd_filestat_get)(fd, &stat) ? 0 : stat.inode;
}

static void op_open_write(void) {
    static const u32 OFLAGS[] = {0, 1, 1, 1, 1 | 4, 1 | 8, 8, 1 | 2};
    u32 slot = PREOPENS + below(SLOTS - PREOPENS), fd = 0;
    struct target base = chance(95) ? preopen() : any_fd();
    struct path path;
    draw_written_path(base, &path);
    u32 follow = draw_follow(base, 70), oflags = PICK(OFLAGS), fdflags = PICK(FDFLAGS);
    u64 rights = WRITE_RIGHT + chance(80) * READ_RIGHT;
    say("path_open_write");
    say_fd("in", base);
    say_path("path", path.bytes, path.len);
    say(" follow=%u oflags=%u rights=%llu fdflags=%u into=slot%u", follow, oflags, rights, fdflags, slot);
    if (outcome(CALL(path_open)(base.fd, follow, path.bytes, path.len, oflags, rights, rights, fdflags, &fd))) return;
    say_written(fd);
    if (slots[slot] != CLOSED) say(" replaced=E%d", CALL(fd_close)(slots[slot]));
    slots[slot] = fd;
    is_preopen[slot] = 0;
    origins[slot].base_slot = base.slot;
    origins[slot].path = path;
}

// Writes until the buffers are written, because the host chooses how much one call takes.
static int write_all(u32 fd, struct buffer *iovecs, u32 count, u64 offset, int positioned, u64 *total) {
    for (*total = 0;;) {
        u32 done = 0;
        int error = positioned ? CALL(fd_pwrite)(fd, iovecs, count, offset + *total, &done)
                               : CALL(fd_write)(fd, iovecs, count, &done);
        if (error || !done) return error;
        *total += done;
        while (count && done >= iovecs->len) done -= iovecs->len, iovecs++, count--;
        if (!count) return 0;
        iovecs->address += done;
        iovecs->len -= done;
    }
}

static void op_write(void) {
    struct target t = written_fd();
    struct buffer iovecs[8];
    int positioned = below(2) && !appends(t.fd);
    u64 offset = draw_place(), inode = inode_of(t.fd), total;
    for (u32 i = 0; i < ARENA; i++) arena[i] = next();
    say(positioned ? "fd_pwrite" : "fd_write");
    say_fd("fd", t);
    if (positioned) say(" offset=%llu", offset);
    u32 count = draw_iovecs(iovecs);
    outcome(write_all(t.fd, iovecs, count, offset, positioned, &total));
    say(" len=%llu kept=%d", total, inode == inode_of(t.fd));
    say_written(t.fd);
}

static void op_resize(void) {
    struct target t = written_fd();
    int allocates = chance(25);
    u64 offset = draw_place(), len = draw_len(), inode = inode_of(t.fd);
    say(allocates ? "fd_allocate" : "fd_filestat_set_size");
    say_fd("fd", t);
    say(" offset=%llu len=%llu", offset, len);
    outcome(allocates ? allocate(t.fd, offset, len) : CALL(fd_filestat_set_size)(t.fd, len));
    say(" kept=%d", inode == inode_of(t.fd));
    say_written(t.fd);
}

static void op_flush(void) {
    struct target t = written_fd();
    int data = below(2);
    say(data ? "fd_datasync" : "fd_sync");
    say_fd("fd", t);
    outcome(data ? CALL(fd_datasync)(t.fd) : CALL(fd_sync)(t.fd));
}

static void op_append(void) {
    struct target t = written_fd();
    u32 flags = below(2);
    say("fd_fdstat_set_flags");
    say_fd("fd", t);
    say(" flags=%u", flags);
    outcome(CALL(fd_fdstat_set_flags)(t.fd, flags));
    say_written(t.fd);
}

static void op_set_times(void) {
    enum { ATIM = 1, MTIM = 4, MTIM_NOW = 8 };
    static const u32 FLAGS[] = {0, ATIM, MTIM, ATIM | MTIM, MTIM_NOW, MTIM | MTIM_NOW};
    struct target t = written_fd();
    struct filestat stat;
    u32 flags = PICK(FLAGS);
    u64 time = 1000000000ull * below(2000000000) + below(1000000000);
    know_time(time);
    say("fd_filestat_set_times");
    say_fd("fd", t);
    say(" flags=%u time=%llu", flags, time);
    int error = outcome(CALL(fd_filestat_set_times)(t.fd, time, time, flags));
    // What was set must be there; other times depend on the moment.
    if (!error && flags & MTIM && !CALL(fd_filestat_get)(t.fd, &stat)) say(" modified=%llu", stat.modified);
}

// A file that is open loses its name, or gets another.
static void op_move_open(void) {
    struct target t = written_fd();
    int renames = below(2);
    say(renames ? "path_rename_open" : "path_unlink_open");
    say_fd("fd", t);
    struct target base = {CLOSED, t.slot == NO_SLOT ? NO_SLOT : origins[t.slot].base_slot};
    if (base.slot != NO_SLOT) base.fd = slots[base.slot];
    if (base.fd == CLOSED || !origins[t.slot].path.len || !is_open_preopen(base)) {
        say(" => E0 no-origin");
        return;
    }
    const struct path *old = &origins[t.slot].path;
    struct path new;
    draw_written_path(base, &new);
    say_path("path", old->bytes, old->len);
    if (renames) say_path("new", new.bytes, new.len);
    int error = outcome(renames ? CALL(path_rename)(base.fd, old->bytes, old->len, base.fd, new.bytes, new.len)
                                : CALL(path_unlink_file)(base.fd, old->bytes, old->len));
    say_written(t.fd);
    if (renames && !error) origins[t.slot].path = new;
}
