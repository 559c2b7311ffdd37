// Fills the storage again and again: with one long file, then with many short files. Prints
// the error at the end of each, and how many bytes or files found room.
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static char bytes[65536];

static void fill_with_one_file(void) {
    int file = open("filling", O_CREAT | O_EXCL | O_WRONLY, 0666);
    long total = 0;
    ssize_t len = 0;
    while (file >= 0 && (len = write(file, bytes, sizeof bytes)) > 0) total += len;
    printf("%s after bytes: %ld\n", strerror(errno), total);
    close(file);
    if (unlink("filling") < 0) printf("unlink: %s\n", strerror(errno));
}

static void fill_with_many_files(void) {
    char name[32];
    int count = 0;
    for (;; count++) {
        snprintf(name, sizeof name, "short-%d", count);
        int file = open(name, O_CREAT | O_EXCL | O_WRONLY, 0666);
        ssize_t len = file < 0 ? -1 : write(file, bytes, 200);
        int error = errno;
        close(file);
        errno = error;
        if (len < 0) break;
    }
    printf("%s after files: %d\n", strerror(errno), count);
    for (; count >= 0; count--) {
        snprintf(name, sizeof name, "short-%d", count);
        if (unlink(name) < 0 && errno != ENOENT) printf("unlink: %s\n", strerror(errno));
    }
}

static int guest(void) {
    if (chdir(root()) < 0) return 1;
    for (int round = 0; round < 4; round++) {
        fill_with_one_file();
        fill_with_many_files();
    }
    return 0;
}
