// What passes through: arguments, environment, stdin to stdout, stderr, exit status.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    char line[256];
    FILE *file = fopen("/data/hello.txt", "r");
    if (!file) return 1;
    fclose(file);
    for (int i = 1; i < argc; i++) printf("argument '%s'\n", argv[i]);
    printf("GREETING '%s'\n", getenv("GREETING") ? getenv("GREETING") : "(none)");
    while (fgets(line, sizeof line, stdin)) printf("input '%.*s'\n", (int)strcspn(line, "\n"), line);
    fputs("to stderr\n", stderr);
    return 7;
}
