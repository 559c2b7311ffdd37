// Calls an import that is not WASI's, beside reading a file.
#include "guest.h"

__attribute__((import_module("env"), import_name("answer"))) int answer(void);

static int guest(void) {
    char line[64] = "";
    FILE *file = fopen("/data/hello.txt", "r");
    if (!file || !fgets(line, sizeof line, file)) return 1;
    printf("%d %s", answer(), line);
    return 0;
}
