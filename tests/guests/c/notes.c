/* Appends each argument as a line to /data/notes, and prints that file. */

#include <stdio.h>

static const char NOTES[] = "/data/notes";

static int fail(void)
{
    perror(NOTES);
    return 1;
}

int main(int argc, char **argv)
{
    FILE *notes = fopen(NOTES, "a");
    if (notes == NULL)
        return fail();
    for (int argument = 1; argument < argc; argument++)
        fprintf(notes, "%s\n", argv[argument]);
    if (fclose(notes) != 0 || (notes = fopen(NOTES, "r")) == NULL)
        return fail();
    for (int byte; (byte = getc(notes)) != EOF;)
        putchar(byte);
    return fclose(notes);
}
