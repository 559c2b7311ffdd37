// The times of changed files. With CLOCK, the program imports the host's clock.
#include "guest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(struct timespec time) {
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static long long modified(const char *path) {
    struct stat stat_;
    return stat(path, &stat_) < 0 ? -1 : nanoseconds(stat_.st_mtim);
}

// Whether a file that was made behind `last` has the right time.
#ifdef CLOCK
static int is_right(long long last, long long made) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return last <= made && made <= nanoseconds(now);
}
#else
static int is_right(long long last, long long made) { return made == last + 1; }
#endif

static int guest(void) {
    if (chdir(root()) < 0) return 1;
    long long last = modified("hello.txt");
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "new-%d", i);
        close(open(name, O_CREAT | O_EXCL | O_WRONLY, 0666));
        long long made = modified(name);
        printf("%s: %s\n", name, is_right(last, made) ? "right" : "wrong");
        last = made;
    }
    return 0;
}
