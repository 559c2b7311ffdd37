// Opens, prints and closes each file that an argument names, and shows the numbers.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        char text[64];
        int fd = open(argv[i], O_RDONLY);
        if (fd < 0) { printf("%s: %s\n", argv[i], strerror(errno)); continue; }
        ssize_t len = read(fd, text, sizeof text);
        int closed = close(fd);
        printf("%s is %d: %.*s", argv[i], fd, len < 0 ? 0 : (int)len, text);
        if (closed) printf("close %d: %s\n", fd, strerror(errno));
    }
    return 0;
}
