// poll_oneoff: files of the image are ready, beside any other subscription.
#include "wasi.h"

static __wasi_subscription_t on_fd(__wasi_userdata_t userdata, uint8_t tag, __wasi_fd_t fd) {
    __wasi_subscription_t s = {.userdata = userdata, .u.tag = tag};
    s.u.u.fd_read.file_descriptor = fd;
    return s;
}

static __wasi_subscription_t in_nanoseconds(__wasi_userdata_t userdata, __wasi_timestamp_t timeout) {
    __wasi_subscription_t s = {.userdata = userdata, .u.tag = __WASI_EVENTTYPE_CLOCK};
    s.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    s.u.u.clock.timeout = timeout;
    return s;
}

static void poll(const char *label, const __wasi_subscription_t *subscriptions, size_t count) {
    __wasi_event_t events[8];
    __wasi_size_t happened = 0;
    if (TRY(label, __wasi_poll_oneoff(subscriptions, events, count, &happened))) return;
    for (__wasi_userdata_t userdata = 0; userdata < 8; userdata++)
        for (size_t i = 0; i < happened; i++)
            if (events[i].userdata == userdata) {
                printf("  %llu: type %u errno %u", userdata, events[i].type, events[i].error);
                if (events[i].type == __WASI_EVENTTYPE_FD_READ) printf(" bytes %llu", events[i].fd_readwrite.nbytes);
                puts("");
            }
}

#define FOREVER (1ull << 60)
#define READ __WASI_EVENTTYPE_FD_READ
#define WRITE __WASI_EVENTTYPE_FD_WRITE

static int guest(void) {
    __wasi_fd_t file = must_open("hello.txt"), other = must_open("dir/a.txt");
    char bytes[5];
    __wasi_size_t read;
    if (read_some(file, bytes, sizeof bytes, &read)) return 1;
    poll("a file", (__wasi_subscription_t[]){on_fd(1, READ, file)}, 1);
    poll("two files and a clock that never runs out",
         (__wasi_subscription_t[]){on_fd(1, READ, file), in_nanoseconds(2, FOREVER), on_fd(3, READ, other)}, 3);
    poll("a file and a descriptor of the host",
         (__wasi_subscription_t[]){on_fd(1, WRITE, 1), on_fd(2, READ, file)}, 2);
    poll("the host's alone",
         (__wasi_subscription_t[]){on_fd(1, WRITE, 1), in_nanoseconds(2, FOREVER)}, 2);
    poll("a clock alone", (__wasi_subscription_t[]){in_nanoseconds(1, 1)}, 1);
    poll("a directory", (__wasi_subscription_t[]){on_fd(1, READ, 3)}, 1);
    return 0;
}
