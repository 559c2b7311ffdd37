// Polls a file with more and more subscriptions, POLLS times, then reads a few
// bytes of each block of a file, READS times.
#include "wasi.h"

#include <stdlib.h>

#define STEP 4096
#define POLLS_MAX 50
#define BLOCK (128 << 10)

static __wasi_subscription_t subscriptions[STEP * POLLS_MAX];
static __wasi_event_t events[STEP * POLLS_MAX];

static long variable(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

static int guest(void) {
    __wasi_fd_t fd = must_open("big");
    for (size_t i = 0; i < STEP * POLLS_MAX; i++) {
        subscriptions[i].u.tag = __WASI_EVENTTYPE_FD_READ;
        subscriptions[i].u.u.fd_read.file_descriptor = fd;
    }
    for (long polls = 1; polls <= variable("POLLS"); polls++) {
        __wasi_size_t happened = 0;
        size_t count = STEP * polls;
        __wasi_errno_t error = __wasi_poll_oneoff(subscriptions, events, count, &happened);
        if (error || happened != count) printf("%zu: errno %u\n", count, error);
    }
    __wasi_filestat_t stat;
    TRY("stat", __wasi_fd_filestat_get(fd, &stat));
    unsigned long long hash = FNV_START;
    for (long round = 0; round < variable("READS"); round++)
        for (__wasi_filesize_t offset = 0; offset < stat.size; offset += BLOCK) {
            char bytes[8];
            __wasi_size_t read = 0;
            __wasi_iovec_t vector = {(uint8_t *)bytes, sizeof bytes};
            if (__wasi_fd_pread(fd, &vector, 1, offset, &read)) puts("cannot read");
            hash = fnv(hash, bytes, read);
        }
    printf("%016llx\n", hash);
    return 0;
}
