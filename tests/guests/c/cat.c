// Prints the files named by its arguments, with libc.
#include <stdio.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "r");
        if (!file) { perror(argv[i]); return 1; }
        for (int byte; (byte = getc(file)) != EOF;) putchar(byte);
        fclose(file);
    }
    return 0;
}
