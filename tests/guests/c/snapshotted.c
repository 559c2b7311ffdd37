// Prints the file /data/hello.txt. Before that, `init` may be called and a snapshot
// taken, as Wizer does: it prints, which the runtime sees.
#include "guest.h"

#include <unistd.h>

__attribute__((export_name("init"))) void init(void) {
    write(STDOUT_FILENO, "initialised\n", 12);
}

static int guest(void) {
    char text[100];
    FILE *file = fopen("/data/hello.txt", "r");
    if (!file) return perror("/data/hello.txt"), 1;
    if (fgets(text, sizeof text, file)) fputs(text, stdout);
    return fclose(file);
}
